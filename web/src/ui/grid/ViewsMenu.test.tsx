import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ViewsMenu } from './ViewsMenu';

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
let reading: () => Promise<Response>;
let written: string[];

beforeEach(() => {
  written = [];
  reading = async () => json({ items: [{ page: 'queue', name: 'Mine', query: 'status=held', columns: [] }] });
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => {
    if (request.method === 'GET') return reading();
    written.push(`${request.method} ${new URL(request.url).pathname.split('/').at(-1)}`);
    return request.method === 'DELETE' ? new Response(null, { status: 204 }) : json({ name: 'Mine' });
  }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }));
async function open() {
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><ViewsMenu list="queue" params={new URLSearchParams()} columns={[]} /></QueryClientProvider>);
  await press('Views');
}
async function save(name: string) {
  await screen.findByText('Mine');
  fireEvent.change(screen.getByLabelText('Name of the view'), { target: { value: name } });
  await press('Save this view');
}

it('asks before a view is deleted', async () => {
  await open();
  await press('Delete view Mine');
  await press('Cancel');
  await press('Delete view Mine');
  expect(written).toEqual([]);
  await press('Delete');
  await waitFor(() => expect(written).toEqual(['DELETE Mine']));
});

it('asks before a view takes another one’s place', async () => {
  await open();
  await save('Mine');
  await screen.findByText(/already\. Replace it/);
  expect(written).toEqual([]);
  await press('Replace');
  await waitFor(() => expect(written).toEqual(['PUT Mine']));
});

it('saves a new one at once', async () => {
  await open();
  await save('Other');
  await waitFor(() => expect(written).toEqual(['PUT Other']));
});

it('does not say that there are no views when it can’t know', async () => {
  reading = async () => json({ status: 503, code: 'unavailable', detail: 'No.' }, 503);
  await open();
  await screen.findByText('This could not be loaded.');
  expect(screen.queryByText(/A view keeps/)).toBeNull();
  reading = async () => json({ items: [] });
  await press('Try again');
  await screen.findByText(/A view keeps/);
});
