/** Blanket's own version, as every part of it reports it. */
export const version = '0.1.0';
