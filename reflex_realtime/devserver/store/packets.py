"""Payloads and outputs that are too large for their run's row: stored apart, under a path."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunRecord
from reflex_realtime.protocol.packets import STORED


@dataclass(frozen=True, slots=True)
class Packet:
    """One stored packet.

    Attributes:
        data: Its bytes.
        data_type: Its data type, such as `application/json`.
    """

    data: bytes
    data_type: str

    @property
    def text(self) -> str:
        """Its bytes as text."""
        return self.data.decode(errors="replace")


def put_packet(tx: Transaction, path: str, packet: Packet) -> None:
    """Store a packet; one that is there already is replaced."""
    tx.execute(
        "INSERT OR REPLACE INTO packets VALUES (?, ?, ?)", path, packet.data, packet.data_type
    )


def get_packet(tx: Transaction, path: str) -> Packet | None:
    """The packet stored under a path, or None."""
    row = tx.execute("SELECT data, data_type FROM packets WHERE path = ?", path).fetchone()
    return None if row is None else Packet(row["data"], row["data_type"])


def offload_payload(tx: Transaction, run: RunRecord, limit: int) -> RunRecord:
    """Store a run's payload apart if it has more bytes than the limit.

    Args:
        tx: The transaction.
        run: The run, not stored yet.
        limit: The limit.

    Returns:
        The run as it is to be stored.
    """
    text, data_type = offload(tx, f"{run.id}/payload", run.payload, run.payload_type, limit)
    return dataclasses.replace(run, payload=text, payload_type=data_type)


def offload(
    tx: Transaction, name: str, text: str | None, data_type: str, limit: int
) -> tuple[str | None, str]:
    """Store a packet apart if it has more bytes than the limit.

    Args:
        tx: The transaction.
        name: The path to store it under, without an extension.
        text: The packet's text.
        data_type: Its data type.
        limit: The limit.

    Returns:
        What the run's row is to carry: the text and its type, or the path and `application/store`.
    """
    if text is None or data_type == STORED or len(data := text.encode()) <= limit:
        return text, data_type
    path = f"{name}.{'txt' if data_type == 'text/plain' else 'json'}"
    put_packet(tx, path, Packet(data, data_type))
    return path, STORED


def resolve(tx: Transaction, text: str | None, data_type: str) -> tuple[str | None, str]:
    """Fetch what a row carries a path of.

    Args:
        tx: The transaction.
        text: What the row carries.
        data_type: The type that the row names.

    Returns:
        The packet's text and data type; no text when nothing is stored under the path.
    """
    if data_type != STORED or text is None:
        return text, data_type
    packet = get_packet(tx, text)
    return (None, data_type) if packet is None else (packet.text, packet.data_type)
