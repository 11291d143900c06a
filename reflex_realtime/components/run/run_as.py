"""`run_as`: a run of one task, where a var may have runs of several."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import reflex as rx
from reflex_base.vars.object import ObjectVar

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.models import AnyRun
from reflex_realtime.states.models import run_models

RunT = TypeVar("RunT", bound=AnyRun)


def run_as(run: Any, model: type[RunT]) -> ObjectVar[RunT]:
    """A var of a run of several tasks as a run of one of them, in the branch that is for it.

    ```python
    rx.match(
        Job.run.task_identifier,
        ("resize", rx.image(src=run_as(Job.run, Resize).output.url)),
        ("export", rx.text(run_as(Job.run, Export).output.rows, " rows")),
        rx.text("Nothing yet"),
    )
    ```

    Args:
        run: The var: a state's `run`, or what `rx.foreach` gives of its `runs`.
        model: One of the run types that the var is annotated with.

    Returns:
        The same var with the attributes of that type; a misspelt one fails when the page is
        compiled.

    Raises:
        ConfigurationError: It is no var of runs, or never of this type.
    """
    if not isinstance(run, rx.Var):
        raise ConfigurationError(
            f"{run!r:.80} is not a var.",
            remedy="Pass the var of a run, such as Job.run.",
        )
    models = run_models(run._var_type)
    if model not in models:
        names = ", ".join(known.__name__ for known in models)
        raise ConfigurationError(
            f"{run!s} is never a {model.__name__}: its type names {names}.",
            remedy=f"Annotate the state's var with it: {names.replace(', ', ' | ')} | "
            f"{model.__name__}.",
        )
    return cast("ObjectVar[RunT]", run.to(model))
