/** The metadata services, one line each. */
import { aws } from './aws.ts';
import { azure } from './azure.ts';
import { gce } from './gce.ts';
import type { MetadataKind, Situation } from './instance.ts';
import type { MetadataRequest, MetadataResponse, Wait } from './message.ts';
import { openstack } from './openstack.ts';

export type Service = (request: MetadataRequest, situation: Situation) => MetadataResponse | Wait;

export const services: Readonly<Record<MetadataKind, Service>> = { aws, azure, gce, openstack };
