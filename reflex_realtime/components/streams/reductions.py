"""What is made of the parts of a stream in the browser.

Each step costs what the new parts cost, not what all of them do: the patches that make a list
longer tell the reduction where it had ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, overload

import reflex as rx
from pydantic import BaseModel
from reflex_base.vars.base import VarData

from reflex_realtime.components.streams.library import imported
from reflex_realtime.errors import ConfigurationError

PartT = TypeVar("PartT")
ModelT = TypeVar("ModelT", bound=BaseModel)


def joined_text(parts: list[Any] | rx.Var[Any], key: str | None = None) -> rx.vars.StringVar[str]:
    """The text of a stream whose parts are pieces of it.

    ```python
    rx.text(joined_text(Chat.streams.answer))
    rx.text(joined_text(Chat.streams.deltas, key="text"))
    ```

    Args:
        parts: The var of a list of texts, or of objects.
        key: The field of an object that has the text. None where the parts are texts.

    Returns:
        The var of the text.

    Raises:
        ConfigurationError: The parts have no such field.
    """
    if key is not None:
        check_field(parts, key)
    return _reduced(str, "joinedText", parts, key)


@overload
def parts_of_type(
    parts: list[Any] | rx.Var[Any], type: type[ModelT], key: str = "type"
) -> list[ModelT]: ...
@overload
def parts_of_type(
    parts: list[PartT], type: str | rx.Var[str], key: str = "type"
) -> list[PartT]: ...
@overload
def parts_of_type(parts: rx.Var[Any], type: str | rx.Var[str], key: str = "type") -> Any: ...
def parts_of_type(parts: Any, type: Any, key: str = "type") -> Any:
    """Those objects of a stream that are of one type.

    ```python
    rx.foreach(parts_of_type(Chat.streams.parts, ToolCall), lambda call: rx.text(call.name))
    ```

    Args:
        parts: The var of a list of objects, typed by a union of models that differ in a field.
        type: One of the models; or what the field says, text or a var of it.
        key: The field that says which type an object is of.

    Returns:
        A var of the list, of the model that has the type where there is one.

    Raises:
        ConfigurationError: No part is of that type, or a model does not say which type it is of.
    """
    models = _models(parts)
    if isinstance(type, rx.Var):
        return _reduced(list[_union(models)], "partsOfType", parts, type, key)
    if not isinstance(type, str):
        names = _types_of(type, key)
        if not names:
            raise ConfigurationError(
                f"{type.__name__}.{key} does not say which type a part is of.",
                remedy=f'Declare it as a literal: `{key}: Literal["..."] = "..."`.',
            )
        return _reduced(list[type], "partsOfType", parts, names, key)
    known = {name: model for model in models for name in _types_of(model, key)}
    if known and type not in known:
        raise ConfigurationError(
            f"No part is of type {type!r}.", remedy=f"There are {', '.join(map(repr, known))}."
        )
    return _reduced(list[known.get(type, Any)], "partsOfType", parts, type, key)


@overload
def last_part(parts: list[PartT]) -> PartT: ...
@overload
def last_part(parts: rx.Var[Any]) -> Any: ...
def last_part(parts: Any) -> Any:
    """The newest part of a stream.

    ```python
    rx.text(last_part(Import.streams.steps).label)
    ```

    Args:
        parts: The var of a list.

    Returns:
        The var of its last part, None as long as there is none.
    """
    return _var(item_type(parts) | None, f"{parts!s}?.at(-1)", parts._get_all_var_data())


def _reduced(kind: Any, function: str, *arguments: Any) -> Any:
    values = [rx.Var.create(value) for value in arguments]
    data = [value._get_all_var_data() for value in values]
    called = VarData(imports=imported("reductions.js", function))
    call = f"{function}({', '.join(map(str, values))})"
    return _var(kind, call, VarData.merge(called, *data))


def _var(kind: Any, expression: str, data: VarData | None) -> Any:
    return rx.Var(_js_expr=expression, _var_type=kind, _var_data=data).guess_type()


def item_type(parts: Any) -> Any:
    """The type of what a list has.

    Args:
        parts: The var of the list.

    Returns:
        The type, Any where it is not known.
    """
    return (get_args(parts._var_type) or (Any,))[0]


def check_field(parts: Any, key: str) -> None:
    """Refuse a field that no part has.

    Args:
        parts: The var of a list.
        key: The name of the field.

    Raises:
        ConfigurationError: The parts are models, and none of them declares the field.
    """
    models = _models(parts)
    if models and not any(key in model.model_fields for model in models):
        names = ", ".join(sorted({name for model in models for name in model.model_fields}))
        raise ConfigurationError(f"No part has a field {key!r}.", remedy=f"The parts have {names}.")


def _models(parts: Any) -> list[type[BaseModel]]:
    """The models that the parts may have."""
    return [each for each in _members(item_type(parts)) if _is_model(each)]


def _members(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _members(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _members(member)
    else:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _union(models: list[type[BaseModel]]) -> Any:
    return Union[tuple(models)] if models else Any  # noqa: UP007


def _types_of(model: type[BaseModel], key: str) -> list[str]:
    """What the field of a model can say."""
    field = model.model_fields.get(key)
    annotation = field and field.annotation
    return list(get_args(annotation)) if get_origin(annotation) is Literal else []
