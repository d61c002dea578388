import { beforeAll, expect, it, vi } from 'vitest';

// uPlot asks for the screen when it is loaded.
beforeAll(() => vi.stubGlobal('matchMedia', () => ({ addEventListener() {}, matches: false })));

it('puts its ticks at whole hours of the zone that they are written in', async () => {
  const { tickDate } = await import('./Chart');
  const noon = Date.parse('2026-07-01T12:30:00Z') / 1000;
  expect(tickDate(true)(noon).getHours()).toBe(12);
  expect(tickDate(false)(noon).getTime()).toBe(noon * 1000);
});
