// What is known of runs taken together, in the words of a state that follows a set.

/** How many runs have each status. */
export const countsOf = (runs) => {
  const counts = {};
  for (const { status } of runs ?? []) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** In how many seconds all will have ended if the others take as long as those that have. */
export const secondsLeft = (runs) => {
  const ends = (runs ?? []).flatMap((run) => (run.finished_at ? [Date.parse(run.finished_at)] : []));
  if (!ends.length) return null;
  const started = runs.reduce((least, run) => Math.min(least, Date.parse(run.created_at)), Infinity);
  const passed = ends.reduce((most, end) => Math.max(most, end), 0) - started;
  return Math.max(0, Math.round((passed / ends.length / 1000) * (runs.length - ends.length)));
};
