import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { ApiError } from '../api/problem';
import { Choice, cut, Fact, Failure } from './kit';

afterEach(cleanup);

it('has a choice’s hint read with its box', () => {
  render(<Choice label="read" hint="may read the log" checked onChange={() => {}} />);
  const box = screen.getByRole('checkbox', { name: 'read' });
  expect(document.getElementById(box.getAttribute('aria-describedby')!)!.textContent).toBe('may read the log');
  cleanup();
  render(<Choice label="read" checked onChange={() => {}} />);
  expect(screen.getByRole('checkbox', { name: 'read' }).hasAttribute('aria-describedby')).toBe(false);
});

it('shows what would turn the reading direction, in cells and in drawers', () => {
  const { container } = render(<>{cut('invoice\u202egnp.exe')}<dl><Fact name="Subject">{'a\u2067b'}</Fact></dl></>);
  expect(container.textContent).toBe('invoice\ufffdgnp.exeSubjecta\ufffdb');
  expect(container.querySelector('.cut')!.getAttribute('title')).toBe('invoice\ufffdgnp.exe');
});

it('offers to try again what may come, not what is not there', () => {
  const retry = vi.fn();
  render(<Failure error={new ApiError(503, 'unavailable', '')} retry={retry} />);
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeTruthy();
  cleanup();
  render(<Failure error={new ApiError(404, 'not_found', '')} retry={retry} missing="There is no such email." />);
  expect(screen.queryByRole('button')).toBeNull();
  expect(screen.queryByText('There is no such email.')).toBeTruthy();
});
