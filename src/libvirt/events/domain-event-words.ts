/** The words for the numbers in a domain's events (enums of libvirt-domain.h, named in the comments). */

type Word<W extends readonly string[]> = W[number] | 'unknown';

/** virDomainEventWatchdogAction. */
export const watchdogActions = [
  'none',
  'pause',
  'reset',
  'poweroff',
  'shutdown',
  'debug',
  'inject-nmi',
] as const;
export type WatchdogAction = Word<typeof watchdogActions>;

/** virDomainEventIOErrorAction. */
export const ioErrorActions = ['none', 'pause', 'report'] as const;
export type IoErrorAction = Word<typeof ioErrorActions>;

/** virDomainEventGraphicsPhase. */
export const graphicsPhases = ['connect', 'initialize', 'disconnect'] as const;
export type GraphicsPhase = Word<typeof graphicsPhases>;

/** virDomainEventGraphicsAddressType. */
const graphicsFamilies = ['ipv4', 'ipv6', 'unix'] as const;
export type GraphicsEndpoint = { family: Word<typeof graphicsFamilies>; node: string; service: string };

export const toEndpoint = (wire: { family: number; node: string; service: string }): GraphicsEndpoint => ({
  ...wire,
  family: graphicsFamilies[wire.family] ?? 'unknown',
});

/** virConnectDomainEventDiskChangeReason. */
export const diskChangeReasons = ['changed-missing-on-start', 'dropped-missing-on-start'] as const;
export type DiskChangeReason = Word<typeof diskChangeReasons>;

/** virDomainEventTrayChangeReason. */
export const trayStates = ['open', 'closed'] as const;
export type TrayState = Word<typeof trayStates>;

/** virDomainBlockJobType and virConnectDomainEventBlockJobStatus. */
export const blockJobTypes = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'] as const;
export type BlockJobType = Word<typeof blockJobTypes>;
export const blockJobStatuses = ['completed', 'failed', 'canceled', 'ready'] as const;
export type BlockJobStatus = Word<typeof blockJobStatuses>;

/** virConnectDomainEventAgentLifecycleState and …Reason. */
export const agentStates = ['unknown', 'connected', 'disconnected'] as const;
export type AgentState = Word<typeof agentStates>;
export const agentReasons = ['unknown', 'domain-started', 'channel'] as const;
export type AgentReason = Word<typeof agentReasons>;

/** virDomainMetadataType. */
export const metadataTypes = ['description', 'title', 'element'] as const;
export type MetadataType = Word<typeof metadataTypes>;
