/**
 * The user-data that a VM of a cloud with a metadata service is given: the user's own as it is, and beside it, as
 * parts of one MIME message (cloud-init, "User-data formats"), what the second card needs. On a real cloud that card
 * is configured by DHCP like the first; the WAN has none, and these services speak of their own network only.
 */
import { createHash } from 'node:crypto';
import type { Instance } from './instance.ts';

export function withWanCard(userData: string, wan: Instance['wan']): string {
  const boundary = `=-${createHash('sha256').update(userData).digest('hex').slice(0, 32)}`;
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    'MIME-Version: 1.0',
    '',
    ...[wanBoothook(wan), userData].map((content) => part(boundary, content)),
    `--${boundary}--`,
    '',
  ].join('\n');
}

/** As text/plain: cloud-init then goes by the first line, as it does with user-data that is no message. */
const part = (boundary: string, content: string): string =>
  [
    `--${boundary}`,
    'Content-Type: text/plain; charset="utf-8"',
    'MIME-Version: 1.0',
    'Content-Transfer-Encoding: base64',
    '',
    ...(Buffer.from(content)
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
    '',
  ].join('\n');

/** cloud-init runs a boothook as soon as it has read it, on each boot: before D-Bus, without which networkctl can do nothing. */
const wanBoothook = ({ mac, address, prefixLength }: Instance['wan']): string => `#cloud-boothook
#!/bin/sh
set -e
file=/etc/systemd/network/05-wan.network
[ -e $file ] && exit 0
cat >$file <<END
[Match]
MACAddress=${mac}

[Network]
Address=${address}/${prefixLength}
LinkLocalAddressing=ipv6
END
systemctl reload-or-restart systemd-networkd.service
`;
