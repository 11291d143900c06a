import { useEffect, useState } from "react";

const SHOWN_MS = 1500;

/** Copies a text or JSON. The first child is shown, for a moment after copying the second. */
export function CopyButton({ value, label, children, ...props }) {
  const [copies, setCopies] = useState(0);
  useEffect(() => {
    if (copies === 0) return;
    const timer = setTimeout(() => setCopies(0), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copies]);
  const copy = async () => {
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    await navigator.clipboard.writeText(text);
    setCopies(copies + 1);
  };
  const [before, after] = children;
  return (
    <button type="button" aria-label={label} title={label} disabled={value == null} onClick={copy} {...props}>
      {copies === 0 ? before : after}
      <span role="status">{copies === 0 ? "" : "Copied"}</span>
    </button>
  );
}
