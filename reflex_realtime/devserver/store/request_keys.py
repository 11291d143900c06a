"""Requests that were carried out: one that is sent again does nothing.

Clients send a request again when its answer was lost; the key they repeat then is that of the
header `x-trigger-request-idempotency-key`.
"""

from __future__ import annotations

from reflex_realtime.devserver.store.database import Transaction

KEPT_MS = 24 * 3600 * 1000


def made_by(tx: Transaction, kind: str, key: str) -> str | None:
    """The id of what a request made before, or None.

    Args:
        tx: The transaction.
        kind: What such requests make: `run:<task>` or `batch`.
        key: The request's key, empty for none.
    """
    return tx.one("SELECT made FROM request_keys WHERE key = ?", f"{kind}:{key}") if key else None


def note_made(tx: Transaction, kind: str, key: str, made: str) -> None:
    """Note what a request made, and forget what others made long ago."""
    if key:
        tx.execute("DELETE FROM request_keys WHERE at < ?", tx.now - KEPT_MS)
        tx.execute(
            "INSERT OR REPLACE INTO request_keys VALUES (?, ?, ?)", f"{kind}:{key}", made, tx.now
        )
