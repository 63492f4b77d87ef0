/** Tells when something of the fleet may have changed: now by the clock, while the page is seen. */

const EVERY_MS = 2_000;

/** @returns what ends it */
export function onChange(look: () => void): () => void {
  const tick = () => {
    if (document.visibilityState === 'visible') look();
  };
  const timer = setInterval(tick, EVERY_MS);
  document.addEventListener('visibilitychange', tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}
