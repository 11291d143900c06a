// What is made of a list of parts, step by step: when the list has grown, only of its new parts.
import { grown, placeOf } from "$/public/external/reflex_realtime/patches/browser/lines.js";

/**
 * What a reduction makes of a list.
 *
 * @param list The list. Where it grew from another one, the reduction goes on from there.
 * @param name Which reduction it is, its arguments included.
 * @param steps `begin()` makes the value of nothing; `append(value, list, from, start)` adds the
 *   items from an index on, where `start` is how many items the list's line had lost before it;
 *   `lose(value, start)` takes out those, and without it the reduction begins anew.
 */
export const reduced = (list, name, { begin, append, lose }) => {
  const { line, start } = placeOf(list);
  const end = start + list.length;
  const kept = line.kept.get(name);
  // A list that has grown meanwhile leaves what was made of its successor alone.
  if (kept && (kept.end > end || kept.start > start)) return append(begin(), list, 0, start);
  const goesOn = kept && kept.end >= start && (kept.start === start || lose);
  let value = goesOn ? kept.value : begin();
  if (goesOn && kept.start < start) value = lose(value, start);
  const from = goesOn ? kept.end - start : 0;
  if (from < list.length) value = append(value, list, from, start);
  line.kept.set(name, { start, end, value });
  return value;
};

const textOf = (part, key) => (key == null ? part : part?.[key]) ?? "";

/** The parts of a list, or the texts that they have under a key, as one text. */
export const joinedText = (list, key) =>
  reduced(list ?? [], `text ${key}`, {
    begin: () => "",
    append: (text, parts, from) => {
      const added = parts.slice(from);
      return text + added.map((part) => textOf(part, key)).join("");
    },
  });

/** Those objects of a list that have a type under a key. */
export const partsOfType = (list, types, key) =>
  reduced(list ?? [], `type ${key} ${JSON.stringify(types)}`, {
    begin: () => [],
    append: (found, parts, from) => {
      const wanted = [].concat(types);
      const added = parts.slice(from).filter((part) => wanted.includes(part?.[key]));
      return added.length ? grown(found, 0, added) : found;
    },
  });
