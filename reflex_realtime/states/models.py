"""From type parameters and annotations to the vars and models of a state class."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, Union, get_args, get_origin

import reflex as rx

from reflex_realtime.errors import ConfigurationError
from reflex_realtime.models import AnyRun, RealtimeRun, RunStatus
from reflex_realtime.patches.patch import Patch, changed_keys, difference, replaced

StateT = TypeVar("StateT", bound=type)
ValueT = TypeVar("ValueT")

if TYPE_CHECKING:

    def typed_var(get: Callable[[Any], ValueT]) -> rx.Field[ValueT]:
        """Declare a var whose type is that of a type variable of its class.

        Type checkers refuse to look up what is annotated with one in `type[Mixin[...]]`, which is
        what functions take that show any state of a mixin.
        """
        ...


_specialised: dict[tuple[type, tuple[Any, ...]], type] = {}


@rx.serializer
def serialize_run(run: RealtimeRun) -> dict[str, Any]:
    """Send what the run's model declares, times as ISO 8601, which every browser reads."""
    return run.model_dump(mode="json")


def run_difference(old: AnyRun | None, new: AnyRun) -> Patch | None:
    """What a page must be told to show a run as it is now, in the form that `serialize_run` sends.

    Args:
        old: The run as it is shown, None while none is.
        new: The run as it is now.

    Returns:
        The patch of the fields that changed; None where none did.
    """
    if old is None or type(old) is not type(new):
        return replaced(new)
    names = [*type(new).model_fields, *type(new).model_computed_fields]
    changed = {name for name in names if not _same(getattr(old, name), getattr(new, name))}
    if not changed:
        return None
    now = new.model_dump(mode="json", include=changed)
    nested = {name for name, value in now.items() if isinstance(value, dict | list)}
    before = old.model_dump(mode="json", include=nested) if nested else {}
    changes = {
        name: change
        for name, value in now.items()
        if (change := difference(before[name], value) if name in before else replaced(value))
    }
    return changed_keys(changes) if changes else None


_SCALARS: Final = {str, int, float, bool, type(None), datetime, RunStatus}


def _same(old: Any, new: Any) -> bool:
    """Whether two values are sent as the same: to Python, True and 1 are equal."""
    if old is new:
        return True
    if type(old) is type(new) and type(old) in _SCALARS:
        return old == new
    return old == new and repr(old) == repr(new)


def plain(value: Any) -> Any:
    """The value beneath the proxy that tracks changes to a var: a proxy must not be stored."""
    return getattr(value, "__wrapped__", value)


def specialise(mixin: StateT, arguments: Any, vars: Mapping[str, tuple[Any, Any]]) -> StateT:
    """Make the mixin that `Mixin[Payload, Output]` stands for.

    Args:
        mixin: The mixin.
        arguments: The type arguments as given.
        vars: The vars whose type they decide: name to annotation and default.

    Returns:
        A mixin with typed vars, the same one for the same arguments; the mixin itself for type
        variables, as in the bases of another generic mixin.
    """
    key = (mixin, arguments if isinstance(arguments, tuple) else (arguments,))
    if any(isinstance(argument, TypeVar) for argument in key[1]):
        return mixin
    if key not in _specialised:
        namespace: dict[str, Any] = {
            "__annotations__": {name: annotation for name, (annotation, _) in vars.items()},
            "__module__": mixin.__module__,
            "__doc__": mixin.__doc__,
            **{name: default for name, (_, default) in vars.items()},
        }
        name = f"{mixin.__name__}_{len(_specialised)}"
        _specialised[key] = type(mixin)(name, (mixin,), namespace, mixin=True)
    return _specialised[key]  # pyright: ignore[reportReturnType]


def type_arguments(arguments: Any, parameters: tuple[Any, ...], mixin: str) -> tuple[Any, ...]:
    """Fill in the type arguments that were not given.

    Args:
        arguments: The type arguments as given, one or a tuple.
        parameters: The type variables that they stand for.
        mixin: The mixin's name, for the error.

    Returns:
        As many arguments as parameters; those not given, or given as Any, are the default.

    Raises:
        ConfigurationError: There are too many.
    """
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    if len(given) > len(parameters):
        names = [parameter.__name__.removesuffix("T") for parameter in parameters]
        raise ConfigurationError(
            f"{mixin} takes {len(names)} type arguments, not {len(given)}.",
            remedy=f"Write {mixin}[{', '.join(names)}].",
        )
    filled = (*given, *(Any for _ in parameters[len(given) :]))
    return tuple(
        parameter.__default__ if argument is Any else argument
        for argument, parameter in zip(filled, parameters, strict=True)
    )


def run_models(annotation: Any) -> tuple[type[AnyRun], ...]:
    """The run models that a var's annotation names.

    Args:
        annotation: `Run | None`, `list[Run]`, or with a union of run types.

    Returns:
        The models, in order.

    Raises:
        ConfigurationError: The annotation names no run model.
    """
    models = tuple(_models_in(annotation))
    if not models:
        raise ConfigurationError(
            f"The var's type {annotation} names no RealtimeRun.",
            remedy="Annotate it as in `run: RealtimeRun[Payload, Output] | None = None`.",
        )
    return models


def _models_in(annotation: Any) -> list[type[AnyRun]]:
    if get_origin(annotation) in (Union, types.UnionType, list):
        return [model for part in get_args(annotation) for model in _models_in(part)]
    is_run = isinstance(annotation, type) and issubclass(annotation, RealtimeRun)
    return [annotation] if is_run else []
