"""The models of runs: which one a run has, and what becomes of a run that does not fit it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin

from pydantic import ValidationError

from reflex_realtime.errors import ProtocolError
from reflex_realtime.models import RealtimeRun, RunProblem

RunModels: TypeAlias = Sequence[type[RealtimeRun[Any, Any]]]
TaskModel: TypeAlias = tuple[tuple[Any, ...], type[RealtimeRun[Any, Any]]]
"""A model and the tasks that it is for, none for any."""

MAX_PROBLEM_CHARS: Final = 300
"""What a problem says beyond this is cut off: it may quote what the run holds."""

_REQUIRED: Final = ("id", "created_at", "updated_at")


def model_for_task(models: RunModels, task_identifier: str) -> type[RealtimeRun[Any, Any]] | None:
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


def find_model(
    models: Sequence[TaskModel], task_identifier: Any
) -> type[RealtimeRun[Any, Any]] | None:
    """Find the first model for a task, None when there is none."""
    for tasks, model in models:
        if not tasks or task_identifier in tasks:
            return model
    return None


def build_run(
    values: dict[str, Any], problems: list[RunProblem], model: type[RealtimeRun[Any, Any]]
) -> Any:
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
        for name, message in bad.items():
            if name not in values:
                raise ProtocolError(
                    f"The run {values.get('id')} does not fit the model {model.__name__}: "
                    f"{_capped(message)}."
                )
            del values[name]
            problems.append(run_problem(name, message))


def run_problem(field: str, message: str) -> RunProblem:
    """Say what is wrong with a field of a run, at no great length."""
    return RunProblem(field=field, message=_capped(message or "it cannot be read"))


def _capped(text: str) -> str:
    return text if len(text) <= MAX_PROBLEM_CHARS else text[:MAX_PROBLEM_CHARS] + "..."


def _refused_fields(
    error: Exception, values: dict[str, Any], model: type[RealtimeRun[Any, Any]]
) -> dict[str, str]:
    """By field, why a model refuses it; an empty name stands for the run as a whole."""
    if isinstance(error, ValidationError):
        refused: dict[str, str] = {}
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            name = str(detail["loc"][0]) if detail["loc"] else ""
            path = ".".join(str(part) for part in detail["loc"])
            refused.setdefault(name, f"{path}: {detail['msg']}" if path else detail["msg"])
        return refused
    required = {name: values[name] for name in _REQUIRED if name in values}
    if crash := _crash(model, required):
        return {"": crash}
    crashes = {name: _crash(model, {**required, name: value}) for name, value in values.items()}
    return {name: crash for name, crash in crashes.items() if crash} or {"": _described(error)}


def _crash(model: type[RealtimeRun[Any, Any]], values: dict[str, Any]) -> str:
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


def _tasks_of(model: type[RealtimeRun[Any, Any]]) -> tuple[Any, ...]:
    annotation = model.model_fields["task_identifier"].annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()
