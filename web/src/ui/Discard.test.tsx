import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { useDiscard } from './Discard';
import { Dialog } from './overlay/Dialog';

afterEach(cleanup);

function Form({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const { close, question } = useDiscard(text !== '', onClose);
  return (
    <Dialog open onClose={close} title="Form">
      <input aria-label="Name" value={text} onChange={(event) => setText(event.target.value)} />
      {question}
    </Dialog>
  );
}

const escape = () => fireEvent.keyDown(document.activeElement!, { key: 'Escape' });
const type = () => fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Ann' } });
const question = () => screen.findByText('Discard what you typed?');
const noQuestion = () => waitFor(() => expect(screen.queryByText('Discard what you typed?')).toBeNull());
function open() {
  const onClose = vi.fn();
  render(<Form onClose={onClose} />);
  return onClose;
}

it('closes a form at once in which nothing was typed', () => {
  const onClose = open();
  escape();
  expect(onClose).toHaveBeenCalledTimes(1);
});

it('asks before what was typed is thrown away, and leaves it when the answer is no, or Escape', async () => {
  const onClose = open();
  type();
  escape();
  await question();
  fireEvent.click(screen.getByRole('button', { name: 'Keep editing' }));
  await noQuestion();
  escape();
  await question();
  escape();
  await noQuestion();
  expect(onClose).not.toHaveBeenCalled();
  expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('Ann');
});

it('closes when the answer is yes', async () => {
  const onClose = open();
  type();
  escape();
  await question();
  fireEvent.click(screen.getByRole('button', { name: 'Discard' }));
  expect(onClose).toHaveBeenCalledTimes(1);
});
