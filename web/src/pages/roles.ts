import type { Role } from '../api/accounts';

export const ROLES: Role[] = ['viewer', 'operator', 'admin'];
