import { useRef } from "react";
import { useIsInBrowser, useNow } from "./clock.js";
import {
  NOTHING,
  formatDuration,
  formatExactTime,
  formatTime,
  formatWholeSeconds,
} from "./formats.js";

/** A point in time on the visitor's clock. */
export function LocalTime({ moment, ...props }) {
  const shown = useIsInBrowser() && moment != null;
  return (
    <time
      dateTime={moment ?? undefined}
      title={shown ? formatExactTime(moment) : undefined}
      {...props}
    >
      {shown ? formatTime(moment) : NOTHING}
    </time>
  );
}

/** How long something took, or has been going on. */
export function Elapsed({ since, until, ...props }) {
  const isGoingOn = since != null && until == null;
  const now = useNow(isGoingOn);
  const start = Date.parse(since);
  let text = NOTHING;
  if (since != null && until != null) text = formatDuration(Date.parse(until) - start);
  if (isGoingOn && now != null) text = formatWholeSeconds(Math.max(0, now - start));
  return <span {...props}>{text}</span>;
}

/**
 * How long something will take yet. The seconds count from the moment that `since` names when
 * they are first seen, and go on counting while they stay the same.
 */
export function Countdown({ seconds, since, ...props }) {
  const isKnown = Number.isFinite(seconds);
  const now = useNow(isKnown);
  const seen = useRef(null);
  if (isKnown && now != null && seen.current?.seconds !== seconds) {
    seen.current = { seconds, at: since == null ? Date.now() : Date.parse(since) };
  }
  let text = NOTHING;
  if (isKnown && now != null) {
    const passed = Math.max(0, now - seen.current.at);
    text = formatWholeSeconds(Math.max(0, Math.ceil(seconds - passed / 1000) * 1000));
  }
  return <span {...props}>{text}</span>;
}
