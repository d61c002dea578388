import { act, cleanup, render, screen } from '@testing-library/react';
import { Component, StrictMode, type ReactNode } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ahead, later } from './later';

afterEach(cleanup);

const Waiting = () => <p>waiting</p>;
const Greeting = ({ name }: { name: string }) => <p>Good day, {name}</p>;
const text = () => document.body.textContent;

class Caught extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError = () => ({ failed: true });
  override render = () => (this.state.failed ? <p>failed</p> : this.props.children);
}

describe('a component of its own chunk', () => {
  it('is drawn as soon as it is there', async () => {
    const Shown = later(async () => Greeting, Waiting);
    render(<StrictMode><Shown name="Ann" /></StrictMode>);
    expect(text()).toBe('waiting');
    // No timer may stand between the chunk and the screen.
    await act(async () => {});
    expect(text()).toBe('Good day, Ann');
  });

  it('is there at once when it was fetched ahead', async () => {
    const load = vi.fn(async () => Greeting);
    const Shown = later(load, Waiting);
    ahead(Shown);
    await Shown.fetch();
    render(<Shown name="Bob" />);
    expect(text()).toBe('Good day, Bob');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is not missed when it comes between the first drawing and its effects', async () => {
    let arrive = (_: typeof Greeting) => {};
    const Shown = later(() => new Promise<typeof Greeting>((done) => { arrive = done; }), Waiting);
    ahead(Shown);
    render(<Shown name="Cid" />);
    await act(async () => arrive(Greeting));
    expect(screen.getByText('Good day, Cid')).toBeTruthy();
  });

  it('hands its fault to the nearest boundary, and is fetched anew the next time', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const load = vi.fn(async () => Greeting).mockRejectedValueOnce(new Error('away'));
    const Shown = later(load, Waiting);
    const { unmount } = render(<Caught><Shown name="Dan" /></Caught>);
    await act(async () => {});
    expect(text()).toBe('failed');
    unmount();
    render(<Caught><Shown name="Dan" /></Caught>);
    await act(async () => {});
    expect(text()).toBe('Good day, Dan');
  });
});
