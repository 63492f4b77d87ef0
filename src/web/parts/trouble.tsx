/** What went wrong: the sentence, what to do next, and the code to search for. */
import type { Problem } from '../../wire/errors.ts';

type Props = { problem: Problem | undefined; retry?: () => void };

export function Trouble({ problem, retry }: Props) {
  if (problem === undefined) return null;
  const { message, next, code, causes = [] } = problem;
  return (
    <div class="trouble" role="alert">
      <p>{message}</p>
      {next !== undefined && <p>{withCode(next)}</p>}
      {causes.length > 0 && (
        <details>
          <summary>What lies behind it</summary>
          <ul>
            {causes.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ul>
        </details>
      )}
      <p class="small">
        <code>{code}</code>
        {retry !== undefined && (
          <button type="button" class="small" onClick={retry}>
            Try again
          </button>
        )}
      </p>
    </div>
  );
}

/** Text in backquotes, as commands are in messages, becomes code. */
export function withCode(text: string) {
  return text
    .split('`')
    .map((part, i) => (i % 2 === 1 ? <code key={`${i}:${part}`}>{part}</code> : part));
}
