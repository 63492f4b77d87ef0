/** A resource that a page shows: loaded when it is shown, and again when something changed. What was shown stays while that fails. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Problem } from '../wire/errors.ts';
import { ask, problemOf } from './ask.ts';
import { onChange } from './live.ts';

export type Loaded<T> = {
  value: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  reload: () => void;
};

type State<T> = { path: string | undefined; value?: T | undefined; problem?: Problem | undefined };

/** @param path after `/v1`; undefined: nothing is wanted. `once`: for what asks a host, and may take long */
export function useLoaded<T>(path: string | undefined, { once = false } = {}): Loaded<T> {
  const [state, setState] = useState<State<T>>({ path: undefined });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((now) => now + 1), []);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    let busy = false;
    const load = async () => {
      if (busy) return;
      busy = true;
      try {
        const value = await ask<T>('GET', path, { signal: stop.signal });
        if (!stop.signal.aborted) setState({ path, value });
      } catch (error) {
        if (stop.signal.aborted) return;
        const problem = problemOf(error);
        setState((old) => ({ path, problem, value: old.path === path ? old.value : undefined }));
      } finally {
        busy = false;
      }
    };
    void load();
    const end = once ? undefined : onChange(() => void load());
    return () => {
      stop.abort();
      end?.();
    };
  }, [path, once, turn]);
  const isOwn = state.path === path;
  const value = isOwn ? state.value : undefined;
  const problem = isOwn ? state.problem : undefined;
  return { value, problem, loading: path !== undefined && value === undefined && problem === undefined, reload };
}
