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

export function useStore<Value>(store: Store<Value>): Value;
/** A part of the value: who looks at it is not drawn again for the rest. */
export function useStore<Value, Part>(store: Store<Value>, part: (value: Value) => Part): Part;
export function useStore<Value, Part>(store: Store<Value>, part?: (value: Value) => Part): Value | Part {
  return useSyncExternalStore<Value | Part>(store.subscribe, part ? () => part(store.get()) : store.get);
}
