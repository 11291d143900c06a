// The lines of a log: of which level each is, how many there are of each, and which are shown.
import { placeOf } from "$/public/external/reflex_realtime/patches/browser/lines.js";
import { reduced } from "./reductions.js";

export const LEVELS = ["debug", "info", "warning", "error"];

const NAMES = {
  ...{ trace: "debug", verbose: "debug", debug: "debug" },
  ...{ info: "info", log: "info", notice: "info" },
  ...{ warn: "warning", warning: "warning" },
  ...{ error: "error", err: "error", fatal: "error", critical: "error", alert: "error" },
};

/** The level of a line: one of `LEVELS`; undefined where it has none, or one that is not known. */
export const levelOf = (line, key) => NAMES[String(line?.[key]).toLowerCase()];

/** The year 5138 in seconds, a day of 1973 in milliseconds: what is less is in seconds. */
const MILLISECONDS = 1e11;

/** A point in time: ISO 8601, or seconds or milliseconds since 1970. */
export const dateOf = (moment) => {
  if (typeof moment !== "number") return new Date(moment);
  return new Date(moment < MILLISECONDS ? moment * 1000 : moment);
};

/** How many lines there are of each level. */
export const levelCounts = (list, key) =>
  reduced(list, `counts ${key}`, {
    begin: () => ({ counts: {}, levels: [], first: 0, lost: 0 }),
    append: (value, lines, from, start) => {
      if (!value.levels.length) value.first = start + from;
      for (let i = from; i < lines.length; i++) {
        const level = levelOf(lines[i], key);
        value.levels.push(level);
        value.counts[level] = (value.counts[level] ?? 0) + 1;
      }
      return value;
    },
    lose: (value, start) => {
      while (value.first < start) {
        value.counts[value.levels[value.lost]]--;
        value.first++;
        value.lost++;
      }
      return compact(value, "levels");
    },
  }).counts;

/**
 * The lines of which no level is hidden: how many there are, each by its index, and what names it as
 * long as it is there.
 *
 * @param hidden The levels that are hidden.
 */
export const shownLines = (list, key, hidden) => {
  const { start } = placeOf(list);
  const { count, keyAt } = hidden.length ? filtered(list, key, hidden) : unfiltered(list, start);
  return { count, keyAt, lineAt: (i) => list[keyAt(i) - start] };
};

const unfiltered = (list, start) => ({ count: list.length, keyAt: (i) => start + i });

const filtered = (list, key, hidden) => {
  const { places, lost } = reduced(list, `shown ${key} ${hidden}`, {
    begin: () => ({ places: [], lost: 0 }),
    append: (value, lines, from, start) => {
      for (let i = from; i < lines.length; i++) {
        if (!hidden.includes(levelOf(lines[i], key))) value.places.push(start + i);
      }
      return value;
    },
    lose: (value, start) => {
      while (value.places[value.lost] < start) value.lost++;
      return compact(value, "places");
    },
  });
  return { count: places.length - lost, keyAt: (i) => places[lost + i] };
};

/** Forget the lost items at the start of a list once they are the greater part of it. */
const compact = (value, name) => {
  if (value.lost * 2 > value[name].length) {
    value[name] = value[name].slice(value.lost);
    value.lost = 0;
  }
  return value;
};
