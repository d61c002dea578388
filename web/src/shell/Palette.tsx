// Ctrl K: pages, connections, and "where is the mail to ann@…", or "about the invoice", from anywhere.
import { useQuery } from '@tanstack/react-query';
import { Cable, Moon, Plus, ScrollText, Search, ListOrdered, Globe, type LucideIcon } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { messageOf } from '../lib/errors';
import { emailPattern } from '../lib/filters';
import { t } from '../lib/i18n';
import { isId, whatIs, type Named } from '../lib/ids';
import { useConnections } from '../lib/lookups';
import { prefs, setPreferences } from '../lib/prefs';
import { useRights } from '../lib/session';
import { Dialog } from '../ui/overlay/Dialog';
import { placesFor } from './places';
import { isDark } from './TopBar';

interface Command {
  id: string;
  title: string;
  hint?: string;
  icon: LucideIcon;
  run: () => void;
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} label={t('palette.title')}>{open && <Commands onClose={onClose} />}</Dialog>
  );
}

/** Where an id leads to: to an email as such, to a message by its only email or by the lists of them. */
function commandsFor(id: string, named: Named, navigate: (to: string) => void): Command[] {
  const open = (email: string) => ({ id: 'email', title: t('palette.open_email', { id: email }), icon: ListOrdered, run: () => navigate(`/queue?open=${email}`) });
  if (named.what === 'email') return [open(id)];
  if (named.what === 'attempt') return [{ id: 'attempt', title: t('palette.open_attempt', { id }), icon: ScrollText, run: () => navigate(`/log?open=${id}`) }];
  return [
    ...(named.emails.length === 1 ? [open(named.emails[0]!)] : [{ id: 'queued', title: t('palette.queued_of', { id }), icon: ListOrdered, run: () => navigate(`/queue?message_id=${id}`) }]),
    { id: 'attempts', title: t('palette.find_message', { id }), icon: ScrollText, run: () => navigate(`/log?message_id=${id}`) },
  ];
}

/** Words and no address: they may stand in a subject. */
function searchesFor(typed: string, navigate: (to: string) => void): Command[] {
  if (typed === '' || typed.includes('@') || isId(typed)) return [];
  const subject = encodeURIComponent(typed);
  return [
    { id: 'search-queue', title: t('palette.search_queue', { text: typed }), icon: Search, run: () => navigate(`/queue?subject=${subject}`) },
    { id: 'search-log', title: t('palette.search_log', { text: typed }), icon: Search, run: () => navigate(`/log?subject=${subject}`) },
  ];
}

const isAddress = (typed: string) => typed.includes('@') || /^\S*\*\S*$|^\S+\.\S+$/.test(typed);

function useCommands(text: string): { commands: Command[]; nothing: string } {
  const [, navigate] = useLocation();
  const rights = useRights();
  const connections = useConnections().data;
  const typed = text.trim();
  const { data: named, error, isLoading } = useQuery({ queryKey: ['id', typed], queryFn: () => whatIs(typed), enabled: isId(typed), staleTime: 60_000 });
  const commands = useMemo(() => {
    const found: Command[] = [];
    if (named) found.push(...commandsFor(typed, named, navigate));
    else if (!isId(typed) && isAddress(typed)) {
      const pattern = encodeURIComponent(emailPattern(typed));
      found.push({ id: 'in-log', title: t('palette.in_log', { text: typed }), icon: ScrollText, run: () => navigate(`/log?email=${pattern}`) });
      found.push({ id: 'in-queue', title: t('palette.in_queue', { text: typed }), icon: ListOrdered, run: () => navigate(`/queue?email=${pattern}`) });
    }
    const all: Command[] = [
      ...placesFor(rights).map((place) => ({ id: place.path, title: t(place.title), icon: place.icon, run: () => navigate(place.path) })),
      ...(rights.manage ? [{ id: 'new', title: t('connections.new'), icon: Plus, run: () => navigate('/connections?new=1') }] : []),
      ...(connections ?? []).map((one) => ({ id: `c${one.id}`, title: one.caption || one.host, hint: t('email.connection'), icon: Cable, run: () => navigate(`/connections?open=${one.id}`) })),
    ];
    const settings: Command[] = [
      { id: 'theme', title: t('palette.theme'), icon: Moon, run: () => setPreferences({ theme: isDark(prefs.get().theme) ? 'light' : 'dark' }) },
      { id: 'zone', title: t('palette.zone'), icon: Globe, run: () => setPreferences({ time_zone: prefs.get().time_zone === 'UTC' ? 'local' : 'UTC' }) },
    ];
    const wanted = typed.toLowerCase();
    const fitting = (commands: Command[]) => commands.filter((command) => command.title.toLowerCase().includes(wanted));
    // What changes something is no answer to whoever looks for mail: it comes after the searches.
    return [...found, ...fitting(all), ...searchesFor(typed, navigate), ...fitting(settings)];
  }, [typed, named, rights.manage, rights.admin, connections, navigate]);
  return { commands, nothing: isLoading ? t('status.loading') : error ? messageOf(error) : t('palette.none') };
}

function Commands({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { commands, nothing } = useCommands(text);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  return (
    <>
      <input className="palette-input" autoFocus role="combobox" aria-expanded aria-controls="palette-list" aria-autocomplete="list"
        aria-activedescendant={commands[at] ? `command-${at}` : undefined} aria-label={t('palette.title')} placeholder={t('palette.placeholder')} value={text}
        onChange={(event) => { setText(event.target.value); setAt(0); }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step) {
            event.preventDefault();
            const next = (at + step + commands.length) % Math.max(1, commands.length);
            setAt(next);
            document.getElementById(`command-${next}`)?.scrollIntoView({ block: 'nearest' });
          }
          if (event.key === 'Enter') { event.preventDefault(); run(commands[at]); }
        }} />
      <div className="palette-list" id="palette-list" role="listbox" aria-label={t('palette.title')}>
        {commands.map(({ id, title, hint, icon: Icon }, index) => (
          <div key={id} id={`command-${index}`} role="option" aria-selected={index === at} className="item" data-highlighted={index === at || undefined} onClick={() => run(commands[index])}>
            <Icon aria-hidden /><span className="cut" title={title}>{title}</span>{hint && <span className="hint">{hint}</span>}
          </div>
        ))}
        {commands.length === 0 && <div className="item" role="option" aria-selected={false}>{nothing}</div>}
      </div>
    </>
  );
}
