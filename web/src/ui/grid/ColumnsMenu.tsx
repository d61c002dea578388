import { Columns3 } from 'lucide-react';
import { t } from '../../lib/i18n';
import { setPreferences, usePreferences } from '../../lib/prefs';
import { Choice } from '../kit';
import { Pop } from '../overlay';
import { visible, type Column } from './columns';

/** Which columns a list shows; kept with the person, on the server. */
export function ColumnsMenu<Row>({ list, columns }: { list: string; columns: Column<Row>[] }) {
  const chosen = usePreferences().columns;
  const shown = visible(columns, chosen[list]).map((column) => column.id);
  const choose = (ids: string[] | null) => {
    const { [list]: _, ...others } = chosen;
    setPreferences({ columns: ids ? { ...others, [list]: ids } : others });
  };
  return (
    <Pop label={t('columns.title')} className="button square phone-hide" align="end" trigger={<Columns3 aria-hidden />}>
      <div className="stack tight">
        {columns.filter((column) => !column.fixed).map((column) => (
          <Choice key={column.id} label={column.title} checked={shown.includes(column.id)}
            onChange={(on) => choose(on ? [...shown, column.id] : shown.filter((id) => id !== column.id))} />
        ))}
      </div>
      <button type="button" className="button little plain start" onClick={() => choose(null)}>{t('columns.reset')}</button>
    </Pop>
  );
}
