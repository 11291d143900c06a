"""Writing whole parts to a stream, whichever version the run's streams have."""

from __future__ import annotations

from collections.abc import Sequence

from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.records import append_record, part_record
from reflex_realtime.devserver.store.runs import RunRecord
from reflex_realtime.devserver.store.streams import append_entry


def write_parts(
    tx: Transaction,
    run: RunRecord,
    stream: str,
    parts: Sequence[str],
    *,
    part_id: str | None = None,
) -> None:
    """Add parts to a stream.

    Args:
        tx: The transaction.
        run: The run.
        stream: The stream's key.
        parts: JSON texts, none of which has a line break.
        part_id: The id of the part if it is a single one; version 1 has no place for it.
    """
    if run.streams_version == "v2":
        for part in parts:
            append_record(tx, run.id, stream, part_record(part, part_id))
    else:
        append_entry(tx, run.id, stream, "".join(f"{part}\n" for part in parts))
