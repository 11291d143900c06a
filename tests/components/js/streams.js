// Reduces lists as they grow. Reads histories, each the patches that a list was made of and what is
// called with each list, and prints what the calls returned.
import { patched } from "../../../reflex_realtime/patches/patches.js";

await import("./assets.js");
const streams = "../../../reflex_realtime/components/streams";
const { joinedText, partsOfType } = await import(`${streams}/reductions.js`);
const { blocksOfParts, blocksOfText, wholeLines } = await import(`${streams}/blocks.js`);
const { dateOf, levelCounts, shownLines } = await import(`${streams}/lines.js`);

const blocks = ({ sealed, open }) => [...sealed.map(({ text }) => text), open];
let known = null;

const calls = {
  joinedText,
  partsOfType,
  joinedPartsOfType: (list, type, key) => joinedText(partsOfType(list, type, "type"), key),
  levelCounts: (list, key) => ({ ...levelCounts(list, key) }),
  shownLines: (list, key, hidden) => {
    const { count, lineAt, keyAt } = shownLines(list, key, hidden);
    return Array.from({ length: count }, (_, i) => [keyAt(i), lineAt(i)]);
  },
  blocksOfParts: (list) => blocks(blocksOfParts(list, "plain", wholeLines)),
  blocksOfText: (text) => blocks((known = blocksOfText(text, known, wholeLines)).blocks),
  looks: (list) => {
    looks = 0;
    joinedText(list, "text");
    joinedText(list, "text");
    return looks;
  },
  times: (list) => list.map((moment) => dateOf(moment).toISOString()),
};

let looks = 0;

const counted = (text) => ({
  get text() {
    looks += 1;
    return text;
  },
});

const play = ({ initial, patches, call, arguments: given = [] }) => {
  let value = initial;
  known = null;
  return [null, ...patches].map((patch) => {
    if (patch) value = patched(value, patch);
    return calls[call](value, ...given);
  });
};

const revive = (_, value) => (value?.counted ? counted(value.counted) : value);
console.log(JSON.stringify(JSON.parse(await Bun.stdin.text(), revive).map(play)));
