import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { ShownOnce } from './ShownOnce';

afterEach(cleanup);

it('stays through Escape and clicks beside it, and goes by its button', async () => {
  const onDone = vi.fn();
  render(<ShownOnce title="The key" value="pk_secret" hint="Only now." onDone={onDone} />);
  fireEvent.keyDown(document.activeElement!, { key: 'Escape' });
  const backdrop = document.querySelector('.backdrop')!;
  fireEvent.pointerDown(backdrop);
  fireEvent.mouseDown(backdrop);
  fireEvent.click(backdrop);
  await new Promise((passed) => setTimeout(passed, 300));
  expect(screen.getByText('pk_secret').closest('[role=dialog]')!.hasAttribute('data-open')).toBe(true);
  expect(onDone).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole('button', { name: 'Done' }));
  expect(onDone).toHaveBeenCalledTimes(1);
});
