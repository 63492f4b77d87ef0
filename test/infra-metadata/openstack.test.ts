import test from 'ava';
import { answer, instance } from './situation.ts';

const get = (target: string) => answer('openstack', { target });

const refusals: [target: string, status: number][] = [
  ['/openstack/2011-01-01/meta_data.json', 404],
  ['/openstack/latest/meta_data', 404],
  ['/openstack/latest/toString', 404],
  ['/openstacks/latest/meta_data.json', 404],
  ['/latest/meta-data/hostnames', 404],
  ['/2021-03-23/meta-data/', 404],
];
for (const [target, status] of refusals) {
  test(`${target} is answered with ${status}`, (t) => t.is(get(target).status, status));
}

test('nothing can be written', (t) => {
  for (const method of ['PUT', 'POST', 'DELETE']) {
    t.is(answer('openstack', { method, target: '/openstack/latest/meta_data.json' }).status, 405);
  }
});

test('versions and files are listed line by line', (t) => {
  t.regex(get('/openstack').body, /^2012-08-10\n.*\nlatest$/s);
  t.is(get('/openstack/').body, get('/openstack').body);
  t.is(
    get('/openstack/latest/').body,
    'meta_data.json\nnetwork_data.json\nuser_data\nvendor_data.json\nvendor_data2.json',
  );
});

test('the files tell of this instance', (t) => {
  t.like(JSON.parse(get('/openstack/latest/meta_data.json').body), { uuid: instance.id, hostname: 'h1' });
  t.is(get('/openstack/2018-08-27/user_data').body, instance.userData ?? '');
  const { networks } = JSON.parse(get('/openstack/latest/network_data.json').body);
  t.like(networks[1], { link: 'wan', ip_address: '198.18.0.7', netmask: '255.254.0.0' });
  t.is(get('/openstack/latest/vendor_data.json').headers['content-type'], 'application/json');
});

test('without user-data there is no such file', (t) => {
  const { userData: _given, ...bare } = instance;
  const target = '/openstack/latest/user_data';
  t.is(answer('openstack', { target }, { instance: bare }).status, 404);
});

test('EC2’s tree is there too, without tokens', (t) => {
  t.is(get('/latest/').body, 'meta-data/\nuser-data');
  t.is(get('/2009-04-04/meta-data/instance-id').body, 'i-ec2289d1');
  t.is(get('/latest/meta-data/placement/availability-zone').body, 'nova');
});
