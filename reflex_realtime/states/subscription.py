"""What the mixins share: the vars that tell how a subscription is doing, and its events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, ClassVar, Literal, TypeAlias, Unpack

import reflex as rx

from reflex_realtime import feeds
from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.events import FeedEvent
from reflex_realtime.models import AnyRun, RealtimeErrorInfo
from reflex_realtime.options import (
    OptionOverrides,
    RealtimeOptions,
    parse_options,
    resolve_options,
    set_options,
)
from reflex_realtime.patches.delta import PatchedState
from reflex_realtime.protocol.tokens import is_public_token
from reflex_realtime.states import authorisation, lifecycle, writers
from reflex_realtime.states.completion import CompletedRuns, Completion, events_of
from reflex_realtime.states.models import plain, run_models
from reflex_realtime.states.routes import route_parameter
from reflex_realtime.states.saved import restored, saved_value
from reflex_realtime.states.trigger import TriggerState, error_info

_log = logging.getLogger("reflex_realtime.states")

SubscriptionStatus: TypeAlias = Literal[
    "idle", "connecting", "live", "reconnecting", "complete", "stopped", "failed"
]
Target: TypeAlias = tuple[str, ...]
"""What is subscribed to: a run id, a batch id, or tags. Empty for nothing."""

ACTIVE: tuple[SubscriptionStatus, ...] = ("connecting", "live", "reconnecting")
ENDED: tuple[SubscriptionStatus, ...] = ("complete", "failed")

MAX_VIEWERS = 64
"""How many components of one page may show a state; a browser that claims more is refused."""


class SubscriptionState(PatchedState, TriggerState, mixin=True):
    """The part of a subscription that does not depend on what is subscribed to.

    Attributes:
        subscription_status: `idle` (nothing to follow, or nobody looking), `connecting`, `live`,
            `reconnecting` (with `error` saying why), `complete` (the run has ended), `stopped`
            (by `stop()` or `disable()`) or `failed` (with `error`).
        completed_runs: The runs whose end was reported, once a component of a page waits for it.
    """

    _feed_var: ClassVar[str] = ""
    _remembered: ClassVar[tuple[str, ...]] = (
        *("subscription_status", "error", "_target", "_overrides", "_fence"),
        *("_lasting_error", "_enabled", "_stopped", "_viewers", "_waits_for_viewer"),
        *("completed_runs", "_completed_runs", "_tells_completion"),
    )
    """The vars that a session which expired while it was followed gets back."""
    _patched_vars: ClassVar[tuple[str, ...]] = ("completed_runs",)
    _hurries_completion: ClassVar[bool] = True

    subscription_status: SubscriptionStatus = "idle"
    completed_runs: CompletedRuns = CompletedRuns()

    _target: Target = ()
    _overrides: dict[str, Any] = {}
    _fence: str = ""
    _lasting_error: RealtimeErrorInfo | None = None
    _enabled: bool = True
    _stopped: bool = False
    _viewers: dict[str, str] = {}
    _waits_for_viewer: bool = False
    _outbox: list[Completion] = []
    _completed_runs: CompletedRuns = CompletedRuns()
    """What `completed_runs` is as soon as a component waits for it: pages that have none are not
    sent the id of each run that ends."""
    _tells_completion: bool = False

    def __init__(self, *arguments: Any, **vars: Any) -> None:
        super().__init__(*arguments, **vars)
        for name, value in writers.memory_of(self).items():
            setattr(self, name, restored(value))

    @rx.var
    def is_loading(self) -> bool:
        """Whether the first answer has yet to come."""
        return self.subscription_status == "connecting"

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> AsyncGenerator[Any, None]:
        """Bring the session in line with the state: follow its target, or stop following."""
        async with aclosing(lifecycle.follow(self)) as events:
            async for event in events:
                yield event

    @rx.event
    async def subscribe(self, target: str | list[str]):
        """Follow a target that a page names, if `_authorize` grants it to whoever looks.

        Args:
            target: A run id, a batch id, a tag or tags, as the mixin takes them. Empty for nothing.
        """
        return await self._subscribe_if_granted(target)

    @rx.event
    async def subscribe_from_route(self, parameter: str):
        """Follow what the page's URL names, if `_authorize` grants it to whoever looks.

        Args:
            parameter: `run_id` for the route `/runs/[run_id]` or for `/runs?run_id=...`.
        """
        return await self._subscribe_if_granted(route_parameter(self.router, parameter))

    @rx.event
    def stop(self):
        """Stop following; what was shown stays. `restart()` or a new target goes on."""
        self._stopped = True
        self._halt("stopped")
        return self.__class__.follow

    @rx.event
    def restart(self):
        """Follow the target again, after `stop()`, after a failure or to start over."""
        self._stopped = False
        return self._resume()

    @rx.event
    def enable(self):
        """Follow the target from now on."""
        self._enabled = True
        return self._resume()

    @rx.event
    def disable(self):
        """Do not follow anything until `enable()`; what was shown stays."""
        self._enabled = False
        self._halt("stopped")
        return self.__class__.follow

    @rx.event
    async def view_opened(
        self,
        viewer: str,
        target: str | list[str] | None = None,
        waits_for_completion: bool = False,
    ):
        """A component that shows the state appeared in the browser.

        Args:
            viewer: The component's own mark.
            target: What the component names; None where it names nothing.
            waits_for_completion: Whether the component is to be told what has finished.
        """
        if waits_for_completion and not self._tells_completion:
            self._tells_completion = True
            self.completed_runs = plain(self._completed_runs)
        session = self.router.session.session_id
        viewers = self._present_viewers()
        is_new = not viewers
        if len(viewers) < MAX_VIEWERS:
            viewers[viewer[:64]] = session
        self._viewers = viewers
        self._waits_for_viewer = True
        if target is not None and not self._follows(target):
            return await self._subscribe_if_granted(target)
        return self.__class__.follow if is_new or not writers.is_followed(self) else None

    @rx.event
    def view_closed(self, viewer: str):
        """A component that shows the state disappeared.

        Args:
            viewer: The component's own mark.
        """
        if self._viewers.pop(viewer[:64], None) is None or self._viewers:
            return None
        if self.subscription_status in ACTIVE:
            self._halt("idle")
        return self.__class__.follow

    @rx.event
    async def deliver_completions(self) -> AsyncGenerator[Any, None]:
        """Call the hooks for what has finished and was not reported yet."""
        while self._outbox:
            completion = self._outbox.pop(0)
            try:
                hook = getattr(self, completion.hook)
                async for event in events_of(hook(*completion.arguments)):
                    yield event
            except Exception:
                _log.exception("%s.%s failed", self.__class__.__name__, completion.hook)

    async def _authorize(self, target: str | list[str]) -> bool | str | None:
        """Override to decide whether whoever looks may see a target that the browser has named.

        A browser can name any. As it is here, this grants what a public access token grants by
        itself, and refuses to spend a secret key.

        Args:
            target: What the browser has named: a run id, a batch id, a tag or tags.

        Returns:
            True to follow it with the credential of the app, a scoped token to follow it with
            that, anything else to refuse.
        """
        options = resolve_options(self.realtime_options)
        token = await feeds.connection_from(options).token()
        return is_public_token(token)

    @classmethod
    def _decision(cls) -> str:
        """What decides, as errors name it."""
        return f"{cls.__name__}._authorize"

    async def _subscribe_if_granted(self, target: Any) -> Any:
        """Follow a target that the browser has named, or say that it may not be seen."""
        return await authorisation.subscribe_if_granted(self, target)

    def _subscribe(self, target: Any, **options: Unpack[OptionOverrides]) -> Any:
        """Follow a target from now on, instead of the present one.

        The same target with other options goes on with those; what is shown stays. Another `id`,
        server or preview branch starts over.

        Args:
            target: What to follow; None for nothing (as `_trigger` returns when it fails).
            **options: Options for this subscription; see `RealtimeOptions`.

        Returns:
            The event that starts following: return or yield it from the handler. None when there
            is nothing to follow; `error` then says why. None also when just this is followed
            already.
        """
        if target is None:
            return None
        try:
            wanted, token = self._parse_target(target)
            given = parse_options(**({"access_token": token} if token else {}) | options)
            enabled = resolve_options(self.realtime_options, given).enabled
        except RealtimeError as error:
            self._reset()
            self._fail(error)
            return None
        overrides = set_options(given)
        if (wanted, _place(overrides)) != (self._target, _place(self._overrides)):
            self._reset()
        elif enabled and overrides == self._overrides and self._is_followed():
            return None
        self._target, self._overrides = wanted, overrides
        self._enabled = enabled
        self._stopped = False
        self._viewers = self._present_viewers()
        self._waits_for_viewer = bool(self._viewers)
        return self._resume()

    def _parse_target(self, target: Any) -> tuple[Target, str]:
        """What to follow and the token that came with it, if one did."""
        raise NotImplementedError

    def _open_feed(
        self, connection: feeds.Connection, options: RealtimeOptions
    ) -> AsyncGenerator[FeedEvent, None]:
        """The feed of the target."""
        raise NotImplementedError

    def _apply(self, events: list[FeedEvent]) -> None:
        """Bring a batch of feed events into the vars."""
        raise NotImplementedError

    def _clear(self) -> None:
        """Empty the vars, so that nothing of one target shows under another."""
        raise NotImplementedError

    def _present_viewers(self) -> dict[str, str]:
        """The components that show the state, without those of a page that was left by loading."""
        session = self.router.session.session_id
        return {mark: of for mark, of in self._viewers.items() if of == session}

    def _report(self, completions: list[Completion]) -> None:
        """See to it that what has finished is told to the pages and to the hooks."""
        if run_ids := [completion.run_id for completion in completions if completion.run_id]:
            self._completed_runs, patch = plain(self._completed_runs).with_more(run_ids)
            if self._tells_completion:
                self._change("completed_runs", plain(self._completed_runs), patch)
        hooks = {completion.hook: getattr(self, completion.hook) for completion in completions}
        wanted = [it for it in completions if not hasattr(hooks[it.hook], "does_nothing")]
        if wanted:
            self._outbox = [*plain(self._outbox), *wanted]

    def _remember(self) -> dict[str, Any]:
        """What the subscription knows, for a session that expires."""
        return {name: saved_value(self, name) for name in self._remembered}

    def _follows(self, target: Any) -> bool:
        """Whether a target is the one that is followed, or was until it ended."""
        try:
            return bool(target) and self._parse_target(target)[0] == self._target
        except RealtimeError:
            return False

    @classmethod
    def _models(cls) -> tuple[type[AnyRun], ...]:
        return run_models(cls.get_fields()[cls._feed_var].annotated_type)

    def _options(self) -> RealtimeOptions:
        return resolve_options(self.realtime_options, parse_options(**self._overrides))

    def _should_follow(self) -> bool:
        return (
            bool(self._target)
            and self._enabled
            and not self._stopped
            and self.subscription_status not in ENDED
            and self._is_seen()
        )

    def _is_followed(self) -> bool:
        """Whether the target is followed by a task of this process, for those who look now."""
        return (
            self.subscription_status in ACTIVE
            and writers.is_followed(self)
            and self._viewers == self._present_viewers()
        )

    def _is_seen(self) -> bool:
        """Whether somebody looks, as far as components of a page say so."""
        return bool(self._viewers) or not self._waits_for_viewer

    def _resume(self) -> Any:
        """Lift what keeps the subscription from being followed, and follow it."""
        if self._enabled and not self._stopped and self._target:
            self.subscription_status = "connecting" if self._is_seen() else "idle"
            self.error = None
        else:
            self._halt("stopped")
        return self.__class__.follow

    def _halt(self, status: SubscriptionStatus) -> None:
        """Take the state from the writing task; a `follow` supersedes it and has nothing to do."""
        self._fence = ""
        if self._target and self.subscription_status not in ENDED:
            self.subscription_status = status
            self.error = None

    def _reset(self) -> None:
        self._fence = ""
        self._target = ()
        self._overrides = {}
        self.error = None
        self.subscription_status = "idle"
        self._clear()

    def _fail(self, error: RealtimeError) -> None:
        self._fence = ""
        self.subscription_status = "failed"
        self.error = error_info(error)


def _place(overrides: dict[str, Any]) -> list[Any]:
    """The options that decide what the target names; with others it is another target."""
    names = ("id", "base_url", "preview_branch", "stream", "start_index")
    return [overrides.get(name) for name in names]
