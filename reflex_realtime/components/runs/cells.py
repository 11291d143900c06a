"""What is shown of each run of a set, as a component of the browser."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from typing import Any, get_args

import reflex as rx


def of_each_run(
    name: str, content: Callable[[Any], rx.Component], runs: rx.Var[Any]
) -> rx.Var[Any]:
    """What is shown of each run, as a component of the browser that is given a run.

    It renders again when it is given another object, and when something else changes that the
    content uses. A patch leaves the objects of runs that did not change as they are.

    Args:
        name: What it is called.
        content: What makes the content of the var of a run.
        runs: The var of the runs; its type types the run that the content is made of.

    Returns:
        The var of the component.
    """
    (run_type,) = get_args(runs._var_type)

    def of_run(run: Any) -> rx.Component:
        return content(run)

    run = rx.Var("run", _var_type=run_type).guess_type()
    rendered = str(content(run).render())
    of_run.__name__ = of_run.__qualname__ = f"{name}_{md5(rendered.encode()).hexdigest()}"
    of_run.__annotations__ = {"run": rx.Var[run_type], "return": rx.Component}
    return rx.Var.create(rx.memo(of_run))
