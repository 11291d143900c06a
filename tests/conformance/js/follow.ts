// Prints what a subscription of the official client emits, one JSON value a line.
//
//   bun follow.ts FEED TARGET OPTIONS
//
// FEED is run, streams (a run with them), stream (one of a run), tag or batch; TARGET and OPTIONS are
// JSON. A run is printed as {"run": ...}, a part of a stream as {"stream": NAME, "part": ...}, the
// subscription's end as {"end": true}.
import { runs, streams } from "@trigger.dev/sdk";

const [feed, target, options] = process.argv.slice(2).map((text, at) => (at ? JSON.parse(text) : text));

// What JSON has no form for is printed as other languages read it, sets without an order; dates turn
// into text by themselves.
const plain = (_: string, value: unknown) => {
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === "bigint" ? Number(value) : value;
};
const print = (item: unknown) => console.log(JSON.stringify(item, plain));

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
