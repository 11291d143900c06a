// Follows a tag with the official client and prints the processor time that each portion of the runs
// took, in microseconds, one portion a line.
//
//   bun decode.ts TAG PORTION WARM MEASURED
//
// PORTION is how many runs one is; so many are WARM, left out of the figures, and so many MEASURED.
// Of the tag `held` a portion is a whole subscription.
import { runs } from "@trigger.dev/sdk";

const tag = process.argv[2];
const [portion, warm, measured] = process.argv.slice(3).map(Number);
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

let portions = 0;
const report = (microseconds: number) => {
  if (++portions > warm) console.log(microseconds);
};

if (tag === "held") {
  while (portions < warm + measured) {
    const started = cpu();
    let seen = 0;
    for await (const run of runs.subscribeToRunsWithTag(tag)) if (++seen === portion) break;
    report(cpu() - started);
  }
} else {
  let seen = -1000;
  let started = 0;
  for await (const run of runs.subscribeToRunsWithTag(tag)) {
    if (++seen === 0) started = cpu();
    if (seen <= 0 || seen % portion) continue;
    report(cpu() - started);
    if (portions === warm + measured) break;
    started = cpu();
  }
}
process.exit();
