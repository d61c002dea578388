import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';
import { unturned } from '../../lib/i18n';

interface Props {
  open: boolean;
  /** Without it nothing closes the dialog but what stands in it. */
  onClose?: () => void;
  /** Its heading; one without is named by `label`. */
  title?: ReactNode;
  label?: string;
  children: ReactNode;
  foot?: ReactNode;
  initialFocus?: RefObject<HTMLElement | null>;
}

export function Dialog({ open, onClose, title, label, children, foot, initialFocus }: Props) {
  const shown = typeof title === 'string' ? unturned(title) : title;
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose?.()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="backdrop over" />
        <BaseDialog.Popup className="dialog" aria-label={label} initialFocus={initialFocus}>
          {title ? (
            <div className="dialog-body">
              <BaseDialog.Title className="clamp" title={typeof shown === 'string' ? shown : undefined}>{shown}</BaseDialog.Title>
              {children}
            </div>
          ) : children}
          {foot && <div className="dialog-foot">{foot}</div>}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
