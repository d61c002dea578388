import { lazy, type ComponentType } from 'react';

/** A page of its own chunk. */
export const page = (load: () => Promise<ComponentType>) => lazy(async () => ({ default: await load() }));
