import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { t, unturned } from '../../lib/i18n';

interface Props {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  sub?: ReactNode;
  children: ReactNode;
  foot?: ReactNode;
  /** What gets the focus when it closes; usually the row that opened it. */
  returnTo?: () => HTMLElement | null;
}

export function Drawer({ open, onClose, title, sub, children, foot, returnTo }: Props) {
  // It is often a stranger's text: a subject.
  const shown = typeof title === 'string' ? unturned(title) : title;
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="backdrop" />
        <BaseDialog.Popup className="drawer" finalFocus={returnTo ? () => returnTo() ?? true : undefined}>
          <div className="drawer-head">
            <div className="grow">
              <BaseDialog.Title className="clamp" title={typeof shown === 'string' ? shown : undefined}>{shown}</BaseDialog.Title>
              {sub && <div className="drawer-sub">{sub}</div>}
            </div>
            <BaseDialog.Close className="button plain square little" aria-label={t('action.close')}><X aria-hidden /></BaseDialog.Close>
          </div>
          <div className="drawer-body" tabIndex={0} role="region" aria-label={t('ui.details')}>{children}</div>
          {foot && <div className="drawer-foot">{foot}</div>}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
