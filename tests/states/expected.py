"""What must be so of a session after all that has happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Run:
    """What is known of a run."""

    id: str
    reached: int = 0
    end: str = ""
    is_broken: bool = False

    @property
    def exists(self) -> bool:
        return not self.id.startswith("run_missing")

    @property
    def is_over(self) -> bool:
        return bool(self.end) or not self.exists


@dataclass
class Expected:
    """What must be so of one session.

    Attributes:
        views: The connection that each view was opened on.
        connection: The present or the last connection.
        waits: Whether it is followed only where it has a view.
        is_following: Whether a task writes the state, as long as the run has not ended.
        is_open: Whether chance decided if the run's end was seen before the following ended.
        halting: The run that the browser has asked to follow no more; the backend may be late.
        rest: The status when nothing is followed.
    """

    target: Run | None = None
    is_enabled: bool = True
    is_stopped: bool = False
    views: dict[int, int] = field(default_factory=dict)
    connection: int = 1
    waits: bool = False
    is_following: bool = False
    has_ended: bool = False
    is_open: bool = False
    halting: Run | None = None
    rest: str = "idle"
    told: set[str] = field(default_factory=set)

    @property
    def is_fading(self) -> bool:
        """Whether the following ends by itself: the page with the views was left by loading."""
        return self.is_following and bool(self.views) and not self.present_views()

    def present_views(self) -> dict[int, int]:
        return {view: of for view, of in self.views.items() if of == self.connection}

    def resume(self) -> None:
        """A subscription is wanted: it begins unless something keeps it."""
        self.has_ended = self.is_open = False
        self.halting = None
        wanted = self.target is not None and self.is_enabled and not self.is_stopped
        self.is_following = wanted and (bool(self.views) or not self.waits)
        self.rest = "idle" if wanted or self.target is None else "stopped"

    def look_again(self) -> None:
        """A view appeared: what is not over is followed again."""
        may_follow = self.target is not None and self.is_enabled and not self.is_stopped
        if may_follow and not self.has_ended and not self.is_following:
            self.resume()

    def halt(self, rest: str) -> None:
        """The following ends, unless the run has ended before."""
        self._may_have_ended()
        if self.target is not None:
            self.rest = rest
        self.is_following = False

    def aim(self, target: Run | None) -> None:
        """Another target: nothing of the old one is left."""
        if target is not self.target or target is None:
            self._may_have_ended()
            self.target = target
        self.is_following = self.has_ended = self.is_open = False
        self.rest = "idle"

    def forget(self) -> None:
        """The session has expired."""
        self.__init__(connection=self.connection)

    def ends(self, run: Run) -> None:
        """A run ends, maybe before the backend has heard that it is to be followed no more."""
        if run is self.halting and run is self.target:
            self.is_open = True

    def _may_have_ended(self) -> None:
        if self.is_following and self.target:
            self.is_open = self.target.is_over
            self.halting = self.target

    def statuses(self) -> set[str]:
        """The statuses that are right."""
        if self.target is None:
            return {"idle"}
        end = "complete" if self.target.exists else "failed"
        if self.has_ended:
            return {end}
        if not self.is_following:
            return {self.rest, end} if self.is_open else {self.rest}
        if self.target.is_broken:
            return {"reconnecting"}
        return {end if self.target.is_over else "live"}
