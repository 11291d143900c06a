import { useEffect } from "react";

/**
 * Opens a view once the page is hydrated, after each reconnect too, and closes it.
 *
 * Every run of the effect has a mark of its own, so that a late close, as React's strict mode and
 * quick navigation produce, cannot end a newer view. Targets may be lists, hence they are compared
 * as text; one that has no value yet is as good as empty.
 */
export function RealtimeSubscription({
  hydrated,
  target,
  onOpen,
  onClose,
  completed,
  toldKey,
  onComplete,
}) {
  useEffect(() => {
    if (!hydrated) return;
    const viewer = Math.random().toString(36).slice(2);
    onOpen(viewer, target === undefined ? null : (target ?? ""), onComplete !== undefined);
    return () => onClose(viewer);
  }, [hydrated, JSON.stringify(target)]);

  // How many completions this tab has been told is kept in its session storage, so that neither a
  // reload nor React's strict mode tells it twice.
  useEffect(() => {
    if (!hydrated || !completed) return;
    const { count, ids } = completed;
    const told = Number(sessionStorage.getItem(toldKey) ?? 0);
    if (count === told) return;
    sessionStorage.setItem(toldKey, String(count));
    if (count > told) ids.slice(-(count - told)).forEach((id) => onComplete(id));
  }, [hydrated, completed?.count]);

  return null;
}
