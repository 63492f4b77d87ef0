/** Of clouds, networks and images: what is new, what has changed, what is gone. */
import type { CloudRecord, ImageRecord, NetworkRecord } from '../store/records.ts';
import { differences } from './differences.ts';
import type { NewEvent } from './event.ts';
import { shownCloud, shownImage, shownNetwork } from './shown.ts';

/** Not also what changed of a cloud's settings, which may be secret. */
export function cloudEvents(before: CloudRecord | undefined, after: CloudRecord | undefined): NewEvent[] {
  const cloud = (after ?? before)?.name;
  if (cloud === undefined) return [];
  const about = { cloud, hosts: [], clouds: [cloud] };
  if (after === undefined) return [{ kind: 'cloud.removed', ...about }];
  const values = differences(before && shownCloud(before), shownCloud(after));
  return [{ kind: before === undefined ? 'cloud.created' : 'cloud.changed', ...about, values }];
}

export function networkEvents(
  before: NetworkRecord | undefined,
  after: NetworkRecord | undefined,
): NewEvent[] {
  const network = (after ?? before)?.name;
  if (network === undefined) return [];
  const about = { network, hosts: [], clouds: [] };
  if (after === undefined) return [{ kind: 'network.removed', ...about }];
  const values = differences(before && shownNetwork(before), shownNetwork(after));
  if (before === undefined) return [{ kind: 'network.created', ...about, values }];
  return Object.keys(values).length === 0 ? [] : [{ kind: 'network.changed', ...about, values }];
}

export function imageEvents(before: ImageRecord | undefined, after: ImageRecord | undefined): NewEvent[] {
  const image = (after ?? before)?.name;
  if (image === undefined) return [];
  const about = { image, hosts: [], clouds: [] };
  if (after === undefined) return [{ kind: 'image.removed', ...about }];
  const values = differences(before && shownImage(before), shownImage(after));
  if (before === undefined) return [{ kind: 'image.created', ...about, values }];
  return Object.keys(values).length === 0 ? [] : [{ kind: 'image.changed', ...about, values }];
}
