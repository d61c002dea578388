import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { Trash2 } from 'lucide-react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Menu, Pop } from './overlay';
import { Switch, Tick } from './kit';

afterEach(cleanup);

describe('what lies over a page', () => {
  it('is a plain button that says what it opens, and opens with its first use', async () => {
    render(<Pop label="Columns" trigger="⋮">Which columns</Pop>);
    const closed = screen.getByRole('button', { name: 'Columns' });
    expect(closed.getAttribute('aria-haspopup')).toBe('dialog');
    expect(closed.getAttribute('aria-expanded')).toBe('false');
    fireEvent.click(closed);
    expect(await screen.findByRole('dialog', { name: 'Columns' })).toBeTruthy();
    expect(screen.getByText('Which columns')).toBeTruthy();
  });

  it('closes with Escape and gives the focus back to its button', async () => {
    render(<Pop label="Columns" trigger="⋮"><input aria-label="inside" /></Pop>);
    fireEvent.click(screen.getByRole('button', { name: 'Columns' }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('inside')));
    fireEvent.keyDown(screen.getByLabelText('inside'), { key: 'Escape' });
    await waitFor(() => expect(screen.queryByText('Columns', { selector: '.pop-title' })).toBeNull());
    await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Columns'));
  });

  it('has the items of a menu, of which one acts', async () => {
    const act = vi.fn();
    render(<Menu label="More" trigger="…" items={[{ label: 'Delete', icon: Trash2, onSelect: act }]} />);
    expect(screen.getByRole('button', { name: 'More' }).getAttribute('aria-haspopup')).toBe('menu');
    fireEvent.click(screen.getByRole('button', { name: 'More' }));
    fireEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }));
    expect(act).toHaveBeenCalledTimes(1);
  });

  it('does not open what lies under it', async () => {
    const opened = vi.fn();
    render(<div onClick={opened}><Menu label="More" trigger="…" items={[]} /></div>);
    fireEvent.click(screen.getByRole('button', { name: 'More' }));
    await screen.findByRole('menu');
    expect(opened).not.toHaveBeenCalled();
  });
});

describe('boxes', () => {
  it('shows that only a part is marked, and says what a click wants', () => {
    const wanted = vi.fn();
    render(<Tick label="All" checked={false} mixed onChange={wanted} />);
    const box = screen.getByRole<HTMLInputElement>('checkbox', { name: 'All' });
    expect(box.indeterminate).toBe(true);
    fireEvent.click(box, { shiftKey: true });
    expect(wanted.mock.calls[0]![0]).toBe(true);
    expect((wanted.mock.calls[0]![1] as MouseEvent).shiftKey).toBe(true);
  });

  it('keeps an inert switch as it is, and says why', () => {
    const wanted = vi.fn();
    render(<Switch label="Enabled" checked inert="The only connection stays on." onChange={wanted} />);
    const box = screen.getByRole<HTMLInputElement>('switch', { name: 'Enabled. The only connection stays on.' });
    fireEvent.click(box);
    expect(wanted).not.toHaveBeenCalled();
    expect(box.checked).toBe(true);
    expect(box.getAttribute('aria-disabled')).toBe('true');
  });
});
