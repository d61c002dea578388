import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConnectionForm } from './ConnectionForm';

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
let presets: () => Response;

beforeEach(async () => {
  presets = () => json({ items: [] });
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => (request.url.endsWith('/presets') ? presets() : json({ ok: true, steps: [{ step: 'resolve', ok: true, duration_ms: 5, detail: '', advice: null }] }))));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(<QueryClientProvider client={queries}><ConnectionForm open connection={null} all={[]} onClose={() => {}} onSaved={() => {}} /></QueryClientProvider>);
  type('Host', 'smtp.example.org');
}
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

it('praises a connection no longer once its settings are other ones', async () => {
  await open();
  press('Test connection');
  await screen.findByText(/The connection works/);
  type('Caption', 'Main');
  expect(screen.getByText(/The connection works/)).toBeTruthy();
  type('Port', '2525');
  await waitFor(() => expect(screen.queryByText(/The connection works/)).toBeNull());
  expect(screen.queryByText('(it works)')).toBeNull();
});

it('unfolds what is wrong, each time it is not saved', async () => {
  await open();
  const fold = screen.getByLabelText('Priority').closest('details')!;
  type('Priority', '');
  for (let n = 0; n < 2; n++) {
    fold.open = false;
    press('Create connection');
    await waitFor(() => expect(fold.open).toBe(true));
  }
  expect(fold.textContent).toContain('This is needed.');
});

it('can ask for the presets again', async () => {
  presets = () => json({ status: 503, code: 'unavailable', detail: 'No.' }, 503);
  await open();
  const again = await screen.findByRole('button', { name: 'Try again' });
  presets = () => json({ items: [{ id: 'ovh', name: 'OVHcloud', host: 'ssl0.ovh.net', port: 465, encryption: 'ssl', username: '', hint: '' }] });
  fireEvent.click(again);
  await screen.findByRole('button', { name: 'OVHcloud' });
});
