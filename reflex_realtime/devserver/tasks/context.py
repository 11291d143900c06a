"""What a task is given to report with: metadata, streams, tags, a logger.

Its methods are plain and thread-safe: they only note what is to be written. The runner writes it,
many notes at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from reflex_realtime.devserver.metadata import (
    Operation,
    OperationType,
    apply_operations,
    encode_metadata,
    encode_value,
    plain_value,
)
from reflex_realtime.devserver.tasks.notebook import Notebook
from reflex_realtime.devserver.tasks.waits import Waits
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.durations import parse_duration

MAX_TAGS = 10
MAX_TAG_CHARACTERS = 128


class Metadata:
    """The run's metadata, as JSON values."""

    def __init__(self, notebook: Notebook, current: Mapping[str, Any]) -> None:
        self._notebook = notebook
        self._current = dict(current)

    def current(self) -> dict[str, Any]:
        """All of it, as a copy."""
        with self._notebook.lock:
            return apply_operations(self._current, ())

    def get(self, key: str, default: Any = None) -> Any:
        """One value, or the default when there is none."""
        return self.current().get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Set a value.

        Raises:
            PayloadError: It is not JSON, or the metadata would become too large.
        """
        self._apply("set", key, value)

    def increment(self, key: str, by: float = 1) -> None:
        """Add to a number; one that is missing counts as 0.

        Raises:
            PayloadError: The value is not a number.
        """
        self._apply("increment", key, by)

    def append(self, key: str, value: Any) -> None:
        """Add to a list; one that is missing is made."""
        self._apply("append", key, value)

    def remove(self, key: str, value: Any) -> None:
        """Take every item that equals the value out of a list."""
        self._apply("remove", key, value)

    def delete(self, key: str) -> None:
        """Delete a value."""
        self._apply("delete", key)

    def update(self, values: Mapping[str, Any]) -> None:
        """Set several values."""
        self._apply("update", "", dict(values))

    def _apply(self, kind: OperationType, key: str, value: Any = None) -> None:
        plain = plain_value(value, f"The metadata {key!r}" if key else "The metadata")
        operation = Operation(kind, key, plain)
        with self._notebook.lock:
            changed = apply_operations(self._current, [operation])
            encode_metadata(changed)
            self._notebook.edit(lambda notes: notes.operations.append(operation))
            self._current = changed


class Tags:
    """The run's tags."""

    def __init__(self, notebook: Notebook, current: list[str]) -> None:
        self._notebook = notebook
        self._current = list(current)

    def add(self, *tags: str) -> None:
        """Add tags; one that is there already stays.

        Raises:
            ConfigurationError: A tag is empty or too long, or there would be too many.
        """
        with self._notebook.lock:
            new = [tag for tag in dict.fromkeys(tags) if tag not in self._current]
            check_tags([*self._current, *new])
            self._notebook.edit(lambda notes: notes.tags.extend(new))
            self._current.extend(new)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._current))


class StreamWriter:
    """Writes one stream of the run."""

    def __init__(self, notebook: Notebook, name: str) -> None:
        self._notebook = notebook
        self._name = name

    def append(self, part: Any) -> None:
        """Add a part.

        Args:
            part: Text, any JSON value or a pydantic model.

        Raises:
            PayloadError: It cannot be written as JSON.
        """
        line = encode_value(part, f"A part of the stream {self._name!r}")
        self._notebook.edit(lambda notes: notes.lines.setdefault(self._name, []).append(line))


class TaskContext:
    """One attempt of one run, as its task sees it.

    Attributes:
        run_id: The run's id.
        task_id: The task's id.
        attempt: The number of this attempt, from 1.
        max_attempts: How many there may be.
        metadata: The run's metadata.
        tags: The run's tags.
        logger: A logger whose records carry the run's id.
    """

    def __init__(
        self,
        *,
        run_id: str,
        task_id: str,
        attempt: int,
        max_attempts: int,
        metadata: str | None,
        tags: list[str],
        notebook: Notebook,
        waits: Waits,
    ) -> None:
        self._notebook = notebook
        self._waits = waits
        self.run_id = run_id
        self.task_id = task_id
        self.attempt = attempt
        self.max_attempts = max_attempts
        self.metadata: Metadata = Metadata(self._notebook, from_json(metadata) if metadata else {})
        self.tags: Tags = Tags(self._notebook, tags)
        self.logger: _RunLogger = _RunLogger(
            logging.getLogger(f"reflex_realtime.tasks.{task_id}"), {"run_id": run_id}
        )

    def stream(self, name: str) -> StreamWriter:
        """A stream of the run, made when its first part is written.

        Args:
            name: The stream's name, without a slash.

        Returns:
            Its writer.

        Raises:
            ConfigurationError: The name is empty or has a slash.
        """
        if not name or "/" in name:
            raise ConfigurationError(
                f"{name!r} cannot be the name of a stream.", remedy="Use a name without a slash."
            )
        return StreamWriter(self._notebook, name)

    async def create_token(self, expires_in: str | None = None) -> str:
        """Make a wait token. Show its id to whoever is to complete it, as metadata for instance.

        Args:
            expires_in: A duration such as `"10m"` after which nobody can complete it any more.

        Returns:
            The token's id.

        Raises:
            ConfigurationError: That is no duration.
        """
        seconds = None if expires_in is None else parse_duration(expires_in).total_seconds()
        return await self._waits.create_token(seconds)

    async def wait_for_token(self, token_id: str) -> Any:
        """Wait until somebody completes a wait token; the run's status is `WAITING` meanwhile.

        The time does not count towards the task's `max_duration`.

        Args:
            token_id: The token's id.

        Returns:
            What it was completed with.

        Raises:
            TimeoutError: Nobody completed it in time.
            ConfigurationError: There is no such token.
        """
        return await self._waits.wait_for(token_id)

    @property
    def cancelled(self) -> bool:
        """Whether the run was cancelled or took too long."""
        return self._notebook.stopped

    def raise_if_cancelled(self) -> None:
        """Stop here if the run was cancelled or took too long.

        Raises:
            RunCancelled: It was.
        """
        self._notebook.check()


class _RunLogger(logging.LoggerAdapter[logging.Logger]):
    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        run_id = (self.extra or {}).get("run_id")
        return f"[{run_id}] {msg}", {**kwargs, "extra": self.extra}


def check_tags(tags: list[str]) -> None:
    """Refuse tags that a run cannot have.

    Args:
        tags: All tags of the run.

    Raises:
        ConfigurationError: A tag is empty or too long, or there are too many.
    """
    if len(tags) > MAX_TAGS:
        raise ConfigurationError(
            f"A run can have {MAX_TAGS} tags, not {len(tags)}.", remedy="Use fewer tags."
        )
    for tag in tags:
        if not tag or len(tag) > MAX_TAG_CHARACTERS:
            raise ConfigurationError(
                f"{tag!r} cannot be a tag.",
                remedy=f"A tag has 1 to {MAX_TAG_CHARACTERS} characters.",
            )
