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

it('asks for a number where none is written, instead of taking it for 0', () => {
  const complaint = (value: unknown) => whole(0, 100).safeParse(value).error?.issues[0]?.message;
  for (const nothing of ['', '  ', undefined]) expect(complaint(nothing)).toBe('This is needed.');
  for (const none of ['ten', '1.5', '1e1', '0x10']) expect(complaint(none)).toBe('This is not a whole number.');
  expect(complaint('-1')).toBe('Between 0 and 100.');
  expect(['0', ' 7 ', 100].map((value) => whole(0, 100).parse(value))).toEqual([0, 7, 100]);
});
