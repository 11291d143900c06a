"""The models of runs: which one a run has, and what becomes of a run that does not fit it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin

from pydantic import ValidationError

from reflex_realtime.errors import ProtocolError
from reflex_realtime.models import AnyRun, RunProblem
from reflex_realtime.protocol.json_values import as_object

RunModels: TypeAlias = Sequence[type[AnyRun]]
TaskModel: TypeAlias = tuple[tuple[Any, ...], type[AnyRun]]
"""A model and the tasks that it is for, none for any."""

MAX_PROBLEM_CHARS: Final = 300
"""What a problem says beyond this is cut off: it may quote what the run holds."""

_REQUIRED: Final = ("id", "created_at", "updated_at")

_Place: TypeAlias = tuple[str] | tuple[str, str]
"""A field, or a key of the metadata, which is set key by key and so is refused key by key."""
_WHOLE: Final = ("",)
"""The run as a whole."""


def model_for_task(models: RunModels, task_identifier: str) -> type[AnyRun] | None:
    """Choose among the models of several tasks.

    Args:
        models: The candidates. One that declares `task_identifier: Literal["..."]` is for those
            tasks only; one that does not is for any.
        task_identifier: The run's task.

    Returns:
        The first model for the task, None when none is.
    """
    return find_model(with_tasks(models), task_identifier)


def with_tasks(models: RunModels) -> list[TaskModel]:
    """Name the tasks of each model: those of its `Literal`, else none."""
    return [(_tasks_of(model), model) for model in models]


def find_model(models: Sequence[TaskModel], task_identifier: Any) -> type[AnyRun] | None:
    """Find the first model for a task, None when there is none."""
    for tasks, model in models:
        if not tasks or task_identifier in tasks:
            return model
    return None


def build_run(values: dict[str, Any], problems: list[RunProblem], model: type[AnyRun]) -> Any:
    """Validate field by field, so that one bad field does not hide the run.

    Args:
        values: The run's fields, decoded. At least `id`, `created_at` and `updated_at`.
        problems: What is known to be wrong already.
        model: The run's model.

    Returns:
        The run; fields that do not fit the model have their default and an entry in `problems`.

    Raises:
        ProtocolError: The model requires a field that runs do not have, or refuses the whole run.
    """
    values, problems = dict(values), list(problems)
    while True:
        try:
            return model.model_validate({**values, "problems": problems})
        except Exception as error:  # validators of a task's model can fail in any way
            bad = _refused_fields(error, values, model)
        for (name, *key), message in bad.items():
            if name not in values:
                raise ProtocolError(
                    f"The run {values.get('id')} does not fit the model {model.__name__}: "
                    f"{_capped(message)}."
                )
            if key:
                values[name] = {k: v for k, v in values[name].items() if k not in key}
            else:
                del values[name]
            problems.append(run_problem(name, message))


def run_problem(field: str, message: str) -> RunProblem:
    """Say what is wrong with a field of a run, at no great length."""
    return RunProblem(field=field, message=_capped(message or "it cannot be read"))


def _capped(text: str) -> str:
    return text if len(text) <= MAX_PROBLEM_CHARS else text[:MAX_PROBLEM_CHARS] + "..."


def _refused_fields(
    error: Exception, values: dict[str, Any], model: type[AnyRun]
) -> dict[_Place, str]:
    """By place, why a model refuses what is there."""
    if isinstance(error, ValidationError):
        refused: dict[_Place, str] = {}
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            path = ".".join(str(part) for part in detail["loc"])
            message = f"{path}: {detail['msg']}" if path else detail["msg"]
            refused.setdefault(_place(detail["loc"], values), message)
        return refused
    required = {name: values[name] for name in _REQUIRED if name in values}
    if crash := _crash(model, required):
        return {_WHOLE: crash}
    crashes = {name: _crash(model, {**required, name: value}) for name, value in values.items()}
    found: dict[_Place, str] = {(name,): crash for name, crash in crashes.items() if crash}
    return found or {_WHOLE: _described(error)}


def _place(location: tuple[int | str, ...], values: dict[str, Any]) -> _Place:
    """Where something was refused: in a field, or in a key of the metadata."""
    match location:
        case ("metadata", str(key), *_) if key in as_object(values.get("metadata")):
            return "metadata", key
        case (name, *_):
            return (str(name),)
        case _:
            return _WHOLE


def _crash(model: type[AnyRun], values: dict[str, Any]) -> str:
    """How a model's validators fail at some values, empty when they do not."""
    try:
        model.model_validate(values)
    except ValidationError:
        return ""
    except Exception as error:  # this is what is looked for
        return _described(error)
    return ""


def _described(error: Exception) -> str:
    return f"a validator of the model failed with {type(error).__name__}: {error}"


def _tasks_of(model: type[AnyRun]) -> tuple[Any, ...]:
    annotation = model.model_fields["task_identifier"].annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()
