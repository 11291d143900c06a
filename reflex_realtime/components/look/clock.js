import { useSyncExternalStore } from "react";

const listeners = new Set();
let now = Date.now();
let timer;

function tick() {
  now = Date.now();
  listeners.forEach((listener) => listener());
}

/** One timer for everything on the page that shows time passing. */
function subscribe(listener) {
  listeners.add(listener);
  if (listeners.size === 1) {
    now = Date.now();
    timer = setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

const never = () => () => {};

/**
 * The present time in milliseconds, renewed each second while `ticks`; null until the page is in a
 * browser, so that a prerendered page says nothing that its first render would contradict.
 */
export function useNow(ticks) {
  return useSyncExternalStore(
    ticks ? subscribe : never,
    () => now,
    () => null,
  );
}

/** Whether the page is in a browser, where the visitor's clock and time zone are known. */
export function useIsInBrowser() {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
