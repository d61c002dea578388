import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { ApiError } from '../api/problem';
import { spread, zodResolver } from './zodResolver';

describe('forms', () => {
  const schema = z.object({ host: z.string().check(z.minLength(1, 'needed')), limits: z.object({ per_day: z.number().check(z.minimum(1, 'too small')) }) });
  it('get the first complaint about each field', async () => {
    const outcome = await zodResolver(schema)({ host: '', limits: { per_day: 0 } } as never, undefined, {} as never);
    expect(outcome.errors).toMatchObject({ host: { message: 'needed' }, limits: { per_day: { message: 'too small' } } });
  });
  it('get the server’s complaints at their fields, and the rest above', () => {
    const set: Record<string, string> = {};
    const error = new ApiError(422, 'invalid', 'Some fields are not valid.', [
      { pointer: '/limits/per_day', code: 'x', detail: 'At least 1.' },
      { pointer: '/elsewhere', code: 'x', detail: 'Not so.' },
    ]);
    const rest = spread(error, ['host', 'limits.per_day'], (field, { message }) => { set[field] = message; });
    expect(set).toEqual({ 'limits.per_day': 'At least 1.' });
    expect(rest).toBe('Not so.');
    expect(spread(new ApiError(409, 'a_new_code', 'It is the last one.'), [], () => {})).toBe('It is the last one.');
  });
});
