"""Vars that the browser computes from others."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_base.vars.base import VarData


def expression(text: str, *used: Any) -> rx.Var[Any]:
    """A var that is computed in the browser.

    Args:
        text: The JavaScript expression.
        *used: The vars that it names, and the `VarData` of what it imports.

    Returns:
        The var, of no particular type.
    """
    data = [it if isinstance(it, VarData) else it._get_all_var_data() for it in used]
    return rx.Var(text, _var_data=VarData.merge(*data))


def json_field(value: Any, *path: str) -> rx.Var[Any]:
    """A field of a JSON value, whatever the model of the value declares.

    Args:
        value: The var of an object, such as a run's `metadata`.
        *path: The keys that lead to the field.

    Returns:
        The var of the field, undefined where the value or the field is missing.
    """
    keys = "".join(f"?.[{rx.Var.create(key)!s}]" for key in path)
    return expression(f"{value!s}{keys}", value)


def called(function: str, library: str, *arguments: Any) -> rx.Var[Any]:
    """What a function returns in the browser.

    Args:
        function: The function's name.
        library: Where a page imports it from.
        *arguments: What it is called with: vars, or values.

    Returns:
        The var, of no particular type.
    """
    given = [rx.Var.create(argument) for argument in arguments]
    imported = VarData(imports={library: [rx.ImportVar(tag=function)]})
    return expression(f"{function}({', '.join(map(str, given))})", imported, *given)
