import { useState, type ReactNode } from 'react';
import { t } from '../lib/i18n';
import { Dialog } from './overlay/Dialog';

/**
 * How a form is closed that may have been changed: then it asks first, since a slip of Escape or a click beside it would
 * throw away what was typed. The question stands inside the form's own overlay, so that Escape answers only the question.
 */
export function useDiscard(changed: boolean, onClose: () => void): { close: () => void; question: ReactNode } {
  const [asking, ask] = useState(false);
  return {
    close: () => (changed ? ask(true) : onClose()),
    question: (
      <Dialog open={asking} onClose={() => ask(false)} title={t('discard.title')}
        foot={<>
          <button type="button" className="button" onClick={() => ask(false)}>{t('discard.keep')}</button>
          <button type="button" className="button first danger" onClick={() => { ask(false); onClose(); }}>{t('discard.discard')}</button>
        </>}>
        <p className="soft">{t('discard.help')}</p>
      </Dialog>
    ),
  };
}
