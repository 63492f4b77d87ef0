/** Reads apt's output, whatever pieces it comes in, with its status lines among the others. */

export type AptLine = {
  /** What a person reads. */
  text: string;
  /** Whether it came from apt's status and only tells how far it is. */
  status: boolean;
};

/**
 * Each line of output goes to `onLine`; empty ones do not. A status line reads `dlstatus:<item>:<percent>:<text>` or
 * `pmstatus:<package>:<percent>:<text>` (apt, README.progress-reporting).
 */
export function readAptLines(onLine: (line: AptLine) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.trim() !== '')) onLine(readLine(line));
  };
}

function readLine(line: string): AptLine {
  const told = /^(?:dl|pm)status:[^:]*(?::[a-z0-9]+)?:([\d.]+):(.*)$/.exec(line);
  if (told === null) return { text: line.trim(), status: false };
  const [, percent, text = ''] = told;
  return { text: `${Math.round(Number(percent))} % ${text.trim()}`, status: true };
}
