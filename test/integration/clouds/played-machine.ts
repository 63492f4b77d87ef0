/**
 * A machine of an ssh cloud for its scripts to run on, as root: an overlay of this machine's own root that is thrown away.
 * systemd is played, since nothing runs in there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../../src/process/run.ts';

const played = ['systemctl', 'visudo', 'sudo', 'pkill', 'update-grub'];

const world = `
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mkdir -p "$1/root/usr/local/bin" "$1/root/run/calls" "$1/root/run/lock" "$1/root/etc/sudoers.d"
for name in ${played.join(' ')}; do
  printf '#!/bin/sh\\necho "%s $*" >>/run/calls/all\\n' $name >"$1/root/usr/local/bin/$name"
  chmod 755 "$1/root/usr/local/bin/$name"
done
`;

/** The kernel's own view of the network namespace that this is mounted in. */
const network = `
mount -t sysfs none "$1/root/sys"
mount -t proc none "$1/root/proc"
`;

const script = (name: string): Promise<string> =>
  readFile(new URL(`../../../src/control/clouds/ssh-${name}.sh`, import.meta.url), 'utf8');

/**
 * Runs commands in a fresh overlay; in them `prepare` and `leave` are the scripts, to be called with a lease.
 * @param space a network namespace that is the machine's; without one it has no network. @returns the lines printed.
 */
export async function play(t: ExecutionContext, commands: string, space?: string): Promise<string[]> {
  const place = await mkdtemp(join(tmpdir(), 'blanket-overlay-'));
  t.teardown(() => rm(place, { recursive: true }));
  const unit = Buffer.from('[Unit]\nDescription=x\n').toString('base64');
  const input = [
    world,
    space === undefined ? '' : network,
    `cat >"$1/root/run/prepare" <<'SCRIPT'\n${await script('prepare')}SCRIPT`,
    `cat >"$1/root/run/leave" <<'SCRIPT'\n${await script('leave')}SCRIPT`,
    `cat >"$1/root/run/scene" <<'SCENE'`,
    'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `prepare() { sh -eu /run/prepare /var/lib/blanket "$1" blanket 'ssh-ed25519 AAAA c' blanket-agent.service ${unit}; }`,
    'leave() { sh -eu /run/leave /var/lib/blanket "$1" blanket blanket-agent.service /usr/local/lib/blanket; }',
    `${commands}\nSCENE`,
    'chroot "$1/root" sh -eu /run/scene',
  ].join('\n');
  const within = space === undefined ? [] : ['ip', 'netns', 'exec', space];
  const [program = '', ...words] = [...within, 'unshare', '--mount', 'sh', '-eu', '-s', '--', place];
  const { stdout } = await run(program, words, { input });
  return stdout.trim().split('\n');
}
