import { useContext, useEffect, useState, useSyncExternalStore } from "react";
import { EventLoopContext } from "$/utils/context";
import { useNow } from "$/public/external/reflex_realtime/components/look/formats/clock.js";
import { formatWholeSeconds } from "$/public/external/reflex_realtime/components/look/formats/formats.js";

const BLIP_MS = 800;
const PASSING = ["connecting", "reconnecting", "offline"];
const STALE = ["reconnecting", "offline"];

/**
 * How a subscription is doing, as far as the page knows: the server cannot tell it that it cannot
 * be reached. The children are the badges of `statuses`, and what is said beside some of them.
 */
export function ConnectionStatus({ status, statuses, children, ...props }) {
  const actual = useIsCutOff() ? "offline" : status;
  const shown = useSettled(actual);
  const since = useSince(actual);
  return (
    <div {...props}>
      <span role="status" aria-label="Connection">
        {children[Math.max(0, statuses.indexOf(shown))]}
      </span>
      {STALE.includes(shown) && <Stale since={since} />}
      {children[statuses.length]}
    </div>
  );
}

/** Beside the live region, not in it: it would be read aloud every second. */
function Stale({ since }) {
  const now = useNow(true);
  const passed = since == null || now == null ? 0 : Math.max(0, now - since);
  return <span className="stale">{`stale for ${formatWholeSeconds(passed)}`}</span>;
}

/** Whether the page's own socket is down, or the browser has no network. */
function useIsCutOff() {
  const [, connectErrors] = useContext(EventLoopContext) ?? [null, []];
  const isOnline = useSyncExternalStore(
    subscribeToNetwork,
    () => navigator.onLine,
    () => true,
  );
  return !isOnline || connectErrors?.length > 0;
}

function subscribeToNetwork(listener) {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** The status, without those that pass by in a blink. */
function useSettled(status) {
  const [shown, setShown] = useState(status);
  const isPassing = PASSING.includes(status);
  useEffect(() => {
    if (!isPassing) {
      setShown(status);
      return;
    }
    const timer = setTimeout(() => setShown(status), BLIP_MS);
    return () => clearTimeout(timer);
  }, [status, isPassing]);
  return isPassing ? shown : status;
}

/** Since when the page has shown what may be outdated; null while it is not. */
function useSince(status) {
  const [since, setSince] = useState(null);
  const isStale = STALE.includes(status);
  useEffect(() => setSince(isStale ? Date.now() : null), [isStale]);
  return since;
}
