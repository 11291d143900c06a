"""Two backends of built pages, which share their sessions in Redis; a page is served by either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis

from tests.e2e.lifecycle_backend import BackendProcess

# Who is killed while it holds a session's lock keeps others from it for so long.
LOCK_MILLISECONDS = 2000

# A page that moves leaves a viewer behind who is waited for, in each of the tests.
VIEWER_GRACE_SECONDS = 2


class Workers:
    """Two workers; what is asked of one backend is asked of both.

    Args:
        folder: Where the app was built.
        variables: Environment variables beside the present ones.
        redis_url: Where they keep their sessions.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], redis_url: str) -> None:
        on_redis = {
            "REFLEX_REDIS_URL": redis_url,
            "REFLEX_REDIS_LOCK_EXPIRATION": str(LOCK_MILLISECONDS),
            "VIEWER_GRACE_SECONDS": str(VIEWER_GRACE_SECONDS),
            "REFLEX_REDIS_LOCK_WARNING_THRESHOLD": str(LOCK_MILLISECONDS // 2),
        }
        self._workers = [BackendProcess(folder, {**variables, **on_redis}) for _ in range(2)]
        self._redis_url = redis_url

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._workers)

    @property
    def port(self) -> int:
        """The port of the worker that new connections go to."""
        return self._workers[0].port

    def move(self) -> None:
        """Let new connections go to the other worker."""
        self._workers.reverse()

    def present(self) -> dict[str, Any]:
        """What they are doing, together."""
        present = [worker.present() for worker in self._workers]
        tasks: Counter[str] = Counter()
        for one in present:
            tasks.update(one["tasks"])
        return {"tasks": dict(tasks), "feeds": [feed for one in present for feed in one["feeds"]]}

    def completions(self, run_id: str) -> int:
        """How often `_on_complete` ran for a run, in all sessions."""
        return self._workers[0].completions(run_id)

    def start(self) -> None:
        """Start those that do not run."""
        launched = [worker for worker in self._workers if not worker.is_running]
        for worker in launched:
            worker.launch()
        for worker in launched:
            worker.await_start()

    def stop(self) -> None:
        """Stop both, as a deployment does."""
        for worker in self._workers:
            worker.stop()

    def kill(self) -> None:
        """End the one that serves without warning; the other one serves from then on."""
        self.move()
        self._workers[-1].kill()

    def forget_sessions(self) -> None:
        """Remove all that they keep in Redis, while they are stopped."""
        with redis.Redis.from_url(self._redis_url) as database:
            database.flushdb()

    def expire_sessions(self) -> None:
        """Let all sessions expire."""
        with redis.Redis.from_url(self._redis_url) as database:
            for key in database.scan_iter("*_reflex___state____*"):
                database.delete(key)
