// Reads and writes SuperJSON for the tests, many values in one process.
//
//   bun superjson.ts FILE
//
// FILE holds JSON: {"texts": [...], "descriptions": [...], "expressions": [...]}. Printed is
// {"read": [...], "readBySdk": [...], "written": [...], "evaluated": [...]}: what each text holds,
// described, as the package reads it and as the older copy inside the SDK does; the text of what each
// description describes; the text of what each expression evaluates to.
//
// A description is a JSON scalar, or [type, ...]. Containers are numbered in the order in which they
// are met, members of objects by their sorted names; ["again", number] stands for one met before.
// Inside a key of a Map and a member of a Set the numbers begin anew.
import { readFileSync } from "node:fs";
import superjson from "superjson";
import sdkSuperjson from "./node_modules/@trigger.dev/core/dist/esm/v3/imports/superjson.js";

function describe(value: any, seen = new Map<any, number>()): any {
  if (value === undefined) return ["undefined"];
  if (typeof value === "bigint") return ["bigint", String(value)];
  if (Object.is(value, -0)) return ["number", "-0"];
  if (typeof value === "number") return Number.isFinite(value) ? value : ["number", String(value)];
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Date) return ["date", value.getTime()];
  if (value instanceof RegExp) return ["regexp", value.source, value.flags];
  if (value instanceof Error) return ["error", value.name, value.message, describe(value.cause, seen)];
  if (seen.has(value)) return ["again", seen.get(value)];
  seen.set(value, seen.size);
  if (Array.isArray(value)) return ["array", value.map((item) => describe(item, seen))];
  if (value instanceof Set) return ["set", [...value].map((item) => describe(item))];
  const isMap = value instanceof Map;
  const pairs = isMap ? [...value] : Object.keys(value).sort().map((key) => [key, value[key]]);
  return [isMap ? "map" : "object", pairs.map(([key, item]) => [describe(key), describe(item, seen)])];
}

function build(description: any, seen: any[] = []): any {
  if (!Array.isArray(description)) return description;
  const [type, content, flags] = description;
  const met = <T>(container: T): T => (seen.push(container), container);
  switch (type) {
    case "undefined": return undefined;
    case "bigint": return BigInt(content);
    case "number": return Number(content);
    case "date": return new Date(content);
    case "regexp": return new RegExp(content, flags);
    case "again": return seen[content];
    case "array": {
      const array = met([] as any[]);
      for (const item of content) array.push(build(item, seen));
      return array;
    }
    case "set": {
      const set = met(new Set());
      for (const item of content) set.add(build(item));
      return set;
    }
    case "map": {
      const map = met(new Map());
      for (const [key, item] of content) map.set(build(key), build(item, seen));
      return map;
    }
    case "object": {
      const object = met({} as any);
      for (const [key, item] of content) object[key] = build(item, seen);
      return object;
    }
  }
  throw new Error(`There is no type ${type}.`);
}

const { texts, descriptions, expressions } = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(
  JSON.stringify({
    read: texts.map((text: string) => describe(superjson.parse(text))),
    readBySdk: texts.map((text: string) => describe(sdkSuperjson.parse(text))),
    written: descriptions.map((description: any) => superjson.stringify(build(description))),
    evaluated: expressions.map((code: string) => superjson.stringify(new Function(`return ${code}`)())),
  }),
);
