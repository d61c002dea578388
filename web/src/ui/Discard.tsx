import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { t } from '../lib/i18n';
import { guard } from '../lib/leaving';
import { Dialog } from './overlay/Dialog';

interface Discard {
  close: () => void;
  /** What was typed is saved, or not wanted any more: the way is free at once, not with the next drawing. */
  release: () => void;
  question: ReactNode;
}

/**
 * How a form is left that may have been changed: then it asks first, since a slip of Escape, a click beside it or the
 * browser's Back would throw away what was typed. The question stands inside the form's own overlay, so that Escape
 * answers only the question. A form that is part of its page has no `onClose`: it is left with the page.
 */
export function useDiscard(changed: boolean, onClose: () => void = () => {}): Discard {
  /** What happens when the answer is yes; nothing, while nobody asks. */
  const [next, ask] = useState<(() => void) | null>(null);
  const free = useRef(() => {});
  // A layout's effect: it is over when the form is gone, before anything that then leads elsewhere.
  useLayoutEffect(() => {
    if (!changed) return;
    free.current = guard((go) => ask(() => go));
    return () => free.current();
  }, [changed]);
  const release = () => free.current();
  const discard = () => {
    ask(null);
    release();
    next?.();
  };
  return {
    close: () => (changed ? ask(() => onClose) : onClose()),
    release,
    question: (
      <Dialog open={next !== null} onClose={() => ask(null)} title={t('discard.title')}
        foot={<>
          <button type="button" className="button" onClick={() => ask(null)}>{t('discard.keep')}</button>
          <button type="button" className="button first danger" onClick={discard}>{t('discard.discard')}</button>
        </>}>
        <p className="soft">{t('discard.help')}</p>
      </Dialog>
    ),
  };
}
