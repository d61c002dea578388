import { t } from '../lib/i18n';
import { CopyButton } from './kit';
import { Dialog } from './overlay/Dialog';

/** A secret that is shown this once: it goes by its button, never by a slip. */
export function ShownOnce({ title, value, hint, onDone }: { title: string; value: string; hint: string; onDone: () => void }) {
  return (
    <Dialog open title={title} foot={<button type="button" className="button first" onClick={onDone}>{t('action.done')}</button>}>
      <div className="stack tight">
        <div className="secret"><code>{value}</code><CopyButton text={value} little /></div>
        <p className="hint">{hint}</p>
      </div>
    </Dialog>
  );
}
