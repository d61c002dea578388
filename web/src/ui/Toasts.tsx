import { CircleCheck, CircleX, X } from 'lucide-react';
import { t } from '../lib/i18n';
import { dismiss, useToasts } from '../lib/toasts';

export function Toasts() {
  const toasts = useToasts();
  return (
    <div className="toasts" role="region" aria-label={t('ui.notices')} aria-live="polite">
      {toasts.map(({ id, tone, text }) => (
        <div key={id} className={`toast ${tone}`}>
          {tone === 'ok' ? <CircleCheck aria-hidden /> : <CircleX aria-hidden />}
          <span className="grow clamp" title={text}>{text}</span>
          <button type="button" className="button plain square little" aria-label={t('action.dismiss')} onClick={() => dismiss(id)}><X aria-hidden /></button>
        </div>
      ))}
    </div>
  );
}
