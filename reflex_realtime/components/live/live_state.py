"""State classes that are made for a component, one for each thing that is followed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from inspect import isawaitable, isfunction
from typing import Any, ClassVar, Final, TypeAlias, cast

import reflex as rx

from reflex_realtime.components.live.targets import LiveTarget
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.options import (
    OptionOverrides,
    RealtimeOptions,
    parse_options,
    resolve_options,
    set_options,
)
from reflex_realtime.states.subscription import SubscriptionState, SubscriptionStatus, Target

Decision: TypeAlias = bool | str | None
Authorize: TypeAlias = Callable[[Any, Any], Decision | Awaitable[Decision]]
"""Takes the state and what the browser has named, and answers as a state's `_authorize`."""


# What is given as Any has the type that it has by default. As default values of a function they let
# type checkers infer what the function makes of them.
ANY: Final = cast("type[Any]", Any)
ANY_METADATA: Final = cast("type[dict[str, Any]]", Any)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a state class is made from.

    Attributes:
        mixin: The mixin.
        types: Its type arguments.
        target: What it follows.
        authorize: Decides about what a browser names; None for what is usual.
        options: The options of the component.
    """

    mixin: type[SubscriptionState]
    types: tuple[Any, ...]
    target: LiveTarget
    authorize: Authorize | None
    options: RealtimeOptions

    @property
    def name(self) -> str:
        """The name of the class: the same in each process that evaluates the page.

        It is derived from what stays the same wherever the app runs, and shows none of it.
        """
        given = self.options.id
        distinction = f"id {given}" if given else f"target {self.target} {self.types}"
        digest = sha256(distinction.encode()).hexdigest()[:16]
        return f"{self.mixin.__name__.removesuffix('State')}_{digest}"

    @property
    def typed_mixin(self) -> Any:
        """The mixin with its types."""
        return cast("Any", self.mixin)[self.types]

    def differences(self, other: Recipe) -> list[str]:
        """In what another recipe of the same name differs from this one."""
        options, others = set_options(self.options), set_options(other.options)
        pairs = {
            "what they follow": (str(self.target), str(other.target)),
            "their types": (self.types, other.types),
            "authorize": (self.authorize, other.authorize),
            **{name: (options.get(name), others.get(name)) for name in {**options, **others}},
        }
        return [name for name, (one, another) in pairs.items() if not _alike(one, another)]


class LiveState(SubscriptionState, mixin=True):
    """The part of a state that was made for a component.

    What the app's code has written is granted by being written there: such a state has its target
    from the beginning, and what a browser names counts for nothing. What a var names is the
    browser's word, so it is decided upon.
    """

    _recipe: ClassVar[Recipe]

    @classmethod
    def _decision(cls) -> str:
        return "the function given as authorize="

    async def _authorize(self, target: str | list[str]) -> bool | str | None:
        if self._recipe.authorize is None:
            return await super()._authorize(target)
        answer = self._recipe.authorize(self, target)
        return await answer if isawaitable(answer) else answer

    async def _subscribe_if_granted(self, target: Any) -> Any:
        if self._recipe.target.written:
            return self.__class__.follow
        return await super()._subscribe_if_granted(target)


def live_state(
    mixin: type[SubscriptionState],
    types: tuple[Any, ...],
    target: LiveTarget,
    authorize: Authorize | None,
    options: OptionOverrides,
) -> Any:
    """The state class of a component.

    Components that follow the same in the same way, on whichever pages, share one.

    Args:
        mixin: The mixin.
        types: Its type arguments.
        target: What the component follows.
        authorize: Decides about what a browser names; None for what is usual.
        options: The options of the component.

    Returns:
        The class, of the mixin with these types.

    Raises:
        ConfigurationError: An option makes no sense; there is nothing for `authorize` to decide;
            or another component has a state of that name and differs from this one.
    """
    recipe = Recipe(mixin, types, target, authorize, parse_options(**options))
    if authorize and target.written:
        raise ConfigurationError(
            f"authorize= decides about what a browser names, and {target} is written in the app, "
            "for everybody who sees the page.",
            remedy="Leave authorize= out, or pass a var, whose value depends on who looks.",
        )
    state: Any = next((it for it in rx.State.get_substates() if it.__name__ == recipe.name), None)
    if state is None:
        state = _made(recipe)
    elif differences := recipe.differences(state._recipe):
        given = recipe.options.id
        named = f"have the id {given!r}" if given else f"follow {target}"
        raise ConfigurationError(
            f"Two components {named} and differ in {' and in '.join(differences)}, so they cannot "
            "share a state.",
            remedy='Give one of them an id="..." of its own. A function that both are given is '
            "best defined in a module.",
        )
    return state


_WAITING: Final[SubscriptionStatus] = "connecting"
_STOPPED: Final[SubscriptionStatus] = "stopped"


def _made(recipe: Recipe) -> type[SubscriptionState]:
    is_enabled = resolve_options(recipe.options).enabled
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {"_recipe": ClassVar[Recipe]},
        "_recipe": recipe,
        "realtime_options": recipe.options,
    }
    if recipe.target.written:
        namespace["__annotations__"] |= {
            "_target": Target,
            "_enabled": bool,
            "subscription_status": SubscriptionStatus,
        }
        namespace |= {
            "_target": recipe.target.written,
            "_enabled": is_enabled,
            "subscription_status": _WAITING if is_enabled else _STOPPED,
        }
    metaclass: Any = type(rx.State)
    state = metaclass(recipe.name, (LiveState, recipe.typed_mixin, rx.State), namespace)
    # Sessions are pickled, which looks the class up by its name.
    globals()[recipe.name] = state
    return state


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same, though a page that is evaluated again made one of them."""
    if not (isfunction(one) and isfunction(other)):
        return one == other
    kept = ("__defaults__", "__kwdefaults__", "__closure__")
    return one.__code__ is other.__code__ and all(
        getattr(one, name) == getattr(other, name) for name in kept
    )
