/** An instance, and requests to its service, as the tests of all services have them. */
import type { Instance, MetadataKind, Notice, Situation } from '../../infra/metadata/instance.ts';
import type { MetadataRequest, MetadataResponse, Wait } from '../../infra/metadata/message.ts';
import { services } from '../../infra/metadata/services.ts';

export const now = new Date('2026-11-22T10:00:00Z');

export const instance: Instance = {
  version: 1,
  kind: 'aws',
  id: 'ec2289d1-96e5-4c1a-8d6c-0f3a5b7c9d01',
  name: 'h1',
  userData: '#cloud-config\nusers: [{name: ä}]\n',
  vcpus: 2,
  memoryMiB: 1536,
  diskGiB: 8,
  uplink: { mac: '02:00:00:00:00:01', address: '169.254.0.15', prefixLength: 16 },
  wan: { mac: '02:00:00:00:00:02', address: '198.18.0.7', prefixLength: 15 },
  launchedAt: '2026-11-22T09:58:00.000Z',
  secret: '5a'.repeat(32),
};

export const noticeOf = (kind: Notice['kind']): Notice => ({
  kind,
  id: '0f6b2a94-77a2-4b7e-9f0e-3c1d7f2f9a10',
  announcedAt: '2026-11-22T10:00:01.000Z',
  at: '2026-11-22T10:02:00.000Z',
  acknowledged: false,
});

export type Asked = {
  method?: string;
  /** As a client writes it, with its query. */
  target: string;
  headers?: Record<string, string>;
  body?: string;
};

export const requestOf = ({ method = 'GET', target, headers = {}, body = '' }: Asked): MetadataRequest => {
  const url = new URL(target, 'http://169.254.169.254');
  return { method, path: decodeURIComponent(url.pathname), query: url.searchParams, headers, body };
};

export const ask = (kind: MetadataKind, asked: Asked, situation: Partial<Situation> = {}) =>
  services[kind](requestOf(asked), { instance, notice: undefined, now, ...situation });

/** The answer of a service that has one at once. */
export function answer(
  kind: MetadataKind,
  asked: Asked,
  situation: Partial<Situation> = {},
): MetadataResponse {
  const given: MetadataResponse | Wait = ask(kind, asked, situation);
  if ('waitMs' in given) throw new Error(`${asked.target} is made to wait`);
  return given;
}
