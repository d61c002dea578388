import type { Scope } from '../api/types';

export const SCOPES: Scope[] = ['send', 'read', 'manage', 'admin', 'content'];
