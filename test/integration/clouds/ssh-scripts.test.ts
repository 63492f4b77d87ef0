/**
 * The scripts that prepare a machine of an ssh cloud and give it back, run for real: as root, on an overlay of this
 * machine's own root that is thrown away. systemd is played, since nothing runs in there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../../src/process/run.ts';

/** Mounts, which end with the namespace, need root. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

const played = ['systemctl', 'visudo', 'sudo', 'pkill', 'update-grub'];

const world = `
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mkdir -p "$1/root/usr/local/bin" "$1/root/run/calls" "$1/root/etc/sudoers.d"
for name in ${played.join(' ')}; do
  printf '#!/bin/sh\\necho "%s $*" >>/run/calls/all\\n' $name >"$1/root/usr/local/bin/$name"
  chmod 755 "$1/root/usr/local/bin/$name"
done
`;

const script = (name: string): Promise<string> =>
  readFile(new URL(`../../../src/control/clouds/ssh-${name}.sh`, import.meta.url), 'utf8');

/** Runs commands in a fresh overlay; in them `prepare` and `leave` are the scripts, to be called with a lease. */
async function play(t: ExecutionContext, commands: string): Promise<string[]> {
  const place = await mkdtemp(join(tmpdir(), 'blanket-overlay-'));
  t.teardown(() => rm(place, { recursive: true }));
  const unit = Buffer.from('[Unit]\nDescription=x\n').toString('base64');
  const input = [
    world,
    `cat >"$1/root/run/prepare" <<'SCRIPT'\n${await script('prepare')}SCRIPT`,
    `cat >"$1/root/run/leave" <<'SCRIPT'\n${await script('leave')}SCRIPT`,
    `cat >"$1/root/run/scene" <<'SCENE'`,
    'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `prepare() { sh -eu /run/prepare /var/lib/blanket "$1" blanket 'ssh-ed25519 AAAA c' blanket-agent.service ${unit}; }`,
    'leave() { sh -eu /run/leave /var/lib/blanket "$1" blanket blanket-agent.service /usr/local/lib/blanket; }',
    `${commands}\nSCENE`,
    'chroot "$1/root" sh -eu /run/scene',
  ].join('\n');
  const { stdout } = await run('unshare', ['--mount', 'sh', '-eu', '-s', '--', place], { input });
  return stdout.trim().split('\n');
}

asRoot('a machine is prepared, twice with the same outcome', async (t) => {
  const told = await play(
    t,
    `
prepare one; prepare one
id -nG blanket; cat /home/blanket/.ssh/authorized_keys
stat -c '%a %U' /home/blanket/.ssh /home/blanket/.ssh/authorized_keys /etc/sudoers.d/90-blanket
cat /etc/sudoers.d/90-blanket /var/lib/blanket/lease; grep -c . /etc/systemd/system/blanket-agent.service
grep -c daemon-reload /run/calls/all`,
  );
  t.deepEqual(told, [
    ...['blanket', 'ssh-ed25519 AAAA c', '700 blanket', '600 blanket', '440 root'],
    ...['blanket ALL=(ALL) NOPASSWD:ALL', 'one', '2', '2'],
  ]);
});

asRoot('given back, it is as it was: what was there under our name stays, what came goes', async (t) => {
  const told = await play(
    t,
    `
mkdir -p /etc/modprobe.d /etc/chrony/conf.d /etc/default/grub.d; echo mine >/etc/blanket-of-mine
{ find /etc /home /var/lib /usr/local /usr/lib/blanket -xdev 2>/dev/null | sort; cat /etc/passwd /etc/group; } >/run/before
prepare one
mkdir -p /usr/local/lib/blanket /var/lib/blanket/images /usr/lib/blanket/probe
touch /etc/chrony/conf.d/blanket.conf /etc/default/grub.d/blanket-console.cfg
touch /usr/local/lib/blanket/agent.mjs /etc/modprobe.d/90-blanket.conf /usr/lib/blanket/probe/uploaded
leave one; leave one
{ find /etc /home /var/lib /usr/local /usr/lib/blanket -xdev 2>/dev/null | sort; cat /etc/passwd /etc/group; } >/run/after
diff /run/before /run/after | grep -v -e '^[0-9]' -e '/usr/local/lib$' -e '-$' || true
grep -e disable -e stop -e chrony -e grub /run/calls/all; cat /etc/blanket-of-mine`,
  );
  t.deepEqual(told, [
    'systemctl disable --now --quiet blanket-agent.service',
    'systemctl stop blanket-*',
    'systemctl try-restart chrony.service',
    'update-grub ',
    'mine',
  ]);
});

asRoot('a machine under another lease is not touched', async (t) => {
  const told = await play(t, 'prepare two; leave one; cat /var/lib/blanket/lease; id -nu blanket');
  t.deepEqual(told, ['two', 'blanket']);
});

asRoot('a probe guest that the image carried stays', async (t) => {
  const told = await play(
    t,
    'mkdir -p /usr/lib/blanket/probe; prepare one; leave one; ls -d /usr/lib/blanket/probe',
  );
  t.deepEqual(told, ['/usr/lib/blanket/probe']);
});
