/** The scripts that prepare a machine of an ssh cloud and give it back, run for real on a machine that is thrown away. */
import { asRoot } from '../as-root.ts';
import { play } from './played-machine.ts';

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
case $1 in list) printf 'table %s\\n' 'netdev blanket_eth0' 'netdev blanket_ens4' 'netdev filter' 'ip blanket' 'inet blanketry' ;; esac
echo "nft $*" >>/run/calls/all
NFT
chmod 755 /usr/local/bin/nft
echo '# mine' >/usr/sbin/policy-rc.d
prepare one; leave one; grep nft /run/calls/all; cat /usr/sbin/policy-rc.d`,
    );
    t.deepEqual(told, [
      'nft list tables',
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
