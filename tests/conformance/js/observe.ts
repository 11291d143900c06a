// Prints what a subscription of the official client emits, and how it takes a fault.
//
//   bun observe.ts FEED TARGET OPTIONS
//
// The arguments are those of follow.ts, except that FEED is not stream. The subscription is made as
// the React hooks make theirs: with a callback for errors, and with one that refreshes the access
// token. Besides runs and parts are printed
//
//   {"callback": {"status": ..., "message": ...}}  the callback for errors was called
//   {"refreshed": true}                            the one for the access token was called
//   {"thrown": MESSAGE}                            the iterator threw an error
//   {"unhandled": MESSAGE}                         a promise was rejected that nobody holds, which
//                                                  would end a process of Node
//   {"end": true}                                  the iterator ended
//
// The process lives on while the iterator waits, whatever it waits for.
import { ApiClient } from "@trigger.dev/core/v3";
import { print } from "./print";

const [feed, target, options] = process.argv.slice(2).map((text, at) => (at ? JSON.parse(text) : text));
const { TRIGGER_API_URL: url, TRIGGER_SECRET_KEY: token } = process.env;
const refreshAccessToken = async () => {
  print({ refreshed: true });
  return token;
};
const client = new ApiClient(url, token, undefined, {}, {}, refreshAccessToken);
const callbacks = {
  onFetchError: ({ status, message }) => print({ callback: { status, message } }),
};

async function* emitted() {
  if (feed === "streams") {
    for await (const item of client.subscribeToRun(target, { ...options, ...callbacks }).withStreams()) {
      yield item.type === "run" ? { run: item.run } : { stream: item.type, part: item.chunk };
    }
    return;
  }
  const subscription = {
    run: () => client.subscribeToRun(target, { ...options, ...callbacks }),
    tag: () => client.subscribeToRunsWithTag(target, options, callbacks),
    batch: () => client.subscribeToBatch(target, { ...options, ...callbacks }),
  }[feed];
  for await (const run of subscription()) yield { run };
}

process.on("unhandledRejection", (error) => print({ unhandled: String(error?.message ?? error) }));
const alive = setInterval(() => {}, 60_000);
try {
  for await (const item of emitted()) print(item);
  print({ end: true });
} catch (error) {
  print({ thrown: error.message });
}
clearInterval(alive);
