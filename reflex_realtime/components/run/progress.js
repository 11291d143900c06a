/** A share of one, from a share or from a percentage, which is greater than one; null for none. */
function shareOf(number) {
  if (typeof number !== "number" || Number.isNaN(number)) return null;
  return Math.min(1, Math.max(0, number > 1 ? number / 100 : number));
}

/** How full the bar of a run is, 0 to 100; null while nobody knows, or the run has yet to come. */
export function progressOf(run, number, isLoading = false) {
  if (run == null) return isLoading ? null : 0;
  if (run.is_queued) return 0;
  if (run.is_success) return 100;
  const share = shareOf(number);
  if (share != null) return share * 100;
  return run.is_finished ? 100 : null;
}

/** How far a run is, as text; empty while nobody knows. */
export function percentOf(run, number) {
  const isKnown = run?.is_success || (run != null && shareOf(number) != null);
  return isKnown ? `${Math.floor(progressOf(run, number) + 1e-9)} %` : "";
}
