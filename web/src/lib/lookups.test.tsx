import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { streaming } from './live';
import { useSecondTry } from './lookups';

afterEach(() => {
  cleanup();
  streaming.set(null);
});

function Page({ users, rules }: { users: () => Promise<string>; rules: () => Promise<string> }) {
  useSecondTry();
  const one = useQuery({ queryKey: ['users'], queryFn: users });
  const other = useQuery({ queryKey: ['rules'], queryFn: rules });
  return <p>{one.error?.message ?? one.data} and {other.data}</p>;
}

it('asks again what failed once the server is heard again, and nothing else', async () => {
  const users = vi.fn(async () => 'Ann').mockRejectedValueOnce(new Error('nobody'));
  const rules = vi.fn(async () => 'none');
  streaming.set(false);
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><Page users={users} rules={rules} /></QueryClientProvider>);
  await screen.findByText('nobody and none');
  act(() => streaming.set(true));
  await screen.findByText('Ann and none');
  expect(rules).toHaveBeenCalledTimes(1);
});
