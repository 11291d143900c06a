// Prints what a subscription of the official client emits, one JSON value a line.
//
//   bun follow.ts FEED TARGET OPTIONS
//
// FEED is run, streams (a run with them), stream (one of a run), tag or batch; TARGET and OPTIONS are
// JSON. A run is printed as {"run": ...}, a part of a stream as {"stream": NAME, "part": ...}, the
// subscription's end as {"end": true}.
import { runs, streams } from "@trigger.dev/sdk";
import { print } from "./print";

const [feed, target, options] = process.argv.slice(2).map((text, at) => (at ? JSON.parse(text) : text));

async function* emitted() {
  if (feed === "streams") {
    for await (const item of runs.subscribeToRun(target, options).withStreams()) {
      yield item.type === "run" ? { run: item.run } : { stream: item.type, part: item.chunk };
    }
    return;
  }
  if (feed === "stream") {
    const [run, stream] = target;
    const parts = await streams.read(run, stream, { timeoutInSeconds: 1 });
    for await (const part of parts) yield { stream, part };
    return;
  }
  const subscribe = {
    run: runs.subscribeToRun,
    tag: runs.subscribeToRunsWithTag,
    batch: runs.subscribeToBatch,
  }[feed];
  for await (const run of subscribe(target, options)) yield { run };
}

for await (const item of emitted()) print(item);
print({ end: true });
