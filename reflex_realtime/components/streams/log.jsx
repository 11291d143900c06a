import { Button } from "@radix-ui/themes";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Bug, CircleX, Info, TriangleAlert } from "lucide-react";
import { memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import { LEVELS, dateOf, levelCounts, levelOf, shownLines } from "./lines.js";
import { AT_END, Empty, Stage } from "./streaming.jsx";

const LOOKS = {
  debug: { Icon: Bug, word: "Debug", color: "gray" },
  info: { Icon: Info, word: "Info", color: "blue" },
  warning: { Icon: TriangleAlert, word: "Warning", color: "amber" },
  error: { Icon: CircleX, word: "Error", color: "red" },
};
const NONE = [];
/** How high a line is before it is measured, in pixels. */
const LINE = 24;

/** A list of lines, as many as one likes, of which only those in view are in the document. */
export function StreamLog({ parts, keys, hasLevels, empty, children, ...props }) {
  const list = parts ?? NONE;
  const [hidden, setHidden] = useState(NONE);
  const { count, keyAt, lineAt } = useMemo(
    () => shownLines(list, keys.level, hidden),
    [list, keys.level, hidden],
  );
  const region = useRef(null);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => region.current,
    getItemKey: keyAt,
    estimateSize: () => LINE,
    overscan: 10,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: AT_END,
  });
  const isAtEnd = virtualizer.isAtEnd(AT_END);
  const followed = useRef(true);
  useLayoutEffect(() => {
    if (followed.current) virtualizer.scrollToEnd();
  }, [hidden]);
  const toggle = (level) => {
    followed.current = isAtEnd;
    const isHidden = (other) => hidden.includes(other) !== (other === level);
    setHidden(LEVELS.filter(isHidden));
  };
  return (
    <>
      {hasLevels && (
        <Levels counts={levelCounts(list, keys.level)} hidden={hidden} onToggle={toggle} />
      )}
      <Stage
        region={region}
        isAtEnd={isAtEnd}
        onJump={() => virtualizer.scrollToEnd()}
        notes={children}
        {...props}
      >
        {count === 0 && <Empty>{list.length ? "No line of these levels" : empty}</Empty>}
        <div className="realtime-lines" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, key, start }) => (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className="realtime-line"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Line line={lineAt(index)} {...keys} />
            </div>
          ))}
        </div>
      </Stage>
    </>
  );
}

function Levels({ counts, hidden, onToggle }) {
  return (
    <div className="realtime-levels" role="group" aria-label="Levels shown">
      {LEVELS.map((level) => {
        const { Icon, word, color } = LOOKS[level];
        const isShown = !hidden.includes(level);
        return (
          <Button
            key={level}
            size="1"
            variant={isShown ? "soft" : "outline"}
            color={isShown ? color : "gray"}
            aria-pressed={isShown}
            onClick={() => onToggle(level)}
          >
            <Icon size={14} aria-hidden="true" />
            {word}
            <span className="realtime-count">{(counts[level] ?? 0).toLocaleString("en")}</span>
          </Button>
        );
      })}
    </div>
  );
}

const Line = memo(({ line, level, message, time }) => {
  if (typeof line !== "object") return <span className="realtime-message">{line}</span>;
  const known = levelOf(line, level);
  const { Icon, word } = LOOKS[known] ?? { word: asText(line?.[level]) };
  return (
    <>
      <Time moment={line?.[time]} />
      {word && (
        <span className="realtime-level" data-level={known}>
          {Icon && <Icon size={12} aria-hidden="true" />}
          {word}
        </span>
      )}
      <span className="realtime-message" data-level={known}>
        {asText(line?.[message])}
      </span>
    </>
  );
});

const asText = (value) => (typeof value === "object" && value ? JSON.stringify(value) : value ?? "");

/** When a line was written, on the visitor's clock. */
function Time({ moment }) {
  if (moment == null) return null;
  const date = dateOf(moment);
  if (isNaN(date)) return <span className="realtime-time">{asText(moment)}</span>;
  return (
    <time className="realtime-time" dateTime={date.toISOString()}>
      {date.toLocaleTimeString("en-GB")}
    </time>
  );
}
