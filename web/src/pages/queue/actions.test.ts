import { expect, it } from 'vitest';
import type { EmailStatus } from '../../api/types';
import { inSightFor } from './actions';

const offered = (status: EmailStatus, inDoubt = false) => inSightFor({ status, in_doubt: inDoubt }).map(({ action }) => action);

it('offers to settle a doubt before it offers to try again', () => {
  expect(offered('unknown', true)).toEqual(['settle', 'retry']);
  expect(offered('unknown')).toEqual(['settle', 'retry']);
  expect(offered('deferred', true)).toEqual(['settle', 'retry']);
  expect(offered('held', true)).toEqual(['settle', 'release']);
});

it('offers of other mail what is likeliest, and of what is on its way nothing', () => {
  expect(offered('deferred')).toEqual(['retry']);
  expect(offered('held')).toEqual(['release']);
  expect(offered('sending', true)).toEqual([]);
});
