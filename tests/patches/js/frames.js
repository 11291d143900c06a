// Plays frames to pages. Reads a list of pages, each a list of steps, and prints for each what its
// vars were after each step, and for which steps the whole vars were asked for.
import { acceptPatches } from "../../../reflex_realtime/patches/patches.js";

const ROOT = "reflex___state____state";

const play = ({ initial, deltas }) => {
  const states = { [ROOT]: { is_hydrated_rx_state_: true }, page: initial };
  const store = {
    getSnapshot: (name) => states[name],
    mergeInitialState: () => {},
    dispatchers: Object.fromEntries(
      Object.keys(states).map((name) => [
        name,
        (delta) => (states[name] = { ...states[name], ...delta }),
      ]),
    ),
  };
  const asks = [];
  let step = 0;
  acceptPatches(store, () => asks.push(step));
  acceptPatches(store, () => asks.push(step));
  const shown = deltas.map((delta, index) => {
    step = index;
    store.dispatchers.page(delta);
    return states.page;
  });
  return { shown, asks };
};

console.log(JSON.stringify(JSON.parse(await Bun.stdin.text()).map(play)));
