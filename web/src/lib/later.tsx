import { useEffect, useState, type ComponentType } from 'react';

export type Later<Props> = ComponentType<Props> & {
  /** Begins to fetch it, before anyone draws it. */
  fetch: () => Promise<void>;
};

/**
 * A component of its own chunk. `Meanwhile` stands in its place until it is there. React's `lazy` would do the same,
 * but holds back what it has for 300 ms whenever a fallback has been shown, and shows one for what is already fetched.
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>, Meanwhile: ComponentType<Props> = Nothing): Later<Props> {
  let ready: ComponentType<Props> | null = null;
  let underWay: Promise<void> | null = null;
  const fetch = () =>
    (underWay ??= load().then(
      (loaded) => { ready = loaded; },
      (error: unknown) => { underWay = null; throw error; },
    ));

  function Shown(props: Props) {
    const [Loaded, setLoaded] = useState(() => ready);
    const [fault, setFault] = useState<{ error: unknown } | null>(null);
    useEffect(() => {
      if (Loaded) return;
      let stays = true;
      fetch().then(() => stays && setLoaded(() => ready), (error: unknown) => stays && setFault({ error }));
      return () => { stays = false; };
    }, [Loaded]);
    if (fault) throw fault.error;
    return Loaded ? <Loaded {...props} /> : <Meanwhile {...props} />;
  }
  return Object.assign(Shown, { fetch });
}

const Nothing = () => null;

/** Fetching ahead is no promise: what fails is fetched again, and its fault shown, when it is drawn. */
export const ahead = (what: Pick<Later<never>, 'fetch'>) => void what.fetch().catch(() => {});
