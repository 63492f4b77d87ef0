import test, { type ExecutionContext } from 'ava';
import { affectFlags } from '../../../src/libvirt/affect.ts';
import { messageTypes } from '../../../src/libvirt/frame.ts';
import { connectCalls } from '../../../src/libvirt/procedures/connect.ts';
import { networkCalls } from '../../../src/libvirt/procedures/network.ts';
import { decode } from '../../../src/libvirt/xdr.ts';
import { openHandshake, scriptedDaemon } from '../scripted-daemon.ts';

const handle = { name: 'n', uuid: '00112233-4455-6677-8899-aabbccddeeff' };

/** What an update looks like to a daemon that says whether it takes the arguments in their order. */
async function updateSeen(t: ExecutionContext, ordered: boolean) {
  const feature = connectCalls.connectSupportsFeature;
  const asked: number[] = [];
  const double = await scriptedDaemon(t, (client, frame) => {
    if (frame.type === messageTypes.call && frame.procedure === feature.number) {
      asked.push(decode(feature.args, frame.payload).feature);
      client.reply(frame, feature, ordered);
    } else if (frame.procedure === networkCalls.networkUpdate.number) {
      client.reply(frame, networkCalls.networkUpdate, undefined);
    } else openHandshake(client, frame);
  });
  const connection = await double.connect();
  const change = {
    command: 'add-last',
    section: 'dns-host',
    xml: '<host/>',
    flags: affectFlags.config,
  } as const;
  await connection.networks.network(handle).update(change);
  const sent = await double.clients[0]?.call(networkCalls.networkUpdate);
  t.deepEqual(asked, [16]);
  return sent === undefined ? undefined : decode(networkCalls.networkUpdate.args, sent.payload);
}

const rest = { net: handle, parentIndex: -1, xml: '<host/>', flags: 2 };

test('a daemon of today gets the command before the section', async (t) => {
  t.deepEqual(await updateSeen(t, true), { ...rest, command: 3, section: 10 });
});

test('a daemon that takes them in each other’s place gets them so', async (t) => {
  t.deepEqual(await updateSeen(t, false), { ...rest, command: 10, section: 3 });
});
