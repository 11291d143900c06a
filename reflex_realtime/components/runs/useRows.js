import { useLayoutEffect, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { rowAfter } from "./rows.js";

const PAGE = 10;

/**
 * The rows of a box that scrolls, of which those in view are in the page. One of them can be reached
 * by the Tab key, and leads to the others: the element of a row that takes the focus has its index
 * as `data-index`.
 */
export function useRows(rows, rowHeight, headerHeight) {
  const scroller = useRef(null);
  const [active, setActive] = useState(null);
  const isMoving = useRef(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingStart: headerHeight,
  });
  const place = active == null ? -1 : rows.findIndex((run) => run.id === active);
  const shown = virtual.getVirtualItems().map((item) => item.index);
  // The row that has the focus stays in the page when it is scrolled away.
  if (place >= 0 && !shown.includes(place)) shown.push(place);
  useLayoutEffect(() => {
    if (!isMoving.current) return;
    isMoving.current = false;
    scroller.current.querySelector(`[data-index="${place}"]`)?.focus({ preventScroll: true });
  }, [active]);
  const onKeyDown = (event) => {
    const index = event.target.dataset.index;
    const next = index && rowAfter(event.key, Number(index), rows.length, PAGE);
    if (next == null) return;
    event.preventDefault();
    isMoving.current = true;
    setActive(rows[next].id);
    virtual.scrollToIndex(next);
  };
  const onFocus = ({ target }) => target.dataset.index && setActive(rows[target.dataset.index].id);
  return { scroller, shown, tabStop: Math.max(place, 0), onKeyDown, onFocus };
}
