"""A bare client: HTTP as it is, and the few steps that many tests take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

MODERN = {"x-trigger-electric-version": "1.0.0-beta.1", "x-trigger-api-version": "2025-07-16"}


class Client(httpx.AsyncClient):
    """An HTTP client with the headers of an official one.

    Args:
        base_url: Where the server is.
        token: The credential, or nothing.
    """

    def __init__(self, base_url: str, token: str) -> None:
        credential = {"Authorization": f"Bearer {token}"} if token else {}
        super().__init__(base_url=base_url, headers={**credential, **MODERN}, timeout=20)

    def as_(self, token: str) -> Client:
        """The same client with another credential."""
        return Client(str(self.base_url), token)

    async def trigger(self, task: str, payload: Any = None, **options: Any) -> str:
        """Trigger a task and return the run's id."""
        body = {"payload": payload, "options": options}
        answer = await self.post(f"/api/v1/tasks/{task}/trigger", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def public_token(self, *scopes: str, **more: Any) -> str:
        """A public access token with these scopes."""
        body = {"scopes": list(scopes), **more}
        answer = await self.post("/api/v1/auth/public-tokens", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["token"]

    async def follow(self, path: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """The changes of a feed as they come: operation and the whole row as it is then."""
        answer = await self.begin(path)
        rows: dict[str, dict[str, Any]] = {}
        while True:
            for message in changes_in(answer):
                row = {**rows.get(message["key"], {}), **message["value"]}
                rows[message["key"]] = row
                yield message["headers"]["operation"], row
            answer = await self.next(path, answer, live=is_up_to_date(answer))

    async def begin(self, path: str) -> httpx.Response:
        """The first answer of a feed."""
        return await self.get(httpx.URL(path).copy_merge_params({"offset": "-1"}))

    async def catch_up(self, path: str) -> httpx.Response:
        """The answer with which a feed is up to date for the first time."""
        answer = await self.begin(path)
        while not is_up_to_date(answer):
            answer = await self.next(path, answer)
        return answer

    async def next(
        self, path: str, previous: httpx.Response, *, live: bool = False
    ) -> httpx.Response:
        """The answer that follows an answer."""
        query = {
            "handle": previous.headers["electric-handle"],
            "offset": previous.headers["electric-offset"],
        }
        if live:
            query |= {"live": "true", "cursor": previous.headers.get("electric-cursor", "")}
        return await self.get(httpx.URL(path).copy_merge_params(query))

    async def live(self, path: str, previous: httpx.Response) -> httpx.Response:
        """The poll that follows an answer."""
        return await self.next(path, previous, live=True)

    async def until(self, run_id: str, *statuses: str) -> dict[str, Any]:
        """The run's row once it has one of these statuses."""
        async for _, row in self.follow(f"/realtime/v1/runs/{run_id}"):
            if row["status"] in statuses:
                return row
        raise AssertionError("a feed never ends")

    async def until_metadata(self, run_id: str, key: str) -> dict[str, Any]:
        """The run's row once its metadata has this key."""
        async for _, row in self.follow(f"/realtime/v1/runs/{run_id}"):
            if key in (row["metadata"] or ""):
                return row
        raise AssertionError("a feed never ends")


def changes_in(answer: httpx.Response) -> list[dict[str, Any]]:
    """The messages of an answer that carry rows."""
    assert answer.status_code == 200, answer.text
    return [message for message in answer.json() if "key" in message]


def is_up_to_date(answer: httpx.Response) -> bool:
    """Whether an answer says that there is nothing more for now."""
    assert answer.status_code == 200, answer.text
    return any(message["headers"].get("control") == "up-to-date" for message in answer.json())
