/** Of which of a domain's two descriptions a call speaks: the running one or the one of its next start. */

/** virDomainModificationImpact. `current` is the running domain or, of one that does not run, the definition. */
export const affectFlags = { current: 0, live: 1 << 0, config: 1 << 1 } as const;
