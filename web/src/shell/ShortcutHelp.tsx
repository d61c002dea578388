import { t } from '../lib/i18n';
import { Dialog } from '../ui/overlay/Dialog';
import type { MessageKey } from '../messages/en';

const KEYS: [string, MessageKey][] = [
  ['Ctrl K', 'keys.palette'],
  ['/', 'keys.search'],
  ['g d', 'nav.dashboard'],
  ['g q', 'nav.queue'],
  ['g l', 'nav.log'],
  ['g c', 'nav.connections'],
  ['↑ ↓  j k', 'keys.move'],
  ['Enter', 'keys.open'],
  ['Space  x', 'keys.mark'],
  ['Esc', 'keys.close'],
  ['?', 'keys.help'],
];

export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t('keys.title')} foot={<button type="button" className="button" onClick={onClose}>{t('action.close')}</button>}>
      <dl className="shortcuts">
        {KEYS.map(([keys, what]) => [<dt key={`${keys}k`}>{keys.split(' ').filter(Boolean).map((key) => <kbd key={key}>{key}</kbd>)}</dt>, <dd key={keys}>{t(what)}</dd>])}
      </dl>
      <p className="hint">{t('keys.off')}</p>
    </Dialog>
  );
}
