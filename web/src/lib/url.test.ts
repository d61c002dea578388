import { renderHook } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { changed, safeNext, useUrlState } from './url';

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

describe('what a page has opened', () => {
  const place = () => renderHook(() => useUrlState()).result.current;
  it('is closed by going back, so that no step is left behind', async () => {
    history.pushState(null, '', '/log?status=fail');
    place()[1]({ open: 'a' }, { push: true });
    const { length } = history;
    place()[1]({ tab: 'b' });
    place()[2]({ open: null });
    place()[2]({ open: null });
    await vi.waitFor(() => expect(location.search).toBe('?status=fail'));
    expect(history.length).toBe(length);
  });
  it('is closed in its place when it was opened from elsewhere', () => {
    history.pushState(null, '', '/log?status=fail&open=a');
    place()[2]({ open: null });
    expect(location.search).toBe('?status=fail');
  });
});
