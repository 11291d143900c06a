"""Numbers and times as text, formatted in the browser."""

from typing import Any

import reflex as rx

NOTHING = "\N{EN DASH}"


def grouped(number: Any) -> rx.Var[str]:
    """A whole number with its thousands apart: `12,345`; a dash while there is none."""
    return _formatted(number, "{}.toLocaleString('en')")


def percent(share: Any) -> rx.Var[str]:
    """A share of one as `42 %`."""
    return _formatted(share, "Math.floor({} * 100) + ' %'")


def seconds(milliseconds: Any) -> rx.Var[str]:
    """A duration as `1.3 s`."""
    return _formatted(milliseconds, "({} / 1000).toFixed(1) + ' s'")


def kilobytes(size: Any) -> rx.Var[str]:
    """A number of bytes as `1,234 kB`, rounded up."""
    return _formatted(size, "Math.ceil({} / 1000).toLocaleString('en') + ' kB'")


def clock(moment: Any) -> rx.Var[str]:
    """A point in time as the visitor's clock shows it: `14:05:09`."""
    return _formatted(
        moment, "new Date(String({}).replace(' ', 'T')).toLocaleTimeString('en', {{hour12: false}})"
    )


def _formatted(value: Any, expression: str) -> rx.Var[str]:
    var = rx.Var.create(value)
    shown = f"({var} == null ? '{NOTHING}' : {expression.format(var)})"
    return rx.Var(shown, _var_data=var._get_all_var_data()).to(str)
