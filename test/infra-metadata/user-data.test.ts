import test from 'ava';
import { withWanCard } from '../../infra/metadata/user-data.ts';
import { instance } from './situation.ts';

/** The parts of a message, decoded. */
function partsOf(message: string): string[] {
  const boundary = /^Content-Type: multipart\/mixed; boundary="([^"]+)"\n/.exec(message)?.[1] ?? '';
  const [, ...parts] = message.split(`--${boundary}`);
  return parts
    .slice(0, -1)
    .map((part) => Buffer.from(part.slice(part.indexOf('\n\n') + 2), 'base64').toString());
}

const given = ['#cloud-config\nusers: []\n', '#!/bin/sh\r\necho ä\n', 'x'.repeat(20_000), '--=-\n', ''];
for (const userData of given) {
  test(`user-data of ${userData.length} characters stays as it is`, (t) => {
    const message = withWanCard(userData, instance.wan);
    const [boothook = '', own, ...more] = partsOf(message);
    t.is(own, userData);
    t.deepEqual(more, []);
    t.true(boothook.startsWith('#cloud-boothook\n'));
    t.true(boothook.includes('MACAddress=02:00:00:00:00:02\n'));
    t.true(boothook.includes('Address=198.18.0.7/15\n'));
    t.true(message.split('\n').every((line) => line.length <= 90));
  });
}
