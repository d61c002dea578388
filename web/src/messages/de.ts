import { connections } from './de/connections';
import { dashboard } from './de/dashboard';
import { house } from './de/house';
import { mail } from './de/mail';
import { people } from './de/people';
import { sayings } from './de/sayings';
import type { Messages } from './en';

export const de: Messages = { ...house, ...mail, ...connections, ...dashboard, ...people, ...sayings };
