import { Store, useStore } from './store';

export interface Toast {
  id: number;
  tone: 'ok' | 'bad';
  text: string;
}

const toasts = new Store<Toast[]>([]);
let last = 0;
const STAY_MS = 6_000;

export function dismiss(id: number) {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export const dismissAll = () => toasts.set([]);

/** Bad news stays until it is put away; good news leaves by itself. */
export function say(text: string, tone: Toast['tone'] = 'ok') {
  const id = ++last;
  toasts.set([...toasts.get().slice(-3), { id, tone, text }]);
  if (tone === 'ok') setTimeout(() => dismiss(id), STAY_MS);
}

export const useToasts = () => useStore(toasts);
