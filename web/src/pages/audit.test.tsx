import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { Connection } from '../api/types';
import { Action, Thing, thingOf, WhoAndWhy } from './audit';

afterEach(cleanup);

const connections = [{ id: 3, caption: 'Main', host: 'smtp.example.org' }] as Connection[];

it('says in words what was done, and keeps the code that is filtered by', () => {
  expect(render(<Action code="queue.move" />).container.textContent).toBe('Moved emails to a connection queue.move');
  cleanup();
  expect(render(<Action code="robot.dance" />).container.textContent).toBe('robot.dance');
});

it('leads from what was changed to its page, where it has one', () => {
  const { container } = render(<Thing code="connection:3" connections={connections} />);
  expect(container.textContent).toBe('Main connection:3');
  expect(container.querySelector('a')!.getAttribute('href')).toBe('/connections?open=3');
  expect(thingOf('connection:4', connections)).toEqual({ words: 'Connection 4' });
  expect(thingOf('email:0123456789abc', connections)!.page).toBe('/queue?open=0123456789abc');
  expect(thingOf('queue:1 emails', connections)).toEqual({ words: '1 email' });
  expect(thingOf('submission_login:a:b', connections)!.words).toBe('SMTP login a:b');
  expect(thingOf('robot:7', connections)).toBeNull();
});

it('has on a phone who did it and why, or what exactly', () => {
  const record = { id: 1, at: '', by: 'ann@example.org', from: '', action: '', object: '', detail: 'caption', reason: null };
  expect(render(<WhoAndWhy record={record} />).container.textContent).toBe('ann@example.org: caption');
  cleanup();
  expect(render(<WhoAndWhy record={{ ...record, reason: 'night\u202e' }} />).container.textContent).toBe('ann@example.org: night\ufffd');
});
