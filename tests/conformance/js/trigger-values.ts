// Triggers a task with values that JSON has no form for, or with a large one, and prints the handle
// as JSON.
//
//   bun trigger-values.ts TASK rich|large
import { tasks } from "@trigger.dev/sdk";

const rich = {
  date: new Date("2026-11-22T10:00:00.125Z"),
  set: new Set(["a", "b"]),
  map: new Map([["key", new Date(0)]]),
  bigint: 12345678901n,
  "dotted.key": [new Date(1)],
};
const large = { text: "æøå€".repeat(50_000) };

const [task, kind] = process.argv.slice(2);
console.log(JSON.stringify(await tasks.trigger(task, { rich, large }[kind])));
