// The house's words, a file for each part of it. Other languages have the same files and keys; the compiler sees to it.
import { connections } from './en/connections';
import { dashboard } from './en/dashboard';
import { house } from './en/house';
import { mail } from './en/mail';
import { people } from './en/people';
import { sayings } from './en/sayings';
import type { Words } from './words';

export const en = { ...house, ...mail, ...connections, ...dashboard, ...people, ...sayings } as const;

export type MessageKey = keyof typeof en;
export type Messages = Words<typeof en>;
