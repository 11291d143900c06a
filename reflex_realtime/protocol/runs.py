"""Rows of the runs feed, read into runs. What cannot be read becomes a problem of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

from pydantic_core import from_json

from reflex_realtime.errors import PayloadError, ProtocolError
from reflex_realtime.models import RealtimeRun, RunProblem
from reflex_realtime.protocol.columns import ColumnTypes
from reflex_realtime.protocol.json_values import as_list, as_object, as_strings
from reflex_realtime.protocol.packets import STORED, parse_packet
from reflex_realtime.protocol.rows import Row
from reflex_realtime.protocol.run_fields import (
    FIELDS,
    FieldColumn,
    PartlyRead,
    field_columns,
    parse_run_error,
    run_status,
)
from reflex_realtime.protocol.run_models import (
    RunModels,
    build_run,
    find_model,
    model_for_task,
    run_problem,
    with_tasks,
)

__all__ = [
    "EPOCH",
    "Packet",
    "Packets",
    "RunModels",
    "RunReader",
    "build_run",
    "model_for_task",
    "parse_run_error",
    "run_from_row",
    "run_status",
    "stored_packets",
    "unknown_columns",
]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Packet(NamedTuple):
    """What was fetched for a field that is stored elsewhere.

    Attributes:
        text: The packet's text.
        data_type: Its data type, such as `application/json`.
    """

    text: str
    data_type: str


class Parsed(NamedTuple):
    """A packet that was fetched and read before.

    Attributes:
        value: What it holds.
    """

    value: Any


Packets: TypeAlias = Mapping[str, Packet | Parsed | PayloadError]
"""By field, what was fetched, or why it could not be."""

KEPT_PACKETS: Final = 64
"""For how many stored packets a reader keeps what they hold."""

_PACKETS: Final = (
    ("payload", "payloadType"),
    ("output", "outputType"),
    ("metadata", "metadataType"),
)
_KEPT: Final = {"payload", "output"}
"""What does not change once it is there; metadata does, and names streams beside what its model
has."""
_JSON: Final = "application/json"
_NO_PACKETS: Final[Packets] = {}
_UNREAD: Final = ("id", "number", "ttl")
_KNOWN_COLUMNS: Final = {*FIELDS, *chain.from_iterable(_PACKETS), *_UNREAD}


class RunReader:
    """Reads the rows of one feed into runs.

    What can be known beforehand, which column is decoded how and what each model is for, is
    worked out once for each schema. Every run is made anew from its row: no two runs share a
    list, a dict or a model, even where the row's text is the same. Only what is stored elsewhere,
    and so is large, is parsed once and shared by the runs of this reader while it is unchanged.
    """

    def __init__(self, models: RunModels) -> None:
        """Prepare for a feed.

        Args:
            models: The run's model, or one model for each task that the feed may show.
        """
        self._models = with_tasks(models)
        self._schema: ColumnTypes | None = None
        self._columns: list[FieldColumn] = []
        self._kept: dict[tuple[Any, str], tuple[Packet, Any]] = {}

    def read(self, row: Row, schema: ColumnTypes, packets: Packets = _NO_PACKETS) -> Any:
        """Read a row into a run.

        Args:
            row: The row as merged from the feed.
            schema: The column types; the same object for as long as they are the same.
            packets: What was fetched for the fields that `stored_packets` names.

        Returns:
            The run. Fields that could not be read have their default and an entry in `problems`.

        Raises:
            ProtocolError: The row has no run id, or its model refuses it as a whole, so that it
                cannot be shown as a run.
        """
        if schema is not self._schema:
            self._columns, self._schema = field_columns(schema), schema
        if packets:
            run = self._read(row, self._parsed_before(row, packets))
            self._keep(run, packets)
            return run
        return self._read(row, packets)

    def _parsed_before(self, row: Row, packets: Packets) -> Packets:
        """The packets, those that were parsed before as what they hold."""
        known: dict[str, Packet | Parsed | PayloadError] = {}
        for field, packet in packets.items():
            kept = self._kept.get((row.get("friendlyId"), field))
            known[field] = Parsed(kept[1]) if kept and kept[0] is packet else packet
        return known

    def _keep(self, run: Any, packets: Packets) -> None:
        unread = {problem.field for problem in run.problems}
        for field in _KEPT & packets.keys() - unread:
            packet = packets[field]
            if isinstance(packet, Packet):
                self._kept[run.id, field] = packet, getattr(run, field)
        while len(self._kept) > KEPT_PACKETS:
            del self._kept[next(iter(self._kept))]

    def _read(self, row: Row, packets: Packets) -> Any:
        problems: list[RunProblem] = []
        values: dict[str, Any] = {}
        try:
            for column, name, decode in self._columns:
                if text := row.get(column):
                    values[name] = decode(text)
            for field, type_column in _PACKETS:
                if text := row.get(field):
                    data_type = row.get(type_column)
                    values[field] = (
                        from_json(text)
                        if data_type == _JSON
                        else _packet(field, text, data_type, packets)
                    )
        except Exception:  # a task's data can fail in any way; find out which field does
            values, problems = _read_each(row, self._columns, packets)
        return self._run(values, problems)

    def _run(self, values: dict[str, Any], problems: list[RunProblem]) -> Any:
        metadata = values.get("metadata")
        if metadata is None:
            values.pop("metadata", None)
        elif isinstance(metadata, dict) and "$$streams" in metadata:
            _prefer_metadata_streams(values)
        if not isinstance(values.get("id"), str):
            raise ProtocolError("A row of the runs feed has no friendlyId.")
        created_at = values.setdefault("created_at", EPOCH)
        values.setdefault("updated_at", created_at)
        model = find_model(self._models, values.get("task_identifier", ""))
        if model is None:
            for field, _ in _PACKETS:
                values.pop(field, None)
            problems.append(run_problem("task_identifier", "no model is declared for this task"))
            model = RealtimeRun[Any, Any]
        if problems:
            return build_run(values, problems, model)
        try:
            return model.__pydantic_validator__.validate_python(values)
        except Exception:  # validators of a task's model can fail in any way
            return build_run(values, problems, model)


def run_from_row(
    row: Row, schema: ColumnTypes, models: RunModels, packets: Packets = _NO_PACKETS
) -> Any:
    """Read one row into a run; a `RunReader` is for many.

    Args:
        row: The row as merged from the feed.
        schema: The column types.
        models: The run's model, or one model for each task that the feed may show.
        packets: What was fetched for the fields that `stored_packets` names.

    Returns:
        The run. Fields that could not be read have their default and an entry in `problems`.

    Raises:
        ProtocolError: The row has no run id, or its model refuses it as a whole, so that it cannot
            be shown as a run.
    """
    return RunReader(models).read(row, schema, packets)


def stored_packets(row: Row) -> dict[str, str]:
    """Find the fields of a row that are stored elsewhere.

    Args:
        row: The row as merged from the feed.

    Returns:
        By field (`payload`, `output`, `metadata`), the storage path to fetch.
    """
    found: dict[str, str] = {}
    for field, type_column in _PACKETS:
        data_type = row.get(type_column)
        if data_type != _JSON and _is_stored(data_type):
            path = row.get(field)
            if isinstance(path, str) and path:
                found[field] = path
    return found


def unknown_columns(schema: ColumnTypes) -> tuple[str, ...]:
    """Name the columns of a schema that are neither read nor known to be of no use."""
    return tuple(column for column in schema if column not in _KNOWN_COLUMNS)


def _packet(field: str, text: Any, data_type: Any, packets: Packets) -> Any:
    if text and _is_stored(data_type):
        match packets.get(field):
            case None:
                raise PayloadError(f"The {field} is stored elsewhere and was not fetched.")
            case PayloadError() as error:
                raise PayloadError(error.message, remedy=error.remedy)
            case Parsed(value=value):
                return value
            case packet:
                text, data_type = packet
    return parse_packet(text, data_type)


def _is_stored(data_type: Any) -> bool:
    return isinstance(data_type, str) and data_type.partition(";")[0].strip() == STORED


def _prefer_metadata_streams(values: dict[str, Any]) -> None:
    """Streams named in the metadata (`$$streams`) beat the column, when they are all strings."""
    names = as_list(as_object(values.get("metadata")).get("$$streams"))
    if names and as_strings(names) == names:
        values["realtime_streams"] = names


def _read_each(
    row: Row, columns: Sequence[FieldColumn], packets: Packets
) -> tuple[dict[str, Any], list[RunProblem]]:
    """Read field by field what cannot be read at once."""
    values: dict[str, Any] = {}
    problems: list[RunProblem] = []

    def read(name: str, source: Callable[[], Any]) -> None:
        try:
            value = source()
        except PartlyRead as error:
            value = error.value
            problems.append(run_problem(name, str(error)))
        except Exception as error:  # whatever it is, the other fields are shown
            value = None
            problems.append(run_problem(name, str(error)))
        if value is not None:
            values[name] = value

    for column, name, decode in columns:
        if text := row.get(column):
            read(name, partial(decode, text))
    for field, type_column in _PACKETS:
        read(field, partial(_packet, field, row.get(field), row.get(type_column), packets))
    return values, problems
