import { useContext } from "react";
import { StateStoreContext, addEvents } from "$/utils/context";
import { ReflexEvent } from "$/utils/state";
import { acceptPatches } from "./patches.js";

/** Stands between Reflex's store and its socket, so that patches are merged before they arrive. */
export function RealtimePatches({ children }) {
  const store = useContext(StateStoreContext);
  acceptPatches(store, (state) => addEvents([ReflexEvent(`${state}.send_whole`)]));
  return children;
}
