// Triggers a task with values that JSON has no form for, and prints the handle as JSON.
//
//   bun trigger-values.ts TASK
import { tasks } from "@trigger.dev/sdk";

const payload = {
  date: new Date("2026-11-22T10:00:00.125Z"),
  set: new Set(["a", "b"]),
  map: new Map([["key", new Date(0)]]),
  bigint: 12345678901n,
  "dotted.key": [new Date(1)],
};
console.log(JSON.stringify(await tasks.trigger(process.argv[2], payload)));
