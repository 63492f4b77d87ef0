/** Small pieces that all pages are made of. */
import type { ComponentChildren } from 'preact';
import { agoText } from '../units.ts';

const tones: Readonly<Record<string, string>> = {
  ...{ running: 'good', ready: 'good', done: 'good', found: 'good', accepted: 'good', usable: 'good' },
  ...{ migrating: 'busy', creating: 'busy', provisioning: 'busy', removing: 'busy', waiting: 'idle' },
  ...{ stopped: 'idle', cancelled: 'idle', undone: 'idle', 'rolled-back': 'warn', warning: 'warn' },
  ...{ maintenance: 'warn', unreachable: 'bad', failed: 'bad', attention: 'bad', refused: 'bad', blocker: 'bad' },
};

/** A state in a word; colour alone never tells. */
export const State = ({ of }: { of: string }) => <span class={`state ${tones[of] ?? 'idle'}`}>{of}</span>;

export const Ago = ({ time }: { time: string }) => (
  <time dateTime={time} title={time}>
    {agoText(time)}
  </time>
);

export const Loading = ({ what }: { what: string }) => (
  <p class="loading" role="status">
    Loading {what}…
  </p>
);

type EmptyProps = { title: string; command?: string; children?: ComponentChildren };

/** Where nothing is yet: what comes next, as a command that can be copied. */
export function Empty({ title, command, children }: EmptyProps) {
  return (
    <div class="empty">
      <p>{title}</p>
      {command !== undefined && <Command text={command} />}
      {children}
    </div>
  );
}

export const Command = ({ text }: { text: string }) => (
  <pre class="command">
    <code>{text}</code>
    <button
      type="button"
      class="small"
      aria-label={`Copy: ${text}`}
      onClick={() => void navigator.clipboard?.writeText(text)}
    >
      Copy
    </button>
  </pre>
);

export const Fields = ({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="fields">
    {rows.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

export const GuestLink = ({ name }: { name: string }) => <a href={`#/guests/${encodeURIComponent(name)}`}>{name}</a>;
export const HostLink = ({ name }: { name: string }) => <a href={`#/hosts/${encodeURIComponent(name)}`}>{name}</a>;
export const OperationLink = ({ id }: { id: string }) => <a href={`#/operations/${encodeURIComponent(id)}`}>{id}</a>;

/** `guest/web1`, as operations name what they work on. */
export function Subject({ of }: { of: string }) {
  const [noun, name = ''] = of.split('/');
  if (noun === 'guest') return <GuestLink name={name} />;
  return noun === 'host' ? <HostLink name={name} /> : <>{of}</>;
}
