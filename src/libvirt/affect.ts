/** Of which of an object's two descriptions a call speaks: that of the running one, or that of its next start. */

/** virDomainModificationImpact, and virNetworkUpdateFlags. `current`: the running one or, if it does not run, the definition. */
export const affectFlags = { current: 0, live: 1 << 0, config: 1 << 1 } as const;
