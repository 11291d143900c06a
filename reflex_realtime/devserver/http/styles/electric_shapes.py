"""What Electric keeps for each shape: the rows as they were at first, and a log of every change.

A shape is a definition (which runs, which columns) under a handle. It answers from its log only,
so what a subscriber sees does not depend on when it asks. A shape that is void is never answered
from again; the next request for its definition makes a new one under a new handle.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import zlib
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

from reflex_realtime.devserver.http.styles.electric_rows import COLUMNS
from reflex_realtime.devserver.http.styles.rows import Column, row_key, row_values
from reflex_realtime.devserver.store.changes import RunChange
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunFilter, RunRecord, find_runs
from reflex_realtime.devserver.store.store import Store

RELATION = ["public", "TaskRun"]
SHAPES_TOPIC = "shapes"
"""Topic: shapes became void."""

IDLE_SECONDS = 300.0
MAX_SHAPES = 2000
MAX_LOG = 10_000
MAX_REMEMBERED_HANDLES = 10_000


class Offset(NamedTuple):
    """A place in a shape's log.

    Attributes:
        lsn: The number of the transaction.
        operation: The number of the change within it.
    """

    lsn: int
    operation: float

    def __str__(self) -> str:
        return f"{self.lsn}_{'inf' if self.operation == inf else int(self.operation)}"


SNAPSHOT_END = Offset(0, 0)
LOG_START = Offset(0, inf)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a shape shows.

    Attributes:
        where: Which runs.
        columns: Which columns.
    """

    where: RunFilter
    columns: tuple[str, ...]


class _Known(NamedTuple):
    """A row as last told, and the number of the change; no values when it has left."""

    seq: int
    values: Mapping[str, str | None] | None


@dataclass(slots=True, eq=False)
class Shape:
    """One shape.

    Attributes:
        definition: What it shows.
        handle: Its handle.
        snapshot: The messages that its rows were at first.
        used_at: When it was last asked for.
        is_void: Whether it is not to be answered from any more.
    """

    definition: Definition
    handle: str
    snapshot: list[dict[str, Any]] = field(default_factory=list)
    used_at: float = 0.0
    is_void: bool = False
    _columns: dict[str, Column] = field(init=False)
    _rows: dict[str, _Known] = field(default_factory=dict)
    _offsets: list[Offset] = field(default_factory=list)
    _log: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look its columns up."""
        self._columns = {name: COLUMNS[name] for name in self.definition.columns}

    @property
    def last_offset(self) -> Offset:
        """Where its log ends."""
        return self._offsets[-1] if self._offsets else LOG_START

    @property
    def columns(self) -> Mapping[str, Column]:
        """Its columns."""
        return self._columns

    @property
    def log_length(self) -> int:
        """How many messages its log has."""
        return len(self._log)

    def begin(self, runs: Sequence[RunRecord]) -> None:
        """Take the rows it starts from."""
        for run in runs:
            values = row_values(run, self._columns)
            self._rows[run.id] = _Known(run.seq, values)
            headers = {"relation": RELATION, "operation": "insert"}
            self.snapshot.append({"key": row_key(run.id), "value": values, "headers": headers})

    def apply(self, changes: Sequence[RunChange], lsn: int) -> None:
        """Log what a transaction changed."""
        first = len(self._log)
        for number, change in enumerate(changes):
            message = self._message(change)
            if message is None:
                continue
            operation, value = message
            offset = Offset(lsn, 2 * number)
            headers = {
                "relation": RELATION,
                "lsn": str(lsn),
                "txids": [lsn],
                "operation": operation,
                "op_position": 2 * number,
            }
            self._offsets.append(offset)
            key = row_key(change.run_id)
            self._log.append({"value": value, "key": key, "headers": headers})
        if len(self._log) > first:
            self._log[-1]["headers"] = {"last": True, **self._log[-1]["headers"]}

    def since(self, offset: Offset) -> list[dict[str, Any]]:
        """The messages behind a place in the log."""
        return self._log[bisect_right(self._offsets, offset) :]

    def _message(self, change: RunChange) -> tuple[str, dict[str, str | None]] | None:
        """What a change means here: an operation and its values, or nothing."""
        known = self._rows.get(change.run_id, _Known(0, None))
        if change.seq <= known.seq:
            return None
        run = change.run
        if run is None or not self.definition.where.matches(run):
            self._rows[change.run_id] = _Known(change.seq, None)
            return None if known.values is None else ("delete", _id_of(known.values))
        values = row_values(run, self._columns)
        self._rows[run.id] = _Known(change.seq, values)
        if known.values is None:
            return "insert", values
        changed = {name: text for name, text in values.items() if text != known.values[name]}
        return ("update", dict(sorted({**_id_of(values), **changed}.items()))) if changed else None


def _id_of(values: Mapping[str, str | None]) -> dict[str, str | None]:
    return {"id": values["id"]}


class Shapes:
    """The shapes there are.

    Args:
        store: Where the runs are.

    Attributes:
        lsn: The number of the last transaction.
    """

    def __init__(self, store: Store) -> None:
        self.lsn: int = 1_000_000
        self._store = store
        self._shapes: dict[Definition, Shape] = {}
        self._starting: dict[Shape, asyncio.Task[None]] = {}
        self._missed: dict[Shape, list[tuple[Sequence[RunChange], int]]] = {}
        self._by_topic: defaultdict[str, set[Shape]] = defaultdict(set)
        self._windows: OrderedDict[str, int | None] = OrderedDict()
        self._micros = itertools.count(time.time_ns() // 1000)
        store.changes.listen(self._apply)

    async def current(self, definition: Definition) -> Shape:
        """The shape with this definition, made now if there is none."""
        shape = self._shapes.get(definition)
        if shape is None:
            self._drop_idle()
            shape = self._add(definition)
        shape.used_at = time.monotonic()
        if starting := self._starting.get(shape):
            await asyncio.shield(starting)
        return shape

    def window_of(self, handle: str) -> int | None:
        """From when on runs count in the shape that has, or had, a handle.

        Raises:
            KeyError: There was no such shape, or it is long forgotten.
        """
        return self._windows[handle]

    def void_all(self) -> None:
        """Make every shape void and wake whoever waits for one."""
        for shape in list(self._shapes.values()):
            self._void(shape)

    def _add(self, definition: Definition) -> Shape:
        digest = zlib.crc32(repr(definition).encode())
        shape = Shape(definition, f"{digest}-{next(self._micros)}")
        self._shapes[definition] = shape
        self._by_topic[definition.where.topic].add(shape)
        self._windows[shape.handle] = definition.where.created_after
        if len(self._windows) > MAX_REMEMBERED_HANDLES:
            self._windows.popitem(last=False)
        self._missed[shape] = []
        self._starting[shape] = asyncio.create_task(self._start(shape))
        return shape

    async def _start(self, shape: Shape) -> None:
        def read(tx: Transaction) -> list[RunRecord]:
            return find_runs(tx, shape.definition.where)

        try:
            shape.begin(await self._store.read(read))
            for changes, lsn in self._missed[shape]:
                shape.apply(changes, lsn)
        except BaseException:
            self._void(shape)
            raise
        finally:
            del self._missed[shape], self._starting[shape]

    def _apply(self, changes: Sequence[RunChange]) -> None:
        self.lsn += 8
        topics = {topic for change in changes for topic in change.topics}
        for shape in {shape for topic in topics for shape in self._by_topic.get(topic, ())}:
            if (missed := self._missed.get(shape)) is not None:
                missed.append((changes, self.lsn))
                continue
            shape.apply(changes, self.lsn)
            if shape.log_length > MAX_LOG:
                self._void(shape)

    def _void(self, shape: Shape) -> None:
        if shape.is_void:
            return
        shape.is_void = True
        del self._shapes[shape.definition]
        topic = shape.definition.where.topic
        self._by_topic[topic].discard(shape)
        if not self._by_topic[topic]:
            del self._by_topic[topic]
        self._store.changes.publish([SHAPES_TOPIC])

    def _drop_idle(self) -> None:
        """Drop shapes that nobody asks for, and the oldest of too many."""
        by_use = sorted(self._shapes.values(), key=lambda shape: shape.used_at)
        too_many = by_use[: max(0, len(by_use) + 1 - MAX_SHAPES)]
        idle = [shape for shape in by_use if shape.used_at < time.monotonic() - IDLE_SECONDS]
        for shape in {*too_many, *idle}:
            self._void(shape)
