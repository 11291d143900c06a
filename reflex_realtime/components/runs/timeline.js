// Where the spans of runs lie in time: what can be said without a page.

const time = (moment) => (moment == null ? null : Date.parse(moment));

/**
 * The phases of a run, each from one moment to the next; the last one of a run that goes on has no
 * end. `waits` are the stretches in which the run was seen waiting.
 */
export const phasesOf = (run, waits = []) => {
  const created = time(run.created_at);
  const queued = time(run.delayed_until ?? run.queued_at) ?? created;
  const started = time(run.started_at);
  const finished = time(run.finished_at);
  const phases = [];
  const add = (name, from, to) => {
    if (to == null || to > from) phases.push({ name, from, to });
  };
  if (queued > created) add("delayed", created, queued);
  add("queued", Math.max(created, queued), started ?? finished);
  if (started == null) return phases;
  let from = started;
  for (const wait of waits) {
    const to = wait.to ?? finished;
    if (wait.from < from) continue;
    add("executing", from, wait.from);
    add("waiting", wait.from, to);
    if (to == null) return phases;
    from = to;
  }
  add("executing", from, finished);
  return phases;
};

/** The stretches in which a run has been seen waiting, after another look at it. */
export const seenWaits = (waits, run) => {
  const last = waits.at(-1);
  const isOpen = last && last.to == null;
  const now = time(run.updated_at);
  if (run.status === "WAITING") return isOpen ? waits : [...waits, { from: now, to: null }];
  return isOpen ? [...waits.slice(0, -1), { from: last.from, to: time(run.finished_at) ?? now }] : waits;
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28].map((n) => n * DAY),
];

/** The least round step of which no more than so many fit into a time. */
export const stepOf = (milliseconds, most) =>
  STEPS.find((step) => milliseconds / step <= most) ?? Math.ceil(milliseconds / most / DAY) * DAY;

/** What a time is called that lies so far from the start: `0`, `30 s`, `1 min 30 s`, `2 h`. */
export const tickLabel = (milliseconds) => {
  if (milliseconds === 0) return "0";
  if (milliseconds < SECOND) return `${milliseconds} ms`;
  const units = [
    [Math.floor(milliseconds / DAY), "d"],
    [Math.floor((milliseconds % DAY) / HOUR), "h"],
    [Math.floor((milliseconds % HOUR) / MINUTE), "min"],
    [(milliseconds % MINUTE) / SECOND, "s"],
  ];
  return units
    .filter(([count]) => count)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
};

/**
 * The axis beneath spans: it begins with the first, and ends at the next tick behind the last
 * moment, so that it does not move while time passes until that tick is reached.
 */
export const axisOf = (start, last, most) => {
  const step = stepOf(Math.max(last - start, 1), most);
  const span = (Math.floor((last - start) / step) + 1) * step;
  const ticks = Array.from({ length: span / step + 1 }, (_, index) => index * step);
  return { start, span, ticks };
};

const times = new WeakMap();

/** When a run was created and finished; read once of each object, as most stay the same. */
const timesOf = (run) => {
  if (!times.has(run)) {
    times.set(run, { created: time(run.created_at), finished: time(run.finished_at) });
  }
  return times.get(run);
};

/** When the first run was created, and when the last one ended; null where one goes on. */
export const boundsOf = (runs) => {
  let start = Infinity;
  let end = -Infinity;
  for (const run of runs) {
    const { created, finished } = timesOf(run);
    start = Math.min(start, created);
    end = Math.max(end, finished ?? Infinity);
  }
  return { start, end: end === Infinity ? null : end };
};
