/** Keys that work everywhere but in fields and in the terminal, and the list of them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { keptTheme, nextTheme, setTheme } from './theme.ts';

const list: readonly (readonly [keys: string, does: string])[] = [
  ['g f', 'fleet'],
  ['g o', 'operations'],
  ['g a', 'audit log'],
  ['n', 'new guest'],
  ['m', 'migrate the guest that is shown'],
  ['/', 'filter the list'],
  ['t', 'system, light or dark colours'],
  ['?', 'this list'],
  ['Ctrl+Shift+Esc', 'out of the terminal'],
];

const go = (hash: string) => {
  location.hash = hash;
};

const afterG: Readonly<Record<string, () => void>> = {
  f: () => go('#/'),
  o: () => go('#/operations'),
  a: () => go('#/audit'),
};

const plain: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
  n: () => go('#/guests/new'),
  m: () => document.querySelector<HTMLElement>('[data-key=m]')?.click(),
  t: () => setTheme(nextTheme(keptTheme())),
  '/'(event) {
    event.preventDefault();
    document.querySelector<HTMLElement>('[data-key=filter]')?.focus();
  },
};

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof Element && target.closest('input, select, textarea, .terminal') !== null;

export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    let afterPrefix = false;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key === '?') setOpen(true);
      else (afterPrefix ? afterG : plain)[event.key]?.(event);
      afterPrefix = event.key === 'g' && !afterPrefix;
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <>
      <button type="button" class="quiet" aria-label="Keyboard shortcuts" onClick={() => setOpen(true)}>
        ?
      </button>
      <dialog ref={dialog} onClose={() => setOpen(false)} aria-label="Keyboard shortcuts">
        <h2>Keyboard shortcuts</h2>
        <dl class="fields">
          {list.map(([keys, does]) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
