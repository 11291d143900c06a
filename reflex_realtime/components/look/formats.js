export const NOTHING = "\u2013";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const pad = (number) => String(Math.floor(number)).padStart(2, "0");

/** `840 ms`, `12.3 s`, `2 min 05 s`, `1 h 02 min`, `3 d 04 h`; a dash for no number. */
export function formatDuration(milliseconds) {
  if (milliseconds == null || Number.isNaN(milliseconds)) return NOTHING;
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE) return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)} s`;
  return formatWholeSeconds(milliseconds);
}

/** The same without fractions, for a duration that is still growing: `12 s`. */
export function formatWholeSeconds(milliseconds) {
  if (milliseconds == null || Number.isNaN(milliseconds)) return NOTHING;
  const part = (unit, of) => pad((milliseconds % of) / unit);
  if (milliseconds < MINUTE) return `${Math.floor(milliseconds / SECOND)} s`;
  if (milliseconds < HOUR) {
    return `${Math.floor(milliseconds / MINUTE)} min ${part(SECOND, MINUTE)} s`;
  }
  if (milliseconds < DAY) return `${Math.floor(milliseconds / HOUR)} h ${part(MINUTE, HOUR)} min`;
  return `${Math.floor(milliseconds / DAY)} d ${part(HOUR, DAY)} h`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DAY_AND_CLOCK = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long" });

/** A point in time as the visitor's clock shows it: `14:05:09`, on another day `2 Jan, 14:05`. */
export function formatTime(moment) {
  if (moment == null) return NOTHING;
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? CLOCK : DAY_AND_CLOCK).format(date);
}

/** A point in time with its day and time zone. */
export const formatExactTime = (moment) => EXACT.format(new Date(moment));

const LINE = 300;

/** JSON in one line, as much of it as a line may hold; a text without its quotes. */
export function formatJson(value) {
  if (value == null) return NOTHING;
  if (typeof value === "string") return value.slice(0, LINE);
  let text = "";
  const writeAll = (entries, write) => {
    let isFirst = true;
    for (const entry of entries) {
      if (text.length > LINE) return;
      if (!isFirst) text += ", ";
      isFirst = false;
      write(entry);
    }
  };
  const write = (part) => {
    if (Array.isArray(part)) {
      text += "[";
      writeAll(part, write);
      text += "]";
    } else if (typeof part === "object" && part !== null) {
      text += "{";
      writeAll(Object.keys(part), (key) => {
        text += `${key}: `;
        write(part[key]);
      });
      text += "}";
    } else {
      text += JSON.stringify(typeof part === "string" ? part.slice(0, LINE) : part);
    }
  };
  write(value);
  return text.slice(0, LINE);
}
