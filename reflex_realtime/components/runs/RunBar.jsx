import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { axisOf, phasesOf, seenWaits, tickLabel } from "./timeline.js";
import "./timeline.css";

const MOST_TICKS = 6;
const TICK_MILLISECONDS = 250;

/** The phases of one run as a bar, above an axis. */
export function RunBar({ run, color, label, className = "", ...outermost }) {
  const waits = useSeenWaits(run);
  const start = run ? Date.parse(run.created_at) : 0;
  const end = run?.finished_at ? Date.parse(run.finished_at) : null;
  const [axis, grow] = useAxis(start, run ? end : 0, MOST_TICKS);
  const box = useRef(null);
  useNowLine(box, axis, Boolean(run) && end == null, grow);
  return (
    <div
      {...outermost}
      ref={box}
      className={`runs-timeline ${className}`}
      style={{ "--span": axis.span }}
      role="img"
      aria-label={label}
    >
      <div className="runs-timeline-track" data-size="2">
        <Phases phases={run ? phasesOf(run, waits) : []} start={start} color={color} />
      </div>
      <Ticks ticks={run ? axis.ticks : []} />
    </div>
  );
}

/** The stretches of a track. Where they end while they go on is said by the style above them. */
export function Phases({ phases, start, color }) {
  return phases.map(({ name, from, to }) => (
    <span
      key={`${name} ${from}`}
      className="runs-timeline-phase"
      data-phase={name}
      style={{
        "--color": `var(--${color}-9)`,
        "--from": from - start,
        ...(to != null && { "--to": to - start }),
      }}
    />
  ));
}

/** What the ticks of an axis are called. */
export function Ticks({ ticks }) {
  return (
    <div className="runs-timeline-ticks" aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick} style={{ "--at": tick }}>
          {tickLabel(tick)}
        </span>
      ))}
    </div>
  );
}

/**
 * The axis from a start to an end, or to a tick ahead of now where there is no end; and a function
 * that puts it further ahead.
 */
export function useAxis(start, end, most) {
  const [now, setNow] = useState(null);
  const last = end ?? Math.max(now ?? start, start);
  const axis = useMemo(() => axisOf(start, last, most), [start, last, most]);
  useLayoutEffect(() => {
    if (end == null) setNow(Date.now());
  }, [start, end]);
  return [axis, setNow];
}

/** Say what time it is in the style of an element, which costs no render of what is in it. */
export function useNowLine(box, { start, span }, isGoingOn, grow) {
  useLayoutEffect(() => {
    if (!isGoingOn) return;
    const tick = () => {
      const now = Date.now();
      box.current.style.setProperty("--now", Math.max(0, now - start));
      if (now >= start + span) grow(now);
    };
    tick();
    const timer = setInterval(tick, TICK_MILLISECONDS);
    return () => clearInterval(timer);
  }, [start, span, isGoingOn]);
}

/** The stretches in which this page has seen a run waiting. */
function useSeenWaits(run) {
  const seen = useRef({ id: null, waits: [] });
  return useMemo(() => {
    const { id, waits } = seen.current;
    if (run) seen.current = { id: run.id, waits: seenWaits(run.id === id ? waits : [], run) };
    return seen.current.waits;
  }, [run]);
}
