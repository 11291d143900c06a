// Merges what the server says has changed in a state's vars into what the page has of them, before
// Reflex sees it: whoever uses the vars finds them whole. The language is described in `patch.py`.
import { grown } from "./lines.js";

const MARK = "_rx_state_";
const REVISION = "realtime_revision" + MARK;
const ROOT = "reflex___state____state";

const put = (object, key, value) =>
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });

const patchObject = (object, changes, deleted = []) => {
  const result = { ...object };
  deleted.forEach((key) => delete result[key]);
  Object.entries(changes).forEach(([key, patch]) => put(result, key, patched(object[key], patch)));
  return result;
};

const split = ({ t, n }) => {
  const ends = typeof n === "number" ? Array(t.length / n).fill(n) : n;
  let end = 0;
  return ends.map((length) => t.slice(end, (end += length)));
};

const newItems = (piece) => (Array.isArray(piece) ? piece : split(piece));

const pieced = (list, pieces) =>
  [].concat(
    ...pieces.map((piece, i) => (i % 2 ? newItems(piece) : list.slice(piece[0], piece[1]))),
  );

const hasGrown = (list, pieces, changes) =>
  pieces?.length < 3 && pieces[0][1] === list.length && !changes.length;

const patchList = (list, pieces, changes = []) => {
  if (hasGrown(list, pieces, changes)) return grown(list, pieces[0][0], newItems(pieces[1] ?? []));
  const result = pieces ? pieced(list, pieces) : list.slice();
  changes.forEach(([index, patch]) => (result[index] = patched(result[index], patch)));
  return result;
};

/** A value with a patch applied. The value stays as it is; what did not change is shared. */
export const patched = (value, patch) => {
  if ("v" in patch) return patch.v;
  if ("o" in patch) return patchObject(value, patch.o, patch.d);
  return patchList(value, patch.l, patch.c);
};

/** The whole vars that a delta makes of those that a page has; null where it does not fit them. */
const patchedVars = (known, [from, , patches]) => {
  if (known[REVISION] !== from) return null;
  const vars = {};
  try {
    for (const name in patches) vars[name + MARK] = patched(known[name + MARK], patches[name]);
  } catch {
    return null;
  }
  return vars;
};

const withoutPatches = ({ [REVISION]: _, ...delta }) => delta;

/**
 * Merge patches from now on, in all states of a store that have any.
 *
 * A patch that does not fit what the page has is left out, and the whole vars are asked for, once
 * until they have come. Before the page is hydrated they come anyway.
 */
export const acceptPatches = (store, ask) => {
  const { dispatchers, mergeInitialState } = store;
  if (mergeInitialState && !mergeInitialState.acceptsPatches) {
    // States that a hot reload brings.
    store.mergeInitialState = (initialState) => {
      mergeInitialState(initialState);
      acceptPatches(store, ask);
    };
    store.mergeInitialState.acceptsPatches = true;
  }
  for (const state in dispatchers) {
    const dispatch = dispatchers[state];
    if (dispatch.acceptsPatches || !(REVISION in (store.getSnapshot(state) ?? {}))) continue;
    let asked = false;
    dispatchers[state] = (delta) => {
      if (typeof delta[REVISION] !== "object") {
        asked &&= !(REVISION in delta);
        return dispatch(delta);
      }
      const vars = patchedVars(store.getSnapshot(state), delta[REVISION]);
      if (vars) {
        // Of a var that a delta has, Reflex makes a copy item by item. The revision lets it make a
        // new state, into which the vars are put as they are, before anybody has looked at it.
        dispatch({ ...delta, [REVISION]: delta[REVISION][1] });
        Object.assign(store.getSnapshot(state), vars);
        return;
      }
      dispatch(withoutPatches(delta));
      if (!asked && store.getSnapshot(ROOT)?.["is_hydrated" + MARK]) {
        asked = true;
        ask(state);
      }
    };
    dispatchers[state].acceptsPatches = true;
  }
};
