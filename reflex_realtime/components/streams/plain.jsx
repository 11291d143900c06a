import { memo, useRef } from "react";
import { useStickToBottom } from "use-stick-to-bottom";
import { blocksOfParts, blocksOfText, wholeLines } from "./blocks.js";
import { Empty, Stage } from "./streaming.jsx";

/** The blocks of a text or of a list of texts, which grows. */
export const useBlocks = (source, name, split) => {
  const known = useRef(null);
  if (typeof source !== "string") return blocksOfParts(source ?? [], name, split);
  known.current = blocksOfText(source, known.current, split);
  return known.current.blocks;
};

/** A text that grows, followed to its end unless the reader has scrolled up. */
export function GrowingText({ blocks, Block, kind, empty, children, ...props }) {
  const { scrollRef, contentRef, isAtBottom, scrollToBottom } = useStickToBottom({
    initial: "instant",
    resize: "instant",
  });
  const jump = () => scrollToBottom(isMotionReduced() ? "instant" : undefined);
  const isEmpty = !blocks.sealed.length && !blocks.open;
  return (
    <Stage region={scrollRef} isAtEnd={isAtBottom} onJump={jump} notes={children} {...props}>
      <div ref={contentRef} className="realtime-content">
        {isEmpty && <Empty>{empty}</Empty>}
        <Sealed blocks={blocks.sealed} lost={blocks.lost} Block={Block} kind={kind} />
        {!isEmpty && (
          // Another node for each block: one that is kept would move down by the block before it.
          <div
            key={blocks.lost + blocks.sealed.length}
            className={props.isStreaming ? `${kind} realtime-caret` : kind}
          >
            <Block text={blocks.open} />
          </div>
        )}
      </div>
    </Stage>
  );
}

const isMotionReduced = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** How many blocks are compared as one. */
const GROUP = 32;

/** The blocks that stay as they are, in groups, so that a flush compares few of them. */
function Sealed({ blocks, lost, ...props }) {
  const groups = [];
  for (let first = lost - (lost % GROUP); first < lost + blocks.length; first += GROUP) {
    const group = blocks.slice(Math.max(0, first - lost), first - lost + GROUP);
    groups.push(<Group key={first} blocks={group} first={Math.max(first, lost)} {...props} />);
  }
  return groups;
}

const Group = memo(
  ({ blocks, first, Block, kind }) =>
    blocks.map(({ text }, index) => (
      <div key={first + index} className={kind}>
        <Block text={text} />
      </div>
    )),
  (before, after) =>
    before.first === after.first &&
    before.blocks.length === after.blocks.length &&
    before.blocks[0] === after.blocks[0],
);

const PlainBlock = ({ text }) => text;

/** A stream of plain text. */
export function PlainStream({ parts, ...props }) {
  const blocks = useBlocks(parts, "plain", wholeLines);
  return <GrowingText blocks={blocks} Block={PlainBlock} kind="realtime-plain" {...props} />;
}
