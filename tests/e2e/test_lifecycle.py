"""What may happen to a page that follows a run, and what must hold after it.

The page shows what the server has; each viewer has one task, and none once it has gone; each run
that is followed costs one request; `_on_complete` runs once. All of it holds for one backend, and
for two workers that share their sessions in Redis, where a page that connects anew finds itself
on the other worker.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.actions import REACT_LISTENS, open_page, reload
from tests.e2e.lifecycle_backend import Backend, BackendProcess, build, in_development
from tests.e2e.lifecycle_network import Network
from tests.e2e.lifecycle_upstream import Seen, Upstream, feed_path
from tests.e2e.lifecycle_workers import Workers
from tests.reflex_app import free_port
from tests.states.redis_workers import redis_server

Entry: TypeAlias = Literal["started", "routed", "chosen"]
"""Who names the run: a handler that starts it, the page's URL, or a var."""

ENTRIES: tuple[Entry, ...] = ("started", "routed", "chosen")

SOON = 10.0
"""Seconds within which everything is as it should be while somebody looks."""

VIEWER_GRACE = 5.0
FEED_GRACE = 5.0
"""Seconds for which a viewer who has gone, and a feed that nobody observes, are waited for."""

LONG = bool(os.environ.get("REALTIME_LONG_TESTS"))
"""Whether to run what takes minutes: a long disconnection, and everything in development and on
two workers."""


def settles(value: Callable[[], Any], expected: Any, seconds: float = SOON) -> None:
    """Wait until a value is as expected.

    Raises:
        AssertionError: It took longer; the message holds the last value.
    """
    deadline = time.monotonic() + seconds
    while (last := value()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert last == expected


@dataclass
class Visit:
    """A page that follows a run."""

    page: Page
    entry: Entry
    run_id: str = ""

    @property
    def address(self) -> str:
        return f"/runs/{self.run_id}" if self.entry == "routed" else f"/{self.entry}"

    def shown(self) -> Seen:
        ids = ("run-id", "run-status", "run-reached", "run-total")
        return Seen(*(self._text(element) for element in ids))

    def subscription(self) -> str:
        return self._text("subscription-status")

    def choose(self, run_id: str) -> None:
        """Name a run; once the page knows it, its link leads there."""
        self.page.locator("#choice").fill(run_id)
        link = self.page.get_by_role("link", name="Routed")
        expect(link).to_have_attribute("href", f"/runs/{run_id}")

    def follow_link(self, name: str) -> None:
        self.page.get_by_role("link", name=name).click()

    def _text(self, element: str) -> str:
        read = "(id) => document.getElementById(id)?.textContent ?? ''"
        return self.page.evaluate(read, element)


@dataclass(kw_only=True)
class Life:
    """The visits of one test, and what they look at."""

    context: BrowserContext
    backend: Backend | Workers
    upstream: Upstream
    visits: list[Visit] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    reached: int = 0

    def visit(self, entry: Entry) -> Visit:
        """Open a page that follows a run of its own."""
        visit = Visit(self.context.new_page(), entry)
        if entry != "started":
            visit.run_id = self.upstream.start_run()
        open_page(visit.page, visit.address)
        if entry == "started":
            before = self.upstream.newest_runs()
            visit.page.locator("#start").click()
            settles(lambda: len(self.started_since(before)), 1)
            visit.run_id = self.started_since(before)[0]
        elif entry == "chosen":
            visit.choose(visit.run_id)
        self.visits.append(visit)
        return visit

    def started_since(self, before: list[str]) -> list[str]:
        """The ids of the runs that were not among the newest before, the newest first."""
        return [run_id for run_id in self.upstream.newest_runs() if run_id not in before]

    @property
    def runs(self) -> set[str]:
        return {visit.run_id for visit in self.visits}

    def advance(self) -> None:
        """Let the runs get on, whoever looks."""
        self.reached += 1
        for run_id in self.runs:
            self.upstream.advance(run_id, self.reached)
            settles(lambda run_id=run_id: self.upstream.run(run_id).reached, str(self.reached))

    def finish(self) -> None:
        """Let the runs end, whoever looks."""
        for run_id in [*self.superseded, *self.runs]:
            self.upstream.finish(run_id)
            settles(lambda run_id=run_id: self.upstream.run(run_id).status, "COMPLETED")

    def move(self) -> None:
        """Let pages that connect anew find another worker, where there is one."""

    def expect_followed(self) -> None:
        """All pages show the truth, for one task each and one request for each run."""
        self._expect_truth("live")
        self._expect_tasks(len(self.visits))
        for run_id in self.runs:
            self._expect_feeds(run_id, 1)

    def expect_left(self, seconds: float) -> None:
        """No task is left."""
        self._expect_tasks(0, seconds)

    def expect_ended(self) -> None:
        """All pages show the truth, nothing is left, and each session was told of its run once."""
        self._expect_truth("complete")
        self._expect_tasks(0)
        for run_id in self.runs:
            self.expect_no_feed(run_id)
        for run_id in [*self.superseded, *self.runs]:
            sessions = sum(visit.run_id == run_id for visit in self.visits)
            settles(lambda run_id=run_id: self.backend.completions(run_id), sessions)

    def expect_no_feed(self, run_id: str, seconds: float = SOON) -> None:
        """Nothing is asked of a run any more."""
        self._expect_feeds(run_id, 0, seconds)

    def _expect_truth(self, status: str) -> None:
        for visit in self.visits:
            settles(visit.shown, self.upstream.run(visit.run_id))
            settles(visit.subscription, status)

    def _expect_tasks(self, number: int, seconds: float = SOON) -> None:
        tasks = dict.fromkeys(("writers", "viewer_gone", "Mailbox.fill"), number)
        settles(lambda: self.backend.present()["tasks"], tasks, seconds)

    def _expect_feeds(self, run_id: str, number: int, seconds: float = SOON) -> None:
        settles(lambda: self.backend.present()["feeds"].count(feed_path(run_id)), number, seconds)
        settles(lambda: self.upstream.asks(run_id), number, seconds)
        assert self.upstream.asks_at_most(run_id) <= self.backend.number


@dataclass(kw_only=True)
class BuiltLife(Life):
    """Visits to built pages, whose backend and network may fail."""

    process: BackendProcess | Workers
    network: Network

    def move(self) -> None:
        self.process.move()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def one_backend(upstream: Upstream, folder: Path) -> Iterator[BackendProcess]:
    backend = BackendProcess(folder, credential_for(upstream))
    backend.start()
    yield backend
    backend.stop()


@pytest.fixture(scope="module")
def without_patches(upstream: Upstream, folder: Path) -> Iterator[BackendProcess]:
    """A backend that sends changed vars whole: the pages are the same."""
    backend = BackendProcess(folder, {**credential_for(upstream), "WHOLE_VARS": "1"})
    backend.start()
    yield backend
    backend.stop()


@pytest.fixture(scope="module")
def two_workers(upstream: Upstream, folder: Path) -> Iterator[Workers]:
    with redis_server(folder) as redis_url:
        workers = Workers(folder, credential_for(upstream), redis_url)
        workers.start()
        yield workers
        workers.stop()


@pytest.fixture(scope="module")
def backend(request: pytest.FixtureRequest) -> BackendProcess | Workers:
    """The backend that a test names."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def port() -> int:
    """Where the browser finds the app."""
    return free_port()


@pytest.fixture(scope="module")
def folder(port: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, built."""
    folder = tmp_path_factory.mktemp("lifecycle")
    build(folder, port)
    return folder


@pytest.fixture(scope="module")
def network(port: int, backend: BackendProcess | Workers) -> Iterator[Network]:
    with Network(port, backend) as network:
        yield network


@pytest.fixture
def life(
    browser: Browser,
    port: int,
    network: Network,
    backend: BackendProcess | Workers,
    upstream: Upstream,
) -> Iterator[BuiltLife]:
    context = browser.new_context(base_url=f"http://localhost:{port}")
    yield BuiltLife(
        context=context, backend=backend, process=backend, network=network, upstream=upstream
    )
    context.close()


@pytest.fixture(scope="module")
def dev_app(
    upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Backend]]:
    folder = tmp_path_factory.mktemp("lifecycle-dev")
    with in_development(folder, credential_for(upstream)) as app:
        yield app


@pytest.fixture
def dev_life(browser: Browser, dev_app: tuple[str, Backend], upstream: Upstream) -> Iterator[Life]:
    url, backend = dev_app
    context = browser.new_context(base_url=url)
    yield Life(context=context, backend=backend, upstream=upstream)
    context.close()


def credential_for(upstream: Upstream) -> dict[str, str]:
    return {"TRIGGER_API_URL": upstream.url, "TRIGGER_SECRET_KEY": upstream.secret_key}


# What a page survives.


def each_reloaded(life: Life) -> None:
    life.move()
    for visit in life.visits:
        reload(visit.page)
    # As long as a viewer who has gone is waited for: nobody has gone.
    time.sleep(VIEWER_GRACE + 1)


def each_away_and_back_by_url(life: Life) -> None:
    by_url(life)
    life.advance()
    life.move()
    back_by_url(life)


def each_away_and_back_by_link(life: Life) -> None:
    by_link(life)
    life.expect_left(seconds=2)
    life.advance()
    back_by_link(life)


def another_run_in_the_url(life: Life) -> None:
    (visit,) = life.visits
    first, second = visit.run_id, life.upstream.start_run()
    visit.choose(second)
    visit.follow_link("Routed")
    visit.run_id = second
    life.advance()
    life.expect_followed()
    visit.page.go_back()
    visit.run_id = first
    life.superseded = [second]


def a_second_tab(life: Life) -> None:
    (visit,) = life.visits
    tab = Visit(life.context.new_page(), visit.entry, visit.run_id)
    open_page(tab.page, tab.address)
    life.visits.append(tab)


def the_tab_duplicated(life: Life) -> None:
    (visit,) = life.visits
    with life.context.expect_page() as opened:
        visit.page.evaluate("window.open(location.href)")
    opened.value.wait_for_function(REACT_LISTENS)
    life.visits.append(Visit(opened.value, visit.entry, visit.run_id))


def offline_for_3_seconds(life: Life) -> None:
    life.context.set_offline(True)
    life.advance()
    time.sleep(3)
    life.context.set_offline(False)


def disconnected_for_3_seconds(life: BuiltLife) -> None:
    disconnect(life, seconds=3)


def disconnected_for_60_seconds(life: BuiltLife) -> None:
    disconnect(life, seconds=60)


def disconnect(life: BuiltLife, seconds: float) -> None:
    """Take the network away, and with it the sockets."""
    with life.network.down():
        life.move()
        life.advance()
        time.sleep(seconds)


def the_backend_restarted(life: BuiltLife) -> None:
    life.process.stop()
    life.advance()
    life.process.start()


def the_backend_killed(life: BuiltLife) -> None:
    life.process.kill()
    life.advance()
    life.process.start()


def the_backend_restarted_without_its_sessions(life: BuiltLife) -> None:
    life.process.stop()
    life.process.forget_sessions()
    life.advance()
    life.process.start()


def another_run_chosen_ten_times(life: Life) -> None:
    visit = life.visits[-1]
    runs = [life.upstream.start_run() for _ in range(10)]
    for run_id in runs:
        visit.page.locator("#choice").fill(run_id)
    *life.superseded, visit.run_id = [visit.run_id, *runs]


def ten_runs_started(life: Life) -> None:
    (visit,) = life.visits
    before = life.upstream.newest_runs()
    visit.page.evaluate("for (let i = 0; i < 10; i++) document.getElementById('start').click()")
    settles(lambda: len(life.started_since(before)), 10)
    visit.run_id, *life.superseded = [*life.started_since(before), visit.run_id]


def the_sessions_expired(life: BuiltLife) -> None:
    life.process.expire_sessions()
    life.advance()


def the_sessions_expired_and_the_page_reloaded(life: BuiltLife) -> None:
    life.process.expire_sessions()
    life.move()
    for visit in life.visits:
        reload(visit.page)


def the_app_edited(life: Life) -> None:
    assert isinstance(life.backend, Backend)
    life.advance()
    life.backend.edit()


# How a page is left, and how somebody comes back to it.


def by_url(life: Life) -> None:
    for visit in life.visits:
        open_page(visit.page, "/")


def by_link(life: Life) -> None:
    for visit in life.visits:
        go_home(visit)


def back_by_url(life: Life) -> None:
    for visit in life.visits:
        open_page(visit.page, visit.address)


def back_by_link(life: Life) -> None:
    for visit in life.visits:
        visit.page.go_back()


def go_home(visit: Visit) -> None:
    visit.follow_link("Home")
    expect(visit.page.get_by_role("heading", name="Home")).to_be_visible()


class Row(NamedTuple):
    """Something that may happen, and to which pages."""

    happens: Callable[..., None]
    entries: tuple[Entry, ...] = ENTRIES


SURVIVED = [
    Row(each_reloaded),
    Row(each_away_and_back_by_url),
    Row(each_away_and_back_by_link),
    Row(another_run_in_the_url, ("routed",)),
    # Another tab is another session, where no handler has started anything and no var is set.
    Row(a_second_tab, ("routed",)),
    Row(the_tab_duplicated, ("routed",)),
    Row(offline_for_3_seconds, ("routed",)),
    Row(disconnected_for_3_seconds),
    Row(the_backend_restarted),
    Row(the_backend_killed),
    Row(the_backend_restarted_without_its_sessions, ("routed",)),
    Row(another_run_chosen_ten_times, ("chosen",)),
    Row(ten_runs_started, ("started",)),
    # The var that names the run expires with the session.
    Row(the_sessions_expired, ("started", "routed")),
    Row(the_sessions_expired_and_the_page_reloaded, ("routed",)),
]
if LONG:
    SURVIVED.append(Row(disconnected_for_60_seconds))

OTHERWISE_ON_REDIS = (each_reloaded, the_backend_killed, ten_runs_started)
SURVIVED_ON_REDIS = [row for row in SURVIVED if LONG or row.happens in OTHERWISE_ON_REDIS]

MOUNTED_TWICE = [
    Row(each_reloaded),
    Row(each_away_and_back_by_url),
    Row(each_away_and_back_by_link),
    Row(another_run_in_the_url, ("routed",)),
    Row(another_run_chosen_ten_times, ("chosen",)),
    Row(ten_runs_started, ("started",)),
    Row(the_app_edited),
]


on_one_backend = pytest.mark.parametrize("backend", ["one_backend"], indirect=True)
on_two_workers_too = pytest.mark.parametrize(
    "backend", ["one_backend", "two_workers"], indirect=True
)


@pytest.mark.parametrize(
    ("backend", "row"),
    [
        *(("one_backend", row) for row in SURVIVED),
        *(("two_workers", row) for row in SURVIVED_ON_REDIS),
        *(("without_patches", row) for row in SURVIVED if LONG),
    ],
    indirect=["backend"],
    ids=lambda value: value.happens.__name__ if isinstance(value, Row) else value,
)
def test_a_subscription_goes_on_after(row: Row, life: Life) -> None:
    goes_on_after(row, life)


@pytest.mark.skipif(not LONG, reason="takes a minute; set REALTIME_LONG_TESTS")
@pytest.mark.parametrize("row", MOUNTED_TWICE, ids=lambda row: row.happens.__name__)
def test_in_development_a_subscription_goes_on_after(row: Row, dev_life: Life) -> None:
    goes_on_after(row, dev_life)


def goes_on_after(row: Row, life: Life) -> None:
    for entry in row.entries:
        life.visit(entry)
    life.advance()
    life.expect_followed()

    row.happens(life)
    life.expect_followed()
    life.advance()
    life.expect_followed()

    life.finish()
    life.expect_ended()
    for visit in life.visits:
        reload(visit.page)
    life.expect_ended()


@(on_two_workers_too if LONG else on_one_backend)
@pytest.mark.parametrize(
    ("leave", "seconds", "come_back"),
    [(by_link, 2, back_by_link), (by_url, VIEWER_GRACE + 2, back_by_url)],
)
def test_a_run_that_ends_while_its_page_is_left_is_reported_on_the_return(
    leave: Callable[[Life], None],
    seconds: float,
    come_back: Callable[[Life], None],
    life: Life,
) -> None:
    for entry in ENTRIES:
        life.visit(entry)
    life.advance()
    life.expect_followed()

    leave(life)
    life.expect_left(seconds)
    life.finish()
    assert [life.backend.completions(run_id) for run_id in life.runs] == [0, 0, 0]

    come_back(life)
    life.expect_ended()


@on_two_workers_too
def test_a_tab_that_is_closed_leaves_nothing_behind(life: Life) -> None:
    for entry in ENTRIES:
        life.visit(entry)
    another_run_chosen_ten_times(life)
    life.advance()
    life.expect_followed()

    for visit in life.visits:
        visit.page.close()
    life.expect_left(VIEWER_GRACE + 2)
    for run_id in [*life.superseded, *life.runs]:
        life.expect_no_feed(run_id, FEED_GRACE + 2)
    life.finish()
    assert [life.backend.completions(run_id) for run_id in life.runs] == [0, 0, 0]


@(on_two_workers_too if LONG else on_one_backend)
def test_a_page_that_is_left_before_the_first_answer_leaves_nothing_behind(life: Life) -> None:
    with life.upstream.silence():
        for entry in ENTRIES:
            life.visit(entry)
        for run_id in life.runs:
            settles(lambda run_id=run_id: life.upstream.asks(run_id), 1)
        by_link(life)
        life.expect_left(seconds=2)

    back_by_link(life)
    life.advance()
    life.expect_followed()
    life.finish()
    life.expect_ended()
