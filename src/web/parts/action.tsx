/** A button that asks control for something, says while it waits, and shows what came in the way. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Problem } from '../../wire/errors.ts';
import { problemOf } from '../ask.ts';
import { Trouble } from './trouble.tsx';

type Props = {
  children: ComponentChildren;
  act: () => Promise<void>;
  /** A question that comes first, where something would be lost. */
  confirm?: string;
  class?: string;
  disabled?: boolean;
};

export function Action({ children, act, confirm: question, class: look, disabled = false }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const press = async () => {
    if (question !== undefined && !window.confirm(question)) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <span class="action">
      <button type="button" class={look} disabled={busy || disabled} aria-busy={busy} onClick={() => void press()}>
        {children}
      </button>
      <Trouble problem={problem} />
    </span>
  );
}
