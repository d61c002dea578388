import { act, cleanup, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { streaming } from '../lib/live';
import { LiveMark } from './LiveMark';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => {
  cleanup();
  streaming.set(null);
  vi.useRealTimers();
});

const shown = () => document.body.textContent;
const tell = (open: boolean | null) => act(() => streaming.set(open));

it('says nothing of a stream that is opened again at once, but of one that stays away', () => {
  render(<LiveMark />);
  expect(shown()).toBe('');
  tell(true);
  expect(shown()).toBe('Live');
  tell(false);
  act(() => { vi.advanceTimersByTime(4_000); });
  expect(shown()).toBe('Live');
  tell(true);
  tell(false);
  act(() => { vi.advanceTimersByTime(5_000); });
  expect(shown()).toBe('Reconnecting…');
});
