"""Numbers as text, formatted in the browser."""

from typing import Any

import reflex as rx

NOTHING = "\N{EN DASH}"


def grouped(number: Any) -> rx.Var[str]:
    """A whole number with its thousands apart: `12,345`; a dash while there is none."""
    return _formatted(number, "{}.toLocaleString('en')")


def kilobytes(size: Any) -> rx.Var[str]:
    """A number of bytes as `1,234 kB`, rounded up."""
    return _formatted(size, "Math.ceil({} / 1000).toLocaleString('en') + ' kB'")


def _formatted(value: Any, expression: str) -> rx.Var[str]:
    var = rx.Var.create(value)
    shown = f"({var} == null ? '{NOTHING}' : {expression.format(var)})"
    return rx.Var(shown, _var_data=var._get_all_var_data()).to(str)
