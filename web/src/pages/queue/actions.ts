import { ArrowRightLeft, CirclePause, CirclePlay, Gavel, RotateCw, TimerOff, Trash2, type LucideIcon } from 'lucide-react';
import type { Email, EmailStatus, QueueActionWord } from '../../api/types';

export const ACTIONS: { action: QueueActionWord; icon: LucideIcon; danger?: boolean }[] = [
  { action: 'retry', icon: RotateCw },
  { action: 'hold', icon: CirclePause },
  { action: 'release', icon: CirclePlay },
  { action: 'move', icon: ArrowRightLeft },
  { action: 'settle', icon: Gavel },
  { action: 'expire', icon: TimerOff, danger: true },
  { action: 'delete', icon: Trash2, danger: true },
];

/** Which actions the server takes for an email of a status (fine print, "Acting on mail"). */
const takes: Partial<Record<EmailStatus, QueueActionWord[]>> = {
  queued: ['retry', 'hold', 'move', 'expire', 'delete'],
  scheduled: ['hold', 'move', 'expire', 'delete'],
  deferred: ['retry', 'hold', 'move', 'expire', 'delete'],
  held: ['release', 'move', 'expire', 'delete'],
  unknown: ['retry', 'delete'],
};

type State = Pick<Email, 'status' | 'in_doubt'>;

/** It may have been sent already: what tries it again may bring it twice. */
export const isInDoubt = ({ status, in_doubt: inDoubt }: State) => status === 'unknown' || inDoubt;

export function actionsFor(email: State) {
  const words = takes[email.status] ?? [];
  return ACTIONS.filter(({ action }) => words.includes(action) || (action === 'settle' && words.length > 0 && isInDoubt(email)));
}

/** What an email's drawer offers at once, the likeliest first: whoever knows what became of a doubt sends nothing twice. */
const FIRST: QueueActionWord[] = ['settle', 'retry', 'release'];

export function inSightFor(email: State) {
  const offered = actionsFor(email);
  return FIRST.flatMap((word) => offered.filter(({ action }) => action === word)).slice(0, 2);
}
