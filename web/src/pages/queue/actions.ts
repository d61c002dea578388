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

export function actionsFor({ status, in_doubt: inDoubt }: Pick<Email, 'status' | 'in_doubt'>) {
  const words = takes[status] ?? [];
  return ACTIONS.filter(({ action }) => words.includes(action) || (action === 'settle' && words.length > 0 && inDoubt));
}
