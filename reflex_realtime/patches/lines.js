// Lists that only grow keep what was made of them: a list that a patch builds from another one stands
// in the same line, so that whoever reduces it goes on where the reduction of the other one ended.

const places = new WeakMap();

/**
 * Where a list stands in its line: `start` is how many items the line had lost before it.
 *
 * The line itself knows where its latest list ends, and keeps what was made of its lists.
 */
export const placeOf = (list) => {
  if (!places.has(list)) {
    places.set(list, { line: { end: list.length, kept: new Map() }, start: 0 });
  }
  return places.get(list);
};

/** The items of a list from an index on, and new ones behind them. */
export const grown = (list, from, items) => {
  const result = (from ? list.slice(from) : list).concat(items);
  const { line, start } = placeOf(list);
  // Of two lists that grow from the same one, the second begins a line of its own.
  if (start + list.length === line.end) {
    line.end += items.length;
    places.set(result, { line, start: start + from });
  }
  return result;
};
