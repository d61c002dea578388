// Popovers and menus: one make of each. No page needs one to be drawn, and each page has a dozen: until somebody reaches
// for one it is a plain button, and what it takes has not been fetched.
import type { LucideIcon } from 'lucide-react';
import { useReducer, type ReactNode } from 'react';
import { t } from '../lib/i18n';
import { ahead, later, type Later } from '../lib/later';
import { say } from '../lib/toasts';

export interface PopProps {
  label: string;
  trigger: ReactNode;
  className?: string;
  title?: string;
  on?: boolean;
  align?: 'start' | 'end';
  children: ReactNode;
}

export interface MenuItem {
  label: string;
  icon: LucideIcon;
  onSelect?: () => void;
  /** Where it leads to, as of the moment that it is chosen. */
  href?: string | (() => string);
  download?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** A rule above it. */
  rule?: boolean;
}

export interface MenuProps {
  label: string;
  trigger: ReactNode;
  items: MenuItem[];
  className?: string;
  align?: 'start' | 'end';
  head?: ReactNode;
}

const OpenPop = later(async () => (await import('./overlay/Pop')).Pop);
const OpenMenu = later(async () => (await import('./overlay/Menu')).Menu);

/** Fetches what opens over a page, before somebody does. */
export const fetchOverlays = () => [OpenPop, OpenMenu].forEach(ahead);

/** Opens with the first use; what can't be fetched any more, after an upgrade of the server, stays closed and says so. */
function useFirst({ fetch }: Pick<Later<never>, 'fetch'>) {
  const [used, use] = useReducer(() => true, false);
  return [used, () => void fetch().then(use, () => say(t('error.new_version'), 'bad'))] as const;
}

export function Pop(props: PopProps) {
  const [used, use] = useFirst(OpenPop);
  return used ? <OpenPop {...props} /> : <Closed kind="dialog" {...props} onUse={use} />;
}

export function Menu(props: MenuProps) {
  const [used, use] = useFirst(OpenMenu);
  return used ? <OpenMenu {...props} /> : <Closed kind="menu" {...props} onUse={use} />;
}

/** A button that says what it opens; with its first use the part takes its place, open. */
function Closed({ kind, label, trigger, className = 'button', on, onUse }: {
  kind: 'dialog' | 'menu'; label: string; trigger: ReactNode; className?: string; on?: boolean; onUse: () => void;
}) {
  return (
    <button type="button" className={className} aria-label={label} aria-haspopup={kind} aria-expanded={false} data-on={on}
      onClick={(event) => { event.stopPropagation(); onUse(); }}>
      {trigger}
    </button>
  );
}
