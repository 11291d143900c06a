// A text as blocks: those that are complete stay as they are, and the text behind them is open.
import { reduced } from "./reductions.js";

/** How many characters a block of plain text has at least. */
const BLOCK = 1000;
/** How many parts are appended in one step. */
const STEP = 64;

const begin = () => ({ sealed: [], lost: 0, open: "" });

const append = (blocks, text, end, split) => {
  blocks.open += text;
  if (!text.includes("\n")) return;
  for (const block of split(blocks.open)) {
    blocks.sealed.push({ text: block, end });
    blocks.open = blocks.open.slice(block.length);
  }
};

/** The complete blocks at the start of a plain text: whole lines. */
export const wholeLines = (text) => {
  const blocks = [];
  let start = 0;
  for (;;) {
    const end = text.indexOf("\n", start + BLOCK) + 1;
    if (!end) return blocks;
    blocks.push(text.slice(start, end));
    start = end;
  }
};

/**
 * The complete blocks at the start of a markdown text: all but the last one, which may go on.
 *
 * @param parse Makes a syntax tree of a text.
 */
export const wholeBlocks = (parse) => (text) => {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1);
  const starts = parse(lines).children.map(
    ({ position }) => lines.lastIndexOf("\n", position.start.offset - 1) + 1,
  );
  return starts.slice(1).map((start, i) => lines.slice(i && starts[i], start));
};

/** The blocks of a list of texts; a block stays until all parts that it is made of are lost. */
export const blocksOfParts = (parts, name, split) =>
  reduced(parts, `blocks ${name}`, {
    begin,
    append: (blocks, list, from, start) => {
      for (let i = from; i < list.length; i += STEP) {
        const added = list.slice(i, i + STEP);
        append(blocks, added.join(""), start + i + added.length, split);
      }
      return blocks;
    },
    lose: (blocks, start) => {
      const kept = blocks.sealed.findIndex(({ end }) => end > start);
      const lost = kept < 0 ? blocks.sealed.length : kept;
      if (!lost) return blocks;
      return { ...blocks, sealed: blocks.sealed.slice(lost), lost: blocks.lost + lost };
    },
  });

/** The blocks of a text, given those of another one: what the text begins with is kept. */
export const blocksOfText = (text, before, split) => {
  const goesOn = before && text.startsWith(before.text);
  const blocks = goesOn ? before.blocks : begin();
  append(blocks, text.slice(goesOn ? before.text.length : 0), 0, split);
  return { text, blocks };
};
