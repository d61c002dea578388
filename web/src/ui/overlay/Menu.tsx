import type { ComponentProps } from 'react';
import { Menu as BaseMenu } from '@base-ui/react/menu';
import type { MenuProps } from '../overlay';
import { usePressed } from './usePressed';

export function Menu({ label, trigger, items, className = 'button', align = 'end', head }: MenuProps) {
  const button = usePressed();
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger ref={button} className={className} aria-label={label} onClick={(event) => event.stopPropagation()}>{trigger}</BaseMenu.Trigger>
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="layer" align={align} sideOffset={4} collisionPadding={10}>
          <BaseMenu.Popup className="pop" onClick={(event) => event.stopPropagation()}>
            {head}
            {items.map(({ label: text, icon: Icon, onSelect, href, download, danger, disabled, rule }) => [
              rule && <div key={`${text}-rule`} className="item-rule" role="separator" />,
              <BaseMenu.Item key={text} className={`item ${danger ? 'danger' : ''}`} disabled={disabled} onClick={onSelect}
                render={href ? <Way href={href} download={download} /> : undefined}>
                <Icon aria-hidden />{text}
              </BaseMenu.Item>,
            ])}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

function Way({ href, download, onClick, ...rest }: Omit<ComponentProps<'a'>, 'href' | 'download'> & { href: string | (() => string); download?: boolean }) {
  const now = () => (typeof href === 'string' ? href : href());
  return <a {...rest} href={now()} download={download || undefined} onClick={(event) => { event.currentTarget.href = now(); onClick?.(event); }} />;
}
