// Lets bun find what a page imports from among an app's assets, where the package has it.
import { plugin } from "bun";

const PACKAGE = new URL("../../../reflex_realtime/", import.meta.url).pathname;

plugin({
  name: "assets",
  setup: (build) =>
    build.onResolve({ filter: /^\$\/public\/external\/reflex_realtime\// }, ({ path }) => {
      const [, folder, file] = path.match(/reflex_realtime\/(.*)\/[^/]+\/([^/]+)$/);
      return { path: `${PACKAGE}${folder}/${file}` };
    }),
});
