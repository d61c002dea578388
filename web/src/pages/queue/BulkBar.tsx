import { Ellipsis } from 'lucide-react';
import type { Email, QueueActionWord } from '../../api/types';
import * as format from '../../lib/format';
import { t, tn } from '../../lib/i18n';
import type { ListState } from '../../ui/grid/List';
import { Menu } from '../../ui/overlay';
import { ACTIONS } from './actions';
import type { Selection } from './selection';

interface Props {
  selection: Selection;
  state: ListState<Email>;
  onAct: (action: QueueActionWord) => void;
  onSelectMatching: () => void;
  onClear: () => void;
}

const IN_SIGHT: QueueActionWord[] = ['retry', 'hold', 'delete'];

export function BulkBar({ selection, state, onAct, onSelectMatching, onClear }: Props) {
  const total = state.total;
  const shown = total ? format.total(total.count, total.exact) : '';
  return (
    <div className="bulk" role="toolbar" aria-label={t('queue.bulk')}>
      <b className="num" role="status">
        {selection.kind === 'matching' ? tn('queue.all_selected', total?.count ?? 0, { n: shown }) : tn('queue.selected', selection.ids.size)}
      </b>
      {selection.kind === 'ids' && total && total.count > selection.ids.size && (
        <button type="button" className="button plain little" onClick={onSelectMatching}>{tn('queue.select_all', total.count, { n: shown })}</button>
      )}
      <span className="grow" />
      {ACTIONS.filter(({ action }) => IN_SIGHT.includes(action)).map(({ action, icon: Icon, danger }) => (
        <button key={action} type="button" className={`button little phone-hide ${danger ? 'danger' : ''}`} onClick={() => onAct(action)}><Icon aria-hidden />{t(`act.${action}`)}…</button>
      ))}
      <Menu label={t('act.more')} className="button little square" trigger={<Ellipsis aria-hidden />}
        items={ACTIONS.map(({ action, icon, danger }) => ({ label: `${t(`act.${action}`)}…`, icon, danger, onSelect: () => onAct(action) }))} />
      <button type="button" className="button plain little" onClick={onClear}>{t('queue.clear_selection')}</button>
    </div>
  );
}
