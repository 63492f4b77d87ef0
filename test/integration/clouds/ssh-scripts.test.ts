/**
 * The scripts that prepare a machine of an ssh cloud and give it back, run for real: as root, on an overlay of this
 * machine's own root that is thrown away. systemd is played, since nothing runs in there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../../src/process/run.ts';
import { asRoot } from '../as-root.ts';

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

asRoot('mount an overlay of the root', 'a machine is prepared, twice with the same outcome', async (t) => {
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

/** Named after blankets, and not ours. */
const ofTheOwner =
  '/etc/blanket-of-mine /etc/nginx/sites-enabled/blanketstore /etc/systemd/system/blanketstore.service';

asRoot(
  'mount an overlay of the root',
  'given back, it is as it was: what the owner calls after blankets stays, what came goes',
  async (t) => {
    const told = await play(
      t,
      `
mkdir -p /etc/modprobe.d /etc/modules-load.d /etc/chrony/conf.d /etc/default/grub.d /etc/nginx/sites-enabled
echo mine >/etc/blanket-of-mine; rm -f /usr/sbin/policy-rc.d
{ find /etc /home /var/lib /usr/local /usr/lib/blanket /usr/sbin -xdev 2>/dev/null | sort; cat /etc/passwd /etc/group; } >/run/before
prepare one
mkdir -p /usr/local/lib/blanket /var/lib/blanket/images /usr/lib/blanket/probe
touch /etc/chrony/conf.d/blanket.conf /etc/default/grub.d/blanket-console.cfg /etc/modules-load.d/blanket-ptp.conf
touch /usr/local/lib/blanket/agent.mjs /etc/modprobe.d/blanket-nested.conf /usr/lib/blanket/probe/uploaded
printf '#!/bin/sh\\n# Blanket: x\\nexit 101\\n' >/usr/sbin/policy-rc.d
touch ${ofTheOwner} # after we came
leave one; leave one
ls ${ofTheOwner}; rm /etc/nginx/sites-enabled/blanketstore /etc/systemd/system/blanketstore.service
{ find /etc /home /var/lib /usr/local /usr/lib/blanket /usr/sbin -xdev 2>/dev/null | sort; cat /etc/passwd /etc/group; } >/run/after
diff /run/before /run/after | grep -v -e '^[0-9]' -e '/usr/local/lib$' -e '-$' || true
grep -e disable -e stop -e chrony -e grub /run/calls/all; cat /etc/blanket-of-mine`,
    );
    t.deepEqual(told, [
      ...ofTheOwner.split(' '),
      'systemctl disable --now --quiet blanket-agent.service',
      'systemctl stop blanket-dhcp-*',
      'systemctl try-restart chrony.service',
      'update-grub ',
      'mine',
    ]);
  },
);

asRoot(
  'mount an overlay of the root',
  'a file of one of our names that was there before stays, and nobody is told',
  async (t) => {
    const told = await play(
      t,
      `
mkdir -p /etc/chrony/conf.d; echo mine >/etc/chrony/conf.d/blanket.conf
prepare one; leave one; cat /etc/chrony/conf.d/blanket.conf; grep -c chrony /run/calls/all || true`,
    );
    t.deepEqual(told, ['mine', '0']);
  },
);

asRoot(
  'mount an overlay of the root',
  'of the tables of nftables and the policies of services only ours go',
  async (t) => {
    const told = await play(
      t,
      `
cat >/usr/local/bin/nft <<'NFT'
#!/bin/sh
case $1 in list) printf 'table netdev %s\\n' blanket_eth0 blanket_ens4 filter ;; esac
echo "nft $*" >>/run/calls/all
NFT
chmod 755 /usr/local/bin/nft
echo '# mine' >/usr/sbin/policy-rc.d
prepare one; leave one; grep nft /run/calls/all; cat /usr/sbin/policy-rc.d`,
    );
    t.deepEqual(told, [
      'nft list tables netdev',
      'nft delete table netdev blanket_eth0',
      'nft delete table netdev blanket_ens4',
      '# mine',
    ]);
  },
);

asRoot(
  'mount an overlay of the root',
  'a machine that another has taken, or that has a state of another kind, is refused',
  async (t) => {
    const told = await play(
      t,
      `
mkdir /var/lib/blanket; prepare one; ls /var/lib/blanket; rmdir /var/lib/blanket
prepare two; prepare one; cat /var/lib/blanket/lease`,
    );
    t.deepEqual(told, ['taken', 'taken', 'two']);
  },
);

asRoot(
  'mount an overlay of the root',
  'without the list of what was there before nothing is taken away',
  async (t) => {
    const told = await play(
      t,
      `
prepare one; rm /var/lib/blanket/before; prepare one; leave one 2>&1 || echo refused
ls /etc/sudoers.d/90-blanket; cat /var/lib/blanket/lease`,
    );
    t.regex(told[0] ?? '', /^\/var\/lib\/blanket\/before is gone/);
    t.deepEqual(told.slice(1), ['refused', '/etc/sudoers.d/90-blanket', 'one']);
  },
);

asRoot(
  'mount an overlay of the root',
  'a preparation that was cut off at its start takes no machine',
  async (t) => {
    const told = await play(
      t,
      'mkdir /var/lib/blanket.new; echo two >/var/lib/blanket.new/lease; prepare one; cat /var/lib/blanket/lease; ls -d /var/lib/blanket*',
    );
    t.deepEqual(told, ['one', '/var/lib/blanket']);
  },
);

asRoot(
  'mount an overlay of the root',
  'sudo is installed where it lacks, after the lists of packages if need be',
  async (t) => {
    const told = await play(
      t,
      `
rm -f /usr/local/bin/sudo /usr/bin/sudo
cat >/usr/local/bin/apt-get <<'APT'
#!/bin/sh
for word in "$@"; do case $word in
  update) echo updated >>/run/apt; exit ;;
  install) echo asked >>/run/apt; grep -q updated /run/apt; exit ;;
esac; done
APT
chmod 755 /usr/local/bin/apt-get
prepare one; cat /run/apt`,
    );
    t.deepEqual(told, ['asked', 'updated', 'asked']);
  },
);

asRoot('mount an overlay of the root', 'a machine under another lease is not touched', async (t) => {
  const told = await play(t, 'prepare two; leave one; cat /var/lib/blanket/lease; id -nu blanket');
  t.deepEqual(told, ['two', 'blanket']);
});

asRoot('mount an overlay of the root', 'a probe guest that the image carried stays', async (t) => {
  const told = await play(
    t,
    'mkdir -p /usr/lib/blanket/probe; prepare one; leave one; ls -d /usr/lib/blanket/probe',
  );
  t.deepEqual(told, ['/usr/lib/blanket/probe']);
});
