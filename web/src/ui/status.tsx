// A status is an icon, a word and a colour, the same everywhere.
import {
  Ban, CalendarClock, CircleAlert, CircleCheck, CirclePause, CircleHelp, CircleSlash, CircleX, Clock, Hourglass, LoaderCircle,
  TimerOff, TriangleAlert, type LucideIcon,
} from 'lucide-react';
import { word } from '../lib/i18n';
import { Tag, type Tone } from './kit';

const looks: Record<string, { tone: Tone; icon: LucideIcon; spins?: boolean }> = {
  in_progress: { tone: 'info', icon: LoaderCircle, spins: true },
  success: { tone: 'ok', icon: CircleCheck },
  fail: { tone: 'bad', icon: CircleX },

  queued: { tone: '', icon: Clock },
  scheduled: { tone: '', icon: CalendarClock },
  sending: { tone: 'info', icon: LoaderCircle, spins: true },
  deferred: { tone: 'warn', icon: Hourglass },
  held: { tone: '', icon: CirclePause },
  unknown: { tone: 'warn', icon: CircleHelp },
  accepted: { tone: 'ok', icon: CircleCheck },
  failed: { tone: 'bad', icon: CircleX },
  expired: { tone: 'bad', icon: TimerOff },
  canceled: { tone: '', icon: Ban },
  suppressed: { tone: '', icon: CircleSlash },

  up: { tone: 'ok', icon: CircleCheck },
  degraded: { tone: 'warn', icon: TriangleAlert },
  down: { tone: 'bad', icon: CircleX },
  disabled: { tone: '', icon: CircleSlash },
  paused: { tone: 'warn', icon: CirclePause },
};

export function Status({ value, title }: { value: string; title?: string }) {
  const look = looks[value] ?? { tone: '' as Tone, icon: CircleAlert };
  return <Tag tone={look.tone} icon={look.icon} spins={look.spins} title={title}>{word('status', value)}</Tag>;
}
