import test from 'ava';
import { detectDriver } from '../../src/blanket-drivers/detect.ts';
import type { Facts } from '../../src/blanket-drivers/facts.ts';
import { anonymousReadings } from '../../src/cli/anonymous.ts';
import { machine, recorded, recordedAs } from '../blanket-drivers/machines.ts';

const anonymous = (facts: Facts) => anonymousReadings({ facts, ...detectDriver(facts), plan: [] });

test('every recorded machine is recognised as before when it is made anonymous', (t) => {
  for (const { name, facts, expect } of recorded) {
    const { chosen, verdicts } = detectDriver(anonymous(facts));
    t.is(chosen, expect.driver, name);
    t.is(verdicts.find(({ driver }) => driver === chosen)?.verdict, expect.verdict, name);
  }
});

test('no serial number, UUID, MAC or IP address of any recorded machine is left', (t) => {
  for (const { name, facts } of recorded) {
    const text = JSON.stringify(anonymous(facts));
    const { product_uuid: uuid = '', product_serial: serial = '' } = facts.dmi;
    const secrets = [
      ...[uuid, serial, facts.hypervisor.sysUuid ?? ''].filter((one) => one.length > 6 && /[1-9]/.test(one)),
      ...facts.nics.flatMap(({ mac, addresses }) => [mac.slice(9), ...addresses]),
    ];
    // A MAC may be numbered as it was; the recorded ones end in numbers that are not used here.
    for (const secret of secrets.filter((one) => !/^00:00:0\d$/.test(one))) {
      t.false(text.includes(secret), `${name}: ${secret}`);
    }
  }
});

test('the shape stays: prefixes, lengths, separators, letter case', (t) => {
  const dmi = (name: string) => anonymous(recordedAs(name).facts).dmi;
  t.is(dmi('aws-nitro-m5').product_uuid, 'ec211111-1111-1111-1111-111111111111');
  t.is(dmi('aws-nitro-m5').board_asset_tag, 'i-1111111111xxxxxxx');
  t.is(dmi('aws-nitro-swapped-uuid').product_uuid, '111121EC-1111-1111-1111-111111111111');
  t.is(dmi('gce-serial-only').product_serial, 'GoogleCloud-1x1x11x');
  t.is(dmi('vmware-esxi-bios').product_serial, 'VMware-11 11 1x 1x xx 11 x1 11-xx 1x 1x 1x 1x 1x xx x1');
  t.is(dmi('azure-gen1').chassis_asset_tag, '7783-7084-3265-9085-8269-3286-77');
  t.is(dmi('hyperv-gen2').chassis_asset_tag, '1111-1111-1111-1111-1111-1111-11');
  t.is(dmi('generic-odd-local-profile').product_serial, 'Default string');
});

test('dom0 stays dom0', (t) => {
  const { hypervisor } = anonymous(recordedAs('openstack-kvm-own-xen').facts);
  t.is(hypervisor.sysUuid, '00000000-0000-0000-0000-000000000000');
});

test('equal MACs and addresses stay equal, also in the name of a card', (t) => {
  const card = (name: string, mac: string, addresses: string[]) => ({ name, mac, mtu: 1500, addresses });
  const { nics } = anonymous(
    machine({
      nics: [
        card('eth0', '00:0d:3a:12:34:56', [
          '203.0.113.9/20',
          '2a01:4f8::9/64',
          'fe80::20d:3aff:fe12:3456/64',
        ]),
        card('enx000d3a123456', '00:0D:3A:12:34:56', []),
        card('eth2', '00:0d:3a:65:43:21', ['203.0.113.9/20']),
      ],
    }),
  );
  t.deepEqual(
    nics.map(({ name, mac }) => [name, mac]),
    [
      ['eth0', '00:0d:3a:00:00:01'],
      ['enx000D3A000001', '00:0D:3A:00:00:01'],
      ['eth2', '00:0d:3a:00:00:02'],
    ],
  );
  t.deepEqual(nics[0]?.addresses, ['192.0.2.1/20', '2001:db8::2/64', 'fe80::3/64']);
  t.deepEqual(nics[2]?.addresses, ['192.0.2.1/20']);
});
