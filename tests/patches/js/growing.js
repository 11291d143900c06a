// Lets a list grow in a store that copies what it is given, as Reflex's does, and prints how many
// lines the lists that pages saw stand in.
import { placeOf } from "../../../reflex_realtime/patches/lines.js";
import { acceptPatches } from "../../../reflex_realtime/patches/patches.js";

const REVISION = "realtime_revision_rx_state_";

const states = { page: { [REVISION]: "0", list_rx_state_: [] } };
const store = {
  getSnapshot: (name) => states[name],
  dispatchers: {
    page: (delta) => (states.page = { ...states.page, ...structuredClone(delta) }),
  },
};
acceptPatches(store, () => {
  throw new Error("a gap");
});
const lines = new Set();
for (let length = 0; length < 5; length++) {
  const patch = { l: [[0, length], [length]] };
  const revision = [String(length), String(length + 1), { list: patch }];
  store.dispatchers.page({ [REVISION]: revision });
  lines.add(placeOf(states.page.list_rx_state_).line);
}
console.log(JSON.stringify([lines.size, states.page.list_rx_state_]));
