import test from 'ava';
import { readSshConfig } from '../../infra/vagrant/enrol.ts';

/** As Vagrant 2.3.4 prints it for two machines. */
const printed = `Host alpha1
  HostName 192.168.121.35
  User vagrant
  Port 22
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile /home/someone/.cache/blanket/vagrant/key
  IdentitiesOnly yes
  LogLevel FATAL

Host beta1
  HostName 192.168.121.136
  User vagrant
  Port 2222
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no

`;

test('each machine is where its own section says', (t) => {
  t.deepEqual(readSshConfig(printed, ['alpha1', 'beta1']), {
    alpha1: { host: '192.168.121.35', port: 22 },
    beta1: { host: '192.168.121.136', port: 2222 },
  });
});

test('a machine that is not up is named', (t) => {
  const beginning = printed.slice(0, printed.indexOf('Host beta1'));
  t.throws(() => readSshConfig(beginning, ['alpha1', 'beta1']), { message: /where beta1 is/ });
});

test('a machine whose name begins like another one is not taken for it', (t) => {
  t.throws(() => readSshConfig(printed.replaceAll('beta1', 'beta10'), ['beta1']), { message: /beta1/ });
});
