// People and their sessions, by the names that the pages use.
import type { components } from './schema';

type Schemas = components['schemas'];

export type User = Schemas['User'];
export type Role = User['role'];
export type Session = Schemas['Session'];
export type View = Schemas['View'];
export type ViewPage = View['page'];
export type TotpSecret = Schemas['TotpEnrolment'];
export type Settings = Schemas['Settings'];
