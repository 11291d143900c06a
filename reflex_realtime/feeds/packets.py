"""Stored packets: payloads and outputs too large for a row, fetched from where the row points.

Facts: the row has a storage path and the type `application/store`. The server turns it into a URL
that carries its own permission: by run and field, or, on older servers, by path. The storage is
another host, which must not see the access token. The type is the `content-type` of what it sends.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from reflex_realtime.errors import NotFoundError, PayloadError, RealtimeError
from reflex_realtime.feeds.bodies import read_body
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.faults import raise_for_status, request_error
from reflex_realtime.protocol.json_values import as_object
from reflex_realtime.protocol.runs import Packet, Packets, stored_packets
from reflex_realtime.protocol.shape import Row

KEPT_CHARS: Final = 64 * 1024 * 1024
"""How much text of packets a feed keeps, so that what is unchanged is fetched once."""

AT_ONCE: Final = 8
"""How many packets a feed fetches at once."""

ATTEMPTS: Final = 5


class PacketStore:
    """Fetches the stored packets of a feed's rows, each once while it is unchanged.

    Args:
        connection: The server and the credential.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: OrderedDict[tuple[str, str, str], Packet] = OrderedDict()
        self._kept_chars = 0
        self._room = asyncio.Semaphore(AT_ONCE)

    async def fetched(self, rows: Iterable[Row]) -> dict[int, Packets]:
        """The stored packets of rows.

        Args:
            rows: The rows.

        Returns:
            By the identity of the row: the packet of each stored field, or why it cannot be had.
        """
        stored = [(row, paths) for row in rows if (paths := stored_packets(row))]
        packets = await asyncio.gather(*(self._of_row(row, paths) for row, paths in stored))
        return {id(row): found for (row, _), found in zip(stored, packets, strict=True)}

    async def _of_row(self, row: Row, paths: Mapping[str, str]) -> Packets:
        run_id = str(row.get("friendlyId", ""))
        found = [self._packet(run_id, field, path) for field, path in paths.items()]
        return dict(zip(paths, await asyncio.gather(*found), strict=True))

    async def _packet(self, run_id: str, field: str, path: str) -> Packet | PayloadError:
        key = (run_id, field, path)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        try:
            async with asyncio.timeout(self._connection.limits.packet), self._room:
                packet = await self._fetch_again_and_again(run_id, field, path)
        except TimeoutError:
            return PayloadError("It is kept in storage, which did not answer in time.")
        except RealtimeError as error:
            return PayloadError(f"It is kept in storage and cannot be fetched: {error.message}")
        self._keep(key, packet)
        return packet

    def _keep(self, key: tuple[str, str, str], packet: Packet) -> None:
        self._kept[key] = packet
        self._kept_chars += len(packet.text)
        while self._kept_chars > KEPT_CHARS:
            _, dropped = self._kept.popitem(last=False)
            self._kept_chars -= len(dropped.text)

    async def _fetch_again_and_again(self, run_id: str, field: str, path: str) -> Packet:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._fetch(run_id, field, path)
            except RealtimeError as error:
                if not error.retryable or attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(self._connection.retry.delay(attempt, error))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _fetch(self, run_id: str, field: str, path: str) -> Packet:
        # One client for each host: what the first one sends, the second one must not.
        async with self._connection.open_client() as server:
            try:
                url = await self._permitted_url(server, _by_run(run_id, field))
            except NotFoundError:
                url = await self._permitted_url(server, _by_path(path))
        async with self._connection.open_client() as storage:
            response, content = await self._get(storage, url, {}, f"the {field} of {run_id}")
        kind = response.headers.get("content-type", "application/json")
        return Packet(content.decode(errors="replace"), kind)

    async def _permitted_url(self, client: httpx.AsyncClient, route: str) -> str:
        token = await self._connection.token()
        headers = self._connection.headers(token)
        url = self._connection.url(route)
        _, content = await self._get(client, url, headers, "a stored packet")
        try:
            permitted: Any = as_object(json.loads(content)).get("presignedUrl")
        except ValueError:
            permitted = None
        if not isinstance(permitted, str):
            raise PayloadError("The server does not say where it is.")
        return permitted

    async def _get(
        self, client: httpx.AsyncClient, url: str, headers: dict[str, str], subject: str
    ) -> tuple[httpx.Response, bytes]:
        """Get something that is not too large.

        Raises:
            RealtimeError: It cannot be had.
        """
        try:
            async with client.stream(
                "GET", url, headers=headers, timeout=self._connection.timeout
            ) as response:
                content = await read_body(response, self._connection.limits.packet_bytes)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise request_error(error, url.partition("?")[0]) from error
        raise_for_status(response, content, subject)
        return response, content


def _by_run(run_id: str, field: str) -> str:
    return f"/api/v1/runs/{quote(run_id, safe='')}/packets/{field}"


def _by_path(path: str) -> str:
    return f"/api/v1/packets/{quote(path, safe='')}"
