import { memo, useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button, TextField } from "@radix-ui/themes";
import { countsOf, filtered, placesOf, shift, sorted } from "./rows.js";
import { useRows } from "./useRows.js";
import "./rows.css";
import "./table.css";

const HEADER_HEIGHT = 40;
const NOTHING = [];
const CONTROLS = "a, button, input, select, textarea, label, [role=button]";

const number = (value) => value.toLocaleString("en");

/** A table of runs, of which only those in view are in the page. */
export function RunsTable({
  runs,
  groups,
  sort,
  chooses,
  isLoading,
  condition,
  total,
  children,
  className = "",
  ...rest
}) {
  const { columns, cells, label, rowHeight, tableHeight, onRowClick, ...outermost } = rest;
  const all = runs ?? NOTHING;
  const places = useMemo(() => placesOf(groups), [JSON.stringify(groups)]);
  const [order, setOrder] = useState(sort);
  const [chosen, setChosen] = useState(NOTHING);
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text);
  const rows = useMemo(
    () => sorted(filtered(all, places, chosen, wanted), places, order),
    [all, places, chosen, wanted, order],
  );
  const reset = () => [setChosen(NOTHING), setText("")];
  return (
    <div {...outermost} className={`runs-table ${className}`}>
      {chooses && (
        <Filters {...{ all, places, groups, chosen, setChosen, text, setText }} />
      )}
      <Rows
        {...{ rows, columns, cells, label, rowHeight, tableHeight, order, setOrder, onRowClick }}
        looks={JSON.stringify([chosen, wanted, order])}
        busy={isLoading}
      >
        {all.length === 0 && children}
        {all.length > 0 && rows.length === 0 && <NoMatch reset={reset} />}
      </Rows>
      <Foot condition={condition} shown={rows.length} present={total ?? all.length} />
    </div>
  );
}

function Filters({ all, places, groups, chosen, setChosen, text, setText }) {
  const counts = useMemo(() => countsOf(all, places, groups), [all, places]);
  const toggle = (group) =>
    setChosen(
      chosen.includes(group) ? chosen.filter((other) => other !== group) : [...chosen, group],
    );
  const one = (key, word, count, pressed, onClick, color) => (
    <Button
      key={key}
      type="button"
      size="1"
      radius="full"
      color="gray"
      highContrast
      variant={pressed ? "solid" : "surface"}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {color && <span className="runs-swatch" style={{ background: `var(--${color}-9)` }} />}
      {word} <span className="runs-count">{number(count)}</span>
    </Button>
  );
  return (
    <div className="runs-table-filters">
      <TextField.Root
        size="2"
        type="search"
        aria-label="Find runs by id, task or tag"
        placeholder="Id, task or tag"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div role="group" aria-label="Show runs by status" className="runs-table-groups">
        {one("all", "All", all.length, !chosen.length, () => setChosen(NOTHING))}
        {groups.map(({ word, color }, group) =>
          one(word, word, counts[group], chosen.includes(group), () => toggle(group), color),
        )}
      </div>
    </div>
  );
}

function Rows({ rows, columns, cells, label, rowHeight, tableHeight, ...rest }) {
  const { order, setOrder, onRowClick, looks, busy, children } = rest;
  const { scroller, shown, tabStop, onKeyDown, onFocus } = useRows(rows, rowHeight, HEADER_HEIGHT);
  useSteadyScroll(scroller, rows, rowHeight, looks);
  const chosen = ({ target }) => {
    const row = target.closest(CONTROLS) ? null : target.closest("[data-index]");
    return row && rows[row.dataset.index].id;
  };
  const choose = (event) => {
    const id = chosen(event);
    if (id) onRowClick(id);
  };
  const press = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return onKeyDown(event);
    if (!chosen(event)) return;
    event.preventDefault();
    choose(event);
  };
  const acts = onRowClick && { onClick: choose, onKeyDown: press, onFocus };
  return (
    <div
      ref={scroller}
      className="runs-rows runs-table-box"
      style={{ height: tableHeight }}
      role="group"
      aria-label={label}
      tabIndex={onRowClick ? undefined : 0}
    >
      <table
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-busy={busy}
        style={{
          "--columns": columns.map(({ width }) => width).join(" "),
          "--row-height": `${rowHeight}px`,
        }}
      >
        <Head {...{ columns, order, setOrder }} />
        <tbody
          role="rowgroup"
          style={{ height: rows.length * rowHeight }}
          data-acts={Boolean(onRowClick)}
          {...acts}
        >
          {shown.map((index) => (
            <Row
              key={rows[index].id}
              {...{ index, cells }}
              run={rows[index]}
              top={index * rowHeight}
              tabIndex={onRowClick && (index === tabStop ? 0 : -1)}
            />
          ))}
        </tbody>
      </table>
      {children}
    </div>
  );
}

const Row = memo(function Row({ run, cells: Cells, index, top, tabIndex }) {
  return (
    <tr
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={tabIndex}
      style={{ transform: `translateY(${top}px)` }}
    >
      <Cells run={run} />
    </tr>
  );
});

function Head({ columns, order, setOrder }) {
  return (
    <thead role="rowgroup" style={{ height: HEADER_HEIGHT }}>
      <tr role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <Header key={column.header} {...{ column, order, setOrder }} />
        ))}
      </tr>
    </thead>
  );
}

function Header({ column: { header, sort_by, justify }, order, setOrder }) {
  if (!sort_by) {
    return (
      <th role="columnheader" scope="col" data-justify={justify}>
        {header}
      </th>
    );
  }
  const is = order.by === sort_by;
  const sorting = is ? (order.descending ? "descending" : "ascending") : "none";
  return (
    <th role="columnheader" scope="col" aria-sort={sorting} data-justify={justify}>
      <button
        type="button"
        onClick={() => setOrder({ by: sort_by, descending: is ? !order.descending : false })}
      >
        {header}
        <svg viewBox="0 0 8 12" aria-hidden="true">
          <path d="M4 0 8 5H0Z" data-on={sorting === "ascending"} />
          <path d="M4 12 0 7h8Z" data-on={sorting === "descending"} />
        </svg>
      </button>
    </th>
  );
}

/** What the reader looks at stays where it is when rows come, go or move above it. */
function useSteadyScroll(scroller, rows, rowHeight, looks) {
  const before = useRef({ rows, looks });
  useLayoutEffect(() => {
    const box = scroller.current;
    const past = before.current;
    before.current = { rows, looks };
    if (past.rows === rows || box.scrollTop < rowHeight) return;
    if (past.looks !== looks) return void (box.scrollTop = 0);
    const first = Math.floor(box.scrollTop / rowHeight);
    const last = first + Math.ceil(box.clientHeight / rowHeight);
    const moved = shift(past.rows, rows, first, last);
    if (moved) box.scrollTop += moved * rowHeight;
  }, [rows, looks]);
}

function NoMatch({ reset }) {
  return (
    <div className="runs-table-nothing">
      No run matches.
      <Button type="button" variant="soft" highContrast onClick={reset}>
        Show all runs
      </Button>
    </div>
  );
}

function Foot({ condition, shown, present }) {
  return (
    <div className="runs-table-foot">
      <span className="runs-count">
        {shown === present ? "" : `${number(shown)} of `}
        {number(present)} runs
      </span>
      <span role="status">{condition}</span>
    </div>
  );
}
