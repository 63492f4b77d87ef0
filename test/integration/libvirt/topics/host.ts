/** What the daemon tells of its host: CPUs that a domain could have, and how busy it is. */
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { baselineCpuFlags, compareCpuFlags, type Hypervisor } from '../../../../src/libvirt/host.ts';
import type { Topic } from '../topic.ts';

type Context = { pretended: Connection; qemu: Connection; hypervisor: Hypervisor };

const model = (name: string, features = '') =>
  `<cpu><arch>x86_64</arch><model>${name}</model><topology sockets='1' cores='1' threads='1'/>${features}</cpu>`;
/** As a domain would ask for it. */
const wanted = (name: string) => `<cpu match='exact'><model fallback='forbid'>${name}</model></cpu>`;

export const host: Topic<Context> = {
  name: 'host',
  setUp: async (server) => ({
    pretended: await server.connect('test:///default'),
    qemu: await server.connect(server.qemuUri),
    hypervisor: { arch: 'x86_64', virtType: server.domainType },
  }),
  tests: {
    'CPU models have names': async (t, { pretended, qemu }) => {
      const names = await qemu.host.cpuModels('x86_64');
      t.true(names.includes('qemu64'));
      t.true(names.includes('Nehalem'));
      t.deepEqual(await pretended.host.cpuModels('x86_64'), names);
      const refused = await t.throwsAsync(qemu.host.cpuModels('vax'), { instanceOf: LibvirtError });
      t.is(refused?.codeName, 'invalidArg');
    },

    'a baseline is what all CPUs have': async (t, { pretended, qemu }) => {
      const xmls = [model('Nehalem'), model('Westmere')];
      t.regex(await pretended.host.baselineCpu(xmls), /<model[^>]*>Nehalem</);
      t.regex(await qemu.host.baselineCpu(xmls), /<model[^>]*>Nehalem</);
      const flags = baselineCpuFlags.expandFeatures;
      t.regex(await qemu.host.baselineCpu(xmls, { flags }), /name='sse4\.2'/);
      const refused = await t.throwsAsync(qemu.host.baselineCpu(['<cpu/>']), { instanceOf: LibvirtError });
      t.is(refused?.procedure, 'connectBaselineCpu');
    },

    'a baseline of what a hypervisor offers': async (t, { qemu, hypervisor }) => {
      const xmls = [wanted('Nehalem'), wanted('Westmere')].map((xml) => xml.replace(" match='exact'", ''));
      t.regex(await qemu.host.baselineCpu(xmls, { hypervisor }), /<model[^>]*>(Nehalem|Westmere|Penryn)/);
    },

    'CPUs are compared with the host': async (t, { qemu }) => {
      const own = /<cpu>.*?<\/cpu>/s.exec(await qemu.capabilities())?.[0] ?? '';
      t.is(await qemu.host.compareCpu(own), 'identical');
      const named = /<model>([^<]+)</.exec(own)?.[1] ?? '';
      t.regex(await qemu.host.compareCpu(wanted(named)), /^(superset|identical)$/);
      const ours = model('486', "<feature name='monitor' policy='require'/>");
      t.regex(await qemu.host.compareCpu(ours), /^(incompatible|superset|identical)$/);
      const broken = await t.throwsAsync(qemu.host.compareCpu('<cpu'), { instanceOf: LibvirtError });
      t.is(broken?.code, errorCodes.xmlDetail);
    },

    'CPUs are compared with what a hypervisor offers': async (t, { qemu, hypervisor }) => {
      // Blanket's emulated hosts do without CMPXCHG16B.
      const modest = "<cpu match='exact'><model>qemu64</model><feature policy='optional' name='cx16'/></cpu>";
      t.is(await qemu.host.compareCpu(modest, { hypervisor }), 'superset');
      const lacking =
        "<cpu match='exact'><model>qemu64</model><feature policy='require' name='amx-fp16'/></cpu>";
      const result = await qemu.host.compareCpu(lacking, { hypervisor }).catch((error: unknown) => error);
      if (result === 'incompatible') {
        const flags = compareCpuFlags.failIncompatible;
        const refused = await t.throwsAsync(qemu.host.compareCpu(lacking, { hypervisor, flags }));
        t.like(refused, { code: errorCodes.cpuIncompatible });
      } else t.true(result instanceof LibvirtError); // this libvirt does not know the feature
    },

    'CPU time and memory are counted': async (t, { pretended, qemu }) => {
      const first = (await qemu.host.cpuStats({ cpu: 0 })).user ?? 0;
      const { user = 0, kernel = 0, idle = 0 } = await qemu.host.cpuStats();
      t.true(user > 0 && kernel > 0 && idle > 0);
      t.true(first <= user); // asked before, for a host of one CPU spends time meanwhile
      t.true(((await pretended.host.cpuStats()).user ?? 0) > 0);
      const { total = 0, free = 0 } = await qemu.host.memoryStats();
      t.true(free > 0 && free < total);
      t.true(((await qemu.host.memoryStats({ cell: 0 })).total ?? 0) > 0);
      const refused = await t.throwsAsync(qemu.host.cpuStats({ cpu: 99_999 }), { instanceOf: LibvirtError });
      t.is(refused?.code, errorCodes.invalidArg);
    },

    'free memory, in all and by cell': async (t, { pretended, qemu }) => {
      t.true((await qemu.host.freeMemoryBytes()) > 1024 * 1024);
      t.true((await qemu.host.freeMemoryBytesByCell()).length >= 1);
      t.is((await pretended.host.freeMemoryBytesByCell()).length, 2);
    },

    'what a hypervisor may be asked for': async (t, { pretended, qemu }) => {
      t.is(await pretended.host.maxVcpus(), 32);
      t.true((await qemu.host.maxVcpus('qemu')) >= 1);
      t.true(await pretended.host.isSecure());
    },

    "a domain's XML as QEMU's command line": async (t, { qemu, hypervisor }) => {
      const xml = `<domain type='${hypervisor.virtType}'><name>told</name><memory unit='MiB'>32</memory>
        <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>`;
      t.regex(await qemu.domains.toNative('qemu-argv', xml), /-name guest=told/);
      const refused = await t.throwsAsync(qemu.domains.toNative('nonsense', xml), {
        instanceOf: LibvirtError,
      });
      t.is(refused?.code, errorCodes.invalidArg);
    },
  },
  tearDown: async ({ pretended, qemu }) => {
    await pretended.close();
    await qemu.close();
  },
};
