/**
 * The metadata service behind a real redirect, asked from a namespace that plays a guest:
 *
 *   guest: card0 10.77.0.10 -- veth -- host: bg0 10.77.0.1, 169.254.169.254:80 -> 8775
 *
 * Once by hand and once by cloud-init itself, where its Python can be loaded (PYTHONPATH may name the place).
 */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run, start } from '../../../src/process/run.ts';
import type { GuestMetadata } from '../../../src/wire/network.ts';
import { metadataPort } from '../../../src/wire/network.ts';
import { networkConfig, traveller } from '../../guest-agent/metadata/guests.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { asRoot } from '../as-root.ts';
import { tag } from '../tag.ts';

/** Known before the first test is declared, as all are declared in one turn. */
const hasCloudInit = await run('python3', ['-c', 'import cloudinit.sources.DataSourceEc2']).then(
  () => true,
  () => false,
);

const metadata: GuestMetadata = {
  sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH me@here "quoted"', 'ssh-rsa AAAAB3 ü \u0085'],
  userData: '#cloud-config\nfinal_message: grüße\n',
};
const serial = 'ds=nocloud;s=http://169.254.169.254/nocloud/';

const ip = (...words: string[]) => run('ip', words);

type Spaces = { host: string; guest: string };
const inside = (space: string, ...words: string[]) => run('ip', ['netns', 'exec', space, ...words]);

const redirect = `table inet test {
  chain prerouting {
    type nat hook prerouting priority dstnat
    iifname "bg0" ip daddr 169.254.169.254 tcp dport 80 redirect to :${metadataPort}
  }
}`;

async function layOut({ host, guest }: Spaces): Promise<void> {
  for (const space of [host, guest]) {
    await ip('netns', 'add', space);
    await inside(space, 'ip', 'link', 'set', 'lo', 'up');
  }
  const card = ['name', 'card0', 'address', traveller.mac, 'netns', guest];
  await inside(host, 'ip', 'link', 'add', 'bg0', 'type', 'veth', 'peer', ...card);
  await inside(host, 'ip', 'address', 'add', '10.77.0.1/24', 'dev', 'bg0');
  await inside(host, 'ip', 'link', 'set', 'bg0', 'up');
  for (const address of ['10.77.0.10/24', '10.77.0.66/24']) {
    await inside(guest, 'ip', 'address', 'add', address, 'dev', 'card0');
  }
  await inside(guest, 'ip', 'link', 'set', 'card0', 'up');
  await inside(guest, 'ip', 'route', 'add', '169.254.169.254/32', 'via', '10.77.0.1');
  await run('ip', ['netns', 'exec', host, 'nft', '-f', '-'], { input: redirect });
}

async function serve({ host }: Spaces): Promise<() => Promise<void>> {
  const script = join(import.meta.dirname, 'metadata-host.ts');
  const known = JSON.stringify({ networks: [networkConfig()], guests: [guestSpec({ metadata })] });
  const child = start('ip', ['netns', 'exec', host, process.execPath, script, known], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('metadata.listening')) resolve();
    });
    child.once('close', () => reject(new Error('the service ended before it listened')));
  });
  return () => {
    child.stdin?.end();
    return ended;
  };
}

async function set(t: ExecutionContext, name: string): Promise<Spaces> {
  const spaces = { host: `bl-h${name}-${tag}`, guest: `bl-g${name}-${tag}` };
  t.teardown(async () => {
    for (const space of Object.values(spaces)) await ip('netns', 'del', space);
  });
  await layOut(spaces);
  t.teardown(await serve(spaces));
  return spaces;
}

/** curl has no part in what is tested; `%{http_code}` comes behind the body. */
const curl = async (space: string, ...words: string[]) =>
  (await inside(space, 'curl', '-sS', '--max-time', '10', '-w', ' %{http_code}', ...words)).stdout;

const service = 'http://169.254.169.254';

asRoot(
  'make network namespaces',
  'a guest asks 169.254.169.254, and is known by where it asks from',
  async (t) => {
    const { guest } = await set(t, 'm');
    t.is(await curl(guest, `${service}/latest/meta-data/mac`), `${traveller.mac} 200`);
    t.is(await curl(guest, `${service}/nocloud/user-data`), `${metadata.userData} 200`);
    t.is(
      await curl(guest, '--interface', '10.77.0.66', `${service}/latest/meta-data/mac`),
      'Not found\n 404',
    );
    const ttl = ['-H', 'X-aws-ec2-metadata-token-ttl-seconds: 60'];
    const [token = ''] = (await curl(guest, '-X', 'PUT', ...ttl, `${service}/latest/api/token`)).split(' ');
    const sent = ['-H', `X-aws-ec2-metadata-token: ${token}`];
    t.is(await curl(guest, ...sent, `${service}/latest/meta-data/local-ipv4`), '10.77.0.10 200');
  },
);

const expectedNetwork = {
  version: 2,
  ethernets: {
    nic0: {
      match: { macaddress: traveller.mac },
      mtu: 1370,
      addresses: ['10.77.0.10/24', 'fd77::a/64'],
      routes: [
        { to: '169.254.169.254/32', via: '10.77.0.1' },
        { to: '0.0.0.0/0', via: '10.77.0.1' },
        { to: '::/0', via: 'fd77::1' },
      ],
      nameservers: { addresses: ['10.77.0.1', 'fd77::1'], search: ['shared.internal'] },
    },
  },
};

function isNetwork(t: ExecutionContext, network: unknown, files: { networkd: string; eni: string }): void {
  t.deepEqual(network, expectedNetwork);
  const lines = files.networkd.split('\n');
  const expected = [
    ...['Name=card0', 'MTUBytes=1370', 'Address=10.77.0.10/24', 'Address=fd77::a/64'],
    ...['DNS=10.77.0.1 fd77::1', 'Domains=shared.internal', 'Destination=0.0.0.0/0', 'Destination=::/0'],
    ...['Destination=169.254.169.254/32', 'Gateway=10.77.0.1', 'Gateway=fd77::1'],
  ];
  for (const line of expected) t.true(lines.includes(line), line);
  t.regex(files.eni, /iface card0 inet static\n {4}address 10\.77\.0\.10\/24/);
  t.regex(files.eni, /iface card0 inet6 static\n {4}address fd77::a\/64/);
}

async function askAsCloudInit({ guest }: Spaces) {
  const script = join(import.meta.dirname, 'ask-as-cloud-init.py');
  return JSON.parse((await inside(guest, 'python3', script, serial)).stdout);
}

const metaData = {
  hostname: 'traveller.shared.internal',
  'instance-id': guestSpec().uuid,
  ipv6: 'fd77::a',
  'local-hostname': 'traveller.shared.internal',
  'local-ipv4': '10.77.0.10',
  mac: traveller.mac,
  network: {
    interfaces: {
      macs: {
        [traveller.mac]: {
          'device-number': '0',
          ipv6s: 'fd77::a',
          'local-hostname': 'traveller.shared.internal',
          'local-ipv4s': '10.77.0.10',
          mac: traveller.mac,
          'subnet-ipv4-cidr-block': '10.77.0.0/24',
          'subnet-ipv6-cidr-blocks': 'fd77::/64',
        },
      },
    },
  },
};

const byCloudInit = 'cloud-init finds the service by the serial number, and all that it looks for';

if (hasCloudInit) {
  asRoot('make network namespaces', byCloudInit, async (t) => {
    const { nocloud, files, ec2, aws } = await askAsCloudInit(await set(t, 'c'));
    t.like(nocloud, {
      ...{ local: false, found: true },
      'instance-id': guestSpec().uuid,
      hostname: 'traveller.shared.internal',
      keys: metadata.sshKeys,
      'user-data': metadata.userData,
      'vendor-data': '',
    });
    if (files !== null) isNetwork(t, nocloud.network, files); // before 24.3 it reads none over HTTP
    t.like(ec2['meta-data'], metaData);
    t.deepEqual(Object.values(ec2['meta-data']['public-keys']), metadata.sshKeys);
    t.is(ec2['user-data'], metadata.userData);
    t.is(ec2._metadata_api_version, '2021-03-23');
    t.deepEqual(aws['meta-data'], ec2['meta-data']); // with tokens
  });
} else test.skip(`${byCloudInit} (its Python is not here; PYTHONPATH may name the place)`, () => undefined);
