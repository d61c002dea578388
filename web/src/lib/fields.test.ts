import { afterEach, expect, it } from 'vitest';
import { whole } from './fields';
import { speak } from './i18n';

afterEach(() => speak('en'));

it('names the bounds of a number as one types them', async () => {
  const complaint = () => whole(1, 65_535).safeParse('70000').error?.issues[0]?.message;
  expect(complaint()).toBe('Between 1 and 65535.');
  await speak('de');
  expect(complaint()).toBe('Zwischen 1 und 65535.');
});
