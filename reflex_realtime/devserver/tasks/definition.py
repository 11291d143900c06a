"""A task: a function, what it takes, and how it is retried."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from reflex_realtime.devserver.tasks.context import TaskContext
from reflex_realtime.errors import ConfigurationError, PayloadError

CONTEXT_NAMES = ("ctx", "context")


class AbortTaskRunError(Exception):
    """Raised by a task: the run fails at once and is not retried."""


@dataclass(frozen=True, slots=True)
class TaskRetry:
    """How long to wait between attempts.

    Attributes:
        min_seconds: The wait after the first failed attempt.
        max_seconds: The longest wait.
        factor: What each wait is multiplied with for the next.
        jitter: The share of the wait that is left to chance, 0 to 1.
    """

    min_seconds: float = 1.0
    max_seconds: float = 30.0
    factor: float = 2.0
    jitter: float = 0.2

    def __post_init__(self) -> None:
        """Refuse waits that make no sense.

        Raises:
            ConfigurationError: A value is out of its range.
        """
        if not 0 <= self.min_seconds <= self.max_seconds or not math.isfinite(self.max_seconds):
            raise ConfigurationError(
                f"A retry cannot wait between {self.min_seconds} and {self.max_seconds} seconds.",
                remedy="Choose 0 <= min_seconds <= max_seconds.",
            )
        if self.factor < 1 or not 0 <= self.jitter <= 1:
            raise ConfigurationError(
                f"A retry cannot have the factor {self.factor} and the jitter {self.jitter}.",
                remedy="Choose factor >= 1 and 0 <= jitter <= 1.",
            )

    def wait_after(self, attempt: int) -> float:
        """Seconds to wait after a failed attempt; the first attempt is 1."""
        wait = min(self.max_seconds, self.min_seconds * self.factor ** (attempt - 1))
        return wait * (1 - self.jitter * random.random())


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as registered.

    Attributes:
        id: The name it is triggered by.
        function: What it runs.
        is_async: Whether the function is a coroutine function; others run in a thread.
        payload: Reads its payload, or None when it takes none.
        payload_name: The parameter that gets the payload, or None.
        context_name: The parameter that gets the context, or None.
        max_attempts: How often it is tried before it fails.
        retry: How long to wait between attempts.
        max_duration: Seconds that one attempt may take, or None.
        concurrency_limit: How many of its runs may execute at once, or None.
    """

    id: str
    function: Callable[..., Any]
    is_async: bool
    payload: TypeAdapter[Any] | None
    payload_name: str | None
    context_name: str | None
    max_attempts: int
    retry: TaskRetry
    max_duration: float | None
    concurrency_limit: int | None

    def read_payload(self, value: Any) -> Any:
        """Check a payload.

        Args:
            value: The JSON value.

        Returns:
            What the function is given.

        Raises:
            PayloadError: The payload does not fit; the message names the field.
        """
        if self.payload is None:
            return None
        try:
            return self.payload.validate_python(value)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc']) or 'the payload'}: "
                f"{problem['msg']}"
                for problem in error.errors(include_url=False, include_input=False)
            )
            raise PayloadError(
                f"The payload does not fit the task {self.id!r}: {problems}."
            ) from None

    def arguments(self, payload: Any, context: TaskContext) -> dict[str, Any]:
        """The keyword arguments to call the function with."""
        named = {self.payload_name: payload, self.context_name: context}
        return {name: value for name, value in named.items() if name is not None}


def define_task(
    task_id: str,
    function: Callable[..., Any],
    *,
    local_names: Mapping[str, Any],
    max_attempts: int,
    retry: TaskRetry,
    max_duration: float | None,
    concurrency_limit: int | None,
) -> Task:
    """Read a function's signature into a task.

    The parameter annotated with `TaskContext`, or one without annotation that is called `ctx` or
    `context`, gets the context. The other one, if there is one, gets the payload.

    Args:
        task_id: The name it is triggered by.
        function: The function.
        local_names: Names that annotations may use beside those of the function's module.
        max_attempts: How often it is tried before it fails.
        retry: How long to wait between attempts.
        max_duration: Seconds that one attempt may take, or None.
        concurrency_limit: How many of its runs may execute at once, or None.

    Returns:
        The task.

    Raises:
        ConfigurationError: The name, the limits or the signature make no sense.
    """
    _check_limits(task_id, max_attempts, max_duration, concurrency_limit)
    payload_name, context_name = None, None
    hints = _type_hints(task_id, function, local_names)
    for parameter in inspect.signature(function).parameters.values():
        hint = hints.get(parameter.name, parameter.empty)
        unannotated_context = hint is parameter.empty and parameter.name in CONTEXT_NAMES
        if hint is TaskContext or unannotated_context:
            context_name = context_name or parameter.name
        elif payload_name is None and parameter.kind not in _COLLECTING | _POSITIONAL_ONLY:
            payload_name = parameter.name
        elif parameter.default is parameter.empty:
            raise ConfigurationError(
                f"Nothing fills the parameter {parameter.name!r} of the task {task_id!r}.",
                remedy="A task takes one payload, a TaskContext, both, or nothing.",
            )
    return Task(
        id=task_id,
        function=function,
        is_async=inspect.iscoroutinefunction(function),
        payload=_adapter(task_id, hints.get(payload_name, Any)) if payload_name else None,
        payload_name=payload_name,
        context_name=context_name,
        max_attempts=max_attempts,
        retry=retry,
        max_duration=max_duration,
        concurrency_limit=concurrency_limit,
    )


_COLLECTING = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
_POSITIONAL_ONLY = {inspect.Parameter.POSITIONAL_ONLY}


def _check_limits(
    task_id: str, max_attempts: int, max_duration: float | None, concurrency_limit: int | None
) -> None:
    if not task_id or "/" in task_id:
        raise ConfigurationError(
            f"{task_id!r} cannot be the id of a task.",
            remedy="Choose a name without a slash, for instance 'create-report'.",
        )
    limits = {
        "max_attempts": max_attempts,
        "max_duration": max_duration,
        "concurrency_limit": concurrency_limit,
    }
    for name, value in limits.items():
        if value is not None and not 0 < value < math.inf:
            raise ConfigurationError(
                f"The task {task_id!r} cannot have {name}={value}.",
                remedy="Choose a number above 0.",
            )


def _type_hints(
    task_id: str, function: Callable[..., Any], local_names: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        return get_type_hints(function, localns=dict(local_names))
    except NameError as error:
        raise ConfigurationError(
            f"An annotation of the task {task_id!r} cannot be read: {error}.",
            remedy="Define or import the type, at run time too, before the task.",
        ) from None


def _adapter(task_id: str, hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint)
    except PydanticSchemaGenerationError as error:
        raise ConfigurationError(
            f"The payload of the task {task_id!r} has a type that cannot be checked: {hint!r}.",
            remedy="Annotate it with a pydantic model, a dataclass, a TypedDict or a plain type.",
        ) from error
