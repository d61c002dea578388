import { Popover } from '@base-ui/react/popover';
import type { PopProps } from '../overlay';
import { usePressed } from './usePressed';

export function Pop({ label, trigger, className = 'button', title, on, children, align = 'start' }: PopProps) {
  const button = usePressed();
  return (
    <Popover.Root>
      <Popover.Trigger ref={button} className={className} aria-label={label} data-on={on}>{trigger}</Popover.Trigger>
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
