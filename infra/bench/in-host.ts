/** Shell scripts as root on a host, over `blanket host ssh`. The bench alone needs this: Blanket has no such door. */
import type { Seat } from '../demo/blanket.ts';

/** Gives what the script printed. Any failing line ends it. @throws Error with the script's last words. */
export const inHost = ({ blanket }: Seat, host: string, script: string): Promise<string> =>
  blanket(['host', 'ssh', host, '--', 'sudo', 'sh', '-eu'], { quiet: true, input: script });
