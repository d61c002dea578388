// Drawers, dialogs, popovers and menus: one make of each.
import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Popover } from '@base-ui/react/popover';
import { X, type LucideIcon } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { t } from '../lib/i18n';

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  sub?: ReactNode;
  children: ReactNode;
  foot?: ReactNode;
  /** What gets the focus when it closes; usually the row that opened it. */
  returnTo?: () => HTMLElement | null;
}

export function Drawer({ open, onClose, title, sub, children, foot, returnTo }: DrawerProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="backdrop" />
        <BaseDialog.Popup className="drawer" finalFocus={returnTo ? () => returnTo() ?? true : undefined}>
          <div className="drawer-head">
            <div className="grow">
              <BaseDialog.Title>{title}</BaseDialog.Title>
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

export function Dialog({ open, onClose, title, children, foot, initialFocus }: {
  open: boolean; onClose: () => void; title: ReactNode; children: ReactNode; foot?: ReactNode; initialFocus?: RefObject<HTMLElement | null>;
}) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="backdrop over" />
        <BaseDialog.Popup className="dialog" initialFocus={initialFocus}>
          <div className="dialog-body">
            <BaseDialog.Title>{title}</BaseDialog.Title>
            {children}
          </div>
          {foot && <div className="dialog-foot">{foot}</div>}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

export function Pop({ label, trigger, className = 'button', title, on, children, align = 'start' }: {
  label: string; trigger: ReactNode; className?: string; title?: string; on?: boolean; align?: 'start' | 'end';
  children: ReactNode;
}) {
  return (
    <Popover.Root>
      <Popover.Trigger className={className} aria-label={label} data-on={on}>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="layer" sideOffset={6} align={align} collisionPadding={10}>
          <Popover.Popup className="pop roomy">
            <Popover.Title className="pop-title">{title ?? label}</Popover.Title>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

export interface MenuItem {
  label: string;
  icon: LucideIcon;
  onSelect?: () => void;
  href?: string;
  download?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** A rule above it. */
  rule?: boolean;
}

export function Menu({ label, trigger, items, className = 'button', align = 'end', head }: {
  label: string; trigger: ReactNode; items: MenuItem[]; className?: string; align?: 'start' | 'end'; head?: ReactNode;
}) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger className={className} aria-label={label} onClick={(event) => event.stopPropagation()}>{trigger}</BaseMenu.Trigger>
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="layer" align={align} sideOffset={4} collisionPadding={10}>
          <BaseMenu.Popup className="pop" onClick={(event) => event.stopPropagation()}>
            {head}
            {items.map(({ label: text, icon: Icon, onSelect, href, download, danger, disabled, rule }) => [
              rule && <div key={`${text}-rule`} className="item-rule" role="separator" />,
              <BaseMenu.Item key={text} className={`item ${danger ? 'danger' : ''}`} disabled={disabled} onClick={onSelect}
                render={href ? <a href={href} download={download || undefined} /> : undefined}>
                <Icon aria-hidden />{text}
              </BaseMenu.Item>,
            ])}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}
