import { describe, expect, it } from 'vitest';
import type { Role, Session } from '../api/accounts';
import { rightsOf } from './session';

const as = (role: Role, content = false) => ({ user: { role, content } }) as Session;

describe('rights', () => {
  it('follow from the role', () => {
    expect(rightsOf(as('viewer'))).toEqual({ manage: false, admin: false, content: false });
    expect(rightsOf(as('operator'))).toEqual({ manage: true, admin: false, content: false });
    expect(rightsOf(as('admin'))).toEqual({ manage: true, admin: true, content: true });
    expect(rightsOf(as('viewer', true)).content).toBe(true);
    expect(rightsOf(null)).toEqual({ manage: false, admin: false, content: false });
  });
});
