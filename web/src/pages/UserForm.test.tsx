import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { UserForm } from './UserForm';

afterEach(cleanup);

it('has a default button, which is what Enter presses', async () => {
  render(<QueryClientProvider client={new QueryClient()}><UserForm onClose={() => {}} onDone={() => {}} /></QueryClientProvider>);
  const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Invite user' });
  expect(button.type).toBe('submit');
  expect(button.form).toBe(screen.getByLabelText<HTMLInputElement>('Email').form);
  fireEvent.click(button);
  expect(await screen.findByText('This is not an email address.')).toBeTruthy();
});
