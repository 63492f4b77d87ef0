/** The programs that shims run, as the fake machine has them: each does in its folder what the real one does. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NoticeSource } from '../../../src/blanket-drivers/access.ts';

/** What the programs keep outside of files. */
export type Programs = {
  lro: string;
  channels: number;
  /** The MAC that alone may send, by table. */
  tables: Record<string, string>;
  units: Record<string, string>;
  ntp: string[];
  grub: string;
  notices: NoticeSource;
  /** Pings larger than this do not come back. */
  pathMtu: number;
};

export type Run = (args: readonly string[], machine: { root: string; programs: Programs }) => string;

export const no = (why: string): never => {
  throw new Error(why);
};

const chronyFile = (root: string) => join(root, '/etc/chrony/conf.d/blanket.conf');

const put = (root: string, path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

function ethtool([what, , ...rest]: readonly string[], programs: Programs): string {
  if (what === '-K') programs.lro = rest[rest.indexOf('lro') + 1] ?? '';
  if (what === '-L') programs.channels = Number(rest[1]);
  if (what === '-l')
    return `Maximums:\nRX:\tn/a\nCombined:\t4\nCurrent:\nRX:\tn/a\nCombined:\t${programs.channels}\n`;
  return `Features:\nlarge-receive-offload: ${programs.lro}\ntcp-segmentation-offload: on [fixed]\n`;
}

/** As `nft -j list table netdev blanket_ens3` of nftables 1.1 prints it. */
const listed = (table: string, mac: string): string =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: '1.1.3', json_schema_version: 1 } },
      { table: { family: 'netdev', name: table, handle: 1 } },
      {
        chain: {
          family: 'netdev',
          table,
          name: 'out',
          handle: 1,
          dev: table.replace('blanket_', ''),
          type: 'filter',
          hook: 'egress',
          prio: 0,
          policy: 'accept',
        },
      },
      {
        rule: {
          family: 'netdev',
          table,
          chain: 'out',
          handle: 2,
          expr: [
            { match: { op: '!=', left: { payload: { protocol: 'ether', field: 'saddr' } }, right: mac } },
            { drop: null },
          ],
        },
      },
    ],
  });

function nft(args: readonly string[], { tables }: Programs): string {
  if (args[0] === '-j') {
    const name = args[4] ?? '';
    const mac = tables[name];
    return mac === undefined ? no('No such file or directory') : listed(name, mac);
  }
  const text = args[0] ?? '';
  const name = /table netdev (\S+?);/.exec(text)?.[1] ?? '';
  const mac = /saddr != (\S+) drop/.exec(text)?.[1];
  delete tables[name];
  if (mac !== undefined) tables[name] = mac;
  return '';
}

const restartChrony = (root: string): string[] =>
  existsSync(chronyFile(root)) ? readFileSync(chronyFile(root), 'utf8').split('\n').slice(1, -1) : [];

function systemctl([verb, ...rest]: readonly string[], root: string, programs: Programs): string {
  const unit = rest.at(-1) ?? '';
  if (verb === 'show') return `LoadState=loaded\nActiveState=${programs.units[unit] ?? 'inactive'}\n`;
  if (verb === 'start') programs.units[unit] = 'active';
  if (verb === 'stop') delete programs.units[unit];
  if (verb === 'restart') programs.ntp = restartChrony(root);
  return '';
}

function modprobe(args: readonly string[], root: string): string {
  const remove = args[0] === '-r';
  const name = (remove ? args[1] : args[0]) ?? '';
  if (remove) rmSync(join(root, '/sys/module', name), { recursive: true, force: true });
  else put(root, `/sys/module/${name}/refcnt`, '0\n');
  if (name === 'kvm_amd' && !remove) {
    const options = readFileSync(join(root, '/etc/modprobe.d/blanket-nested.conf'), 'utf8');
    const nested = args[1] === undefined ? /nested=(\d)/.exec(options)?.[1] : args[1].slice(-1);
    put(root, '/sys/module/kvm_amd/parameters/nested', `${nested ?? '1'}\n`);
  }
  if (name === 'ptp_kvm') {
    if (remove)
      for (const path of ['/sys/class/ptp/ptp0', '/dev/ptp0'])
        rmSync(join(root, path), { recursive: true, force: true });
    else {
      put(root, '/sys/class/ptp/ptp0/clock_name', 'KVM virtual PTP\n');
      put(root, '/dev/ptp0', '');
    }
  }
  return '';
}

const chronyc = ({ ntp }: Programs): string =>
  ntp
    .map((line) => line.split(' '))
    .map(([kind, a, b]) => (kind === 'server' ? `^,?,${a},0,6,0,0,0,0,0` : `#,*,PHC0,0,2,377,${b},0,0,0`))
    .join('\n');

export const programsByName: Record<string, Run> = {
  ethtool: (args, { programs }) => ethtool(args, programs),
  nft: (args, { programs }) => nft(args, programs),
  systemctl: (args, { root, programs }) => systemctl(args, root, programs),
  modprobe: (args, { root }) => modprobe(args, root),
  chronyc: (_args, { programs }) => chronyc(programs),
  ping: (args, { root, programs }) => {
    const size = Number(args[args.indexOf('-s') + 1]) + 28;
    const mtu = Number(readFileSync(join(root, '/sys/class/net/ens3/mtu'), 'utf8'));
    return size <= Math.min(mtu, programs.pathMtu) ? '1 received' : no('no answer');
  },
  '/usr/sbin/update-grub': (_args, { root, programs }) => {
    const folder = join(root, '/etc/default/grub.d');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    programs.grub = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    return '';
  },
};

export const initially = (): Programs => ({
  lro: 'on',
  channels: 1,
  tables: {},
  units: {},
  ntp: [],
  grub: '',
  notices: 'none',
  pathMtu: 1460,
});
