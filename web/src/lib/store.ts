import { useSyncExternalStore } from 'react';

/** A value that lives outside React, for what pages and plain functions both need. */
export class Store<Value> {
  private readonly listeners = new Set<() => void>();
  constructor(private value: Value) {}

  readonly get = () => this.value;

  set(value: Value) {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of this.listeners) listener();
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}
