import { describe, expect, it } from 'vitest';
import { changed, safeNext } from './url';

describe('the address', () => {
  it('takes over a change and keeps the rest', () => {
    expect(changed('?sort=email&status=held&status=queued', { status: ['deferred'], open: '06ZR' })).toBe('sort=email&status=deferred&open=06ZR');
  });
  it('loses what is set to nothing', () => {
    expect(changed('?sort=email&open=06ZR', { open: null, sort: '' })).toBe('');
  });
  it('leads back only into this house', () => {
    expect(safeNext('/log?status=fail')).toBe('/log?status=fail');
    expect(safeNext('//evil.example/')).toBe('/');
    expect(safeNext('/\\evil.example')).toBe('/');
    expect(safeNext('https://evil.example')).toBe('/');
    expect(safeNext('/sign-in?next=/log')).toBe('/');
    expect(safeNext(null)).toBe('/');
  });
});
