import { memo, useMemo } from "react";
import { Tooltip } from "@radix-ui/themes";
import { formatDuration, formatTime } from "../../look/formats/formats.js";
import { Phases, Ticks, useAxis, useNowLine } from "./RunBar.jsx";
import { placesOf } from "./rows.js";
import { boundsOf, phasesOf } from "./timeline.js";
import { useRows } from "./useRows.js";
import "./rows.css";
import "./timeline.css";

const HEADER_HEIGHT = 32;
const MOST_TICKS = 6;
const NOTHING = [];

/** When each run of a set was queued and executing, one above the other on one axis. */
export function RunsGantt({ runs, names, groups, words, label, rowHeight, children, ...outermost }) {
  const { tableHeight, className = "", ...props } = outermost;
  const rows = runs ?? NOTHING;
  const places = useMemo(() => placesOf(groups), [JSON.stringify(groups)]);
  const bounds = useMemo(() => boundsOf(rows), [rows]);
  const start = rows.length ? bounds.start : 0;
  const isGoingOn = rows.length > 0 && bounds.end == null;
  const [axis, grow] = useAxis(start, rows.length ? bounds.end : 0, MOST_TICKS);
  const { scroller, shown, tabStop, onKeyDown, onFocus } = useRows(rows, rowHeight, HEADER_HEIGHT);
  useNowLine(scroller, axis, isGoingOn, grow);
  return (
    <div
      {...props}
      ref={scroller}
      className={`runs-timeline runs-rows runs-gantt ${className}`}
      style={{ height: tableHeight, "--span": axis.span, "--row-height": `${rowHeight}px` }}
      role="group"
      aria-label={label}
      tabIndex={rows.length ? undefined : 0}
    >
      <table role="table" aria-label={label} aria-rowcount={rows.length + 1}>
        <thead role="rowgroup" style={{ height: HEADER_HEIGHT }}>
          <tr role="row" aria-rowindex={1}>
            <th role="columnheader" scope="col">
              Run
            </th>
            <th role="columnheader" scope="col">
              <span className="runs-timeline-hidden">Time since the first run was created</span>
              <Ticks ticks={rows.length ? axis.ticks : NOTHING} />
            </th>
          </tr>
        </thead>
        <tbody
          role="rowgroup"
          data-going={isGoingOn}
          style={{ height: rows.length * rowHeight }}
          onKeyDown={onKeyDown}
          onFocus={onFocus}
        >
          {shown.map((index) => {
            const run = rows[index];
            return (
              <Row
                key={run.id}
                {...{ run, index, names, start }}
                word={words[run.status] ?? run.status}
                color={groups[places[run.status]?.group]?.color ?? "gray"}
                top={index * rowHeight}
                tabIndex={index === tabStop ? 0 : -1}
              />
            );
          })}
        </tbody>
      </table>
      {rows.length === 0 && children}
    </div>
  );
}

const Row = memo(function Row({ run, index, names: Names, word, color, start, top, tabIndex }) {
  const phases = phasesOf(run);
  const text = [...phases.map(phaseText), `status ${word}`].join(", ");
  return (
    <tr role="row" aria-rowindex={index + 2} style={{ transform: `translateY(${top}px)` }}>
      <th role="rowheader" scope="row">
        <Names run={run} />
      </th>
      <td role="cell">
        <Tooltip content={`${run.task_identifier} ${run.id}: ${text}`}>
          <div
            className="runs-timeline-track"
            role="img"
            aria-label={text}
            data-index={index}
            tabIndex={tabIndex}
          >
            <Phases {...{ phases, start, color }} />
          </div>
        </Tooltip>
      </td>
    </tr>
  );
});

const phaseText = ({ name, from, to }) =>
  to == null ? `${name} since ${formatTime(from)}` : `${name} for ${formatDuration(to - from)}`;
