/** Programs that a guest network leaves running. They outlive the agent. */
import { exec } from '../host-access.ts';

export type Services = {
  isActive(unit: string): Promise<boolean>;
  start(unit: string, command: readonly string[]): Promise<void>;
  /** Ends it, also when it failed and waits to be started again. When there is none nothing happens. */
  stop(unit: string): Promise<void>;
  /** Lets it read its lists again (SIGHUP). */
  reload(unit: string): Promise<void>;
  /** The last lines that it said. */
  lastWords(unit: string): Promise<string>;
};

/** As transient units, which systemd starts again when they end. */
export const systemd: Services = {
  isActive: (unit) =>
    exec('systemctl', ['is-active', '--quiet', unit]).then(
      () => true,
      () => false, // systemctl says no with its exit code
    ),
  start: async (unit, command) => {
    const restart = ['-p', 'Restart=always', '-p', 'RestartSec=2'];
    await exec('systemd-run', ['--quiet', '--collect', '--unit', unit, ...restart, ...command]);
  },
  stop: async (unit) => {
    await exec('systemctl', ['stop', `${unit}*`]); // a pattern may match none, a name must not
  },
  reload: async (unit) => {
    await exec('systemctl', ['kill', '--signal=HUP', unit]);
  },
  lastWords: async (unit) => {
    const lines = ['--lines=5', '--output=cat', '--no-pager', '--quiet'];
    return (await exec('journalctl', ['--unit', unit, ...lines])).trim();
  },
};
