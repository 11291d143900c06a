// Which runs of a set are shown, in which order: what can be said without a page.

/** How long a run has been executing, in milliseconds; null before it has begun. */
export const lasted = ({ started_at, finished_at }, now) =>
  started_at ? (finished_at ? Date.parse(finished_at) : now) - Date.parse(started_at) : null;

/** Each status by the group that it belongs to, and how far along it is. */
export const placesOf = (groups) =>
  Object.fromEntries(
    groups.flatMap(({ statuses }, group) =>
      statuses.map((status, place) => [status, { group, rank: group + place / 100 }]),
    ),
  );

/** How many runs there are in each group. */
export const countsOf = (runs, places, groups) => {
  const counts = groups.map(() => 0);
  for (const run of runs) counts[places[run.status]?.group] += 1;
  return counts;
};

const texts = new WeakMap();

const textOf = (run) => {
  if (!texts.has(run)) {
    texts.set(run, [run.id, run.task_identifier, ...run.tags].join("\n").toLowerCase());
  }
  return texts.get(run);
};

/** The runs of some groups (none: of all) in whose id, task or tags a text is found. */
export const filtered = (runs, places, chosen, text) => {
  const wanted = text.trim().toLowerCase();
  if (!chosen.length && !wanted) return runs;
  return runs.filter(
    (run) =>
      (!chosen.length || chosen.includes(places[run.status]?.group)) &&
      (!wanted || textOf(run).includes(wanted)),
  );
};

const fieldOf = (by) => {
  const names = by.split(".");
  const value = (run) => names.reduce((whole, name) => whole?.[name], run);
  // Times with and without a fraction of a second compare only without their zone.
  return by.endsWith("_at") ? (run) => value(run)?.slice(0, -1) : value;
};

const keyOf = (by, places) => {
  if (by === "status") return (run) => places[run.status]?.rank;
  if (by === "duration") {
    const now = Date.now();
    return (run) => lasted(run, now);
  }
  return fieldOf(by);
};

const ordered = (runs, key, descending) => {
  const sign = descending ? -1 : 1;
  return runs
    .map((run) => [key(run), run])
    .sort(([x], [y]) => (x == null) - (y == null) || sign * ((x > y) - (x < y)))
    .map(([, run]) => run);
};

/** The runs by a field, those that have none last; where it is the same they stay as they are. */
export const sortedBy = (runs, field, descending) => ordered(runs, fieldOf(field), descending);

/** The same for a column, where a status counts by how far along it is. */
export const sorted = (runs, places, { by, descending }) =>
  by ? ordered(runs, keyOf(by, places), descending) : runs;

/** By how many places what a reader looks at has moved. */
export const shift = (before, after, first, last) => {
  for (let index = first; index < Math.min(last, before.length); index++) {
    if (after[index] === before[index]) return 0;
    const place = after.indexOf(before[index]);
    if (place >= 0) return place - index;
  }
  return 0;
};

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** The row that a key leads to; null where it leads nowhere. */
export const rowAfter = (key, index, count, page) => {
  const steps = { ...STEPS, PageDown: page, PageUp: -page, Home: -count, End: count };
  if (!(key in steps) || !count) return null;
  return Math.max(0, Math.min(count - 1, index + steps[key]));
};
