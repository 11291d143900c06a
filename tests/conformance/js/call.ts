// Calls a function of the official SDK and prints what it returns as JSON.
//
//   bun call.ts FUNCTION ARGUMENT...
//
// FUNCTION is for instance tasks.trigger; the arguments are JSON.
import * as sdk from "@trigger.dev/sdk";

const [path, ...texts] = process.argv.slice(2);
const [group, name] = path.split(".");
console.log(JSON.stringify(await sdk[group][name](...texts.map((text) => JSON.parse(text)))));
