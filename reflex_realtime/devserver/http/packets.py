"""Packets that are stored apart from their run: where they are, and the storage itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access, Grant, run_resources
from reflex_realtime.devserver.http.messages import MIB, Problem, json_response, not_found
from reflex_realtime.devserver.http.presigned import is_expired, is_signed, presigned_url
from reflex_realtime.devserver.store.packets import Packet, get_packet, put_packet
from reflex_realtime.devserver.store.runs import get_run
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.protocol.packets import STORED

MAX_PACKET_BYTES = 64 * MIB


class Packets:
    """The routes of packets, and the storage they point to.

    Upstream the storage is another host, S3 or alike. This one behaves as S3 does in what matters:
    a presigned URL is the only credential, and a request that brings a second one is refused.

    Args:
        store: Where the packets are.
        access: Checks credentials.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/api/v1/runs/{run_id}/packets/{field}", self.of_run),
            Route("/api/v1/packets/{path:path}", self.locate),
            Route("/api/v2/packets/{path:path}", self.place, methods=["PUT"]),
            Route("/storage/{path:path}", self.download),
            Route("/storage/{path:path}", self.upload, methods=["PUT"]),
        ]

    async def of_run(self, request: Request) -> Response:
        """`GET /api/v1/runs/{run_id}/packets/{payload|output}`."""
        grant = self._access.grant(request)
        run_id, field = request.path_params["run_id"], request.path_params["field"]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        if run is None:
            raise not_found(should_retry=False)
        grant.require("read", *run_resources(run))
        packets = {
            "payload": (run.payload, run.payload_type),
            "output": (run.output, run.output_type),
        }
        path, data_type = packets.get(field, (None, ""))
        if path is None or data_type != STORED:
            raise Problem(404, "Packet not found")
        return self._located(request, path)

    async def locate(self, request: Request) -> Response:
        """`GET /api/v1/packets/{path}`: a public token reaches the packets of runs it may read."""
        grant = self._access.grant(request)
        path = request.path_params["path"]
        await self._require(grant, path)
        return self._located(request, path)

    async def place(self, request: Request) -> Response:
        """`PUT /api/v2/packets/{path}`: where to put a packet."""
        self._access.secret_grant(request)
        path = request.path_params["path"]
        url = presigned_url(request, self._store.secret_key, "PUT", path)
        return json_response({"presignedUrl": url, "storagePath": path})

    async def download(self, request: Request) -> Response:
        """`GET /storage/{path}`."""
        path = self._signed_path(request)
        if isinstance(path, Response):
            return path
        packet = await self._store.read(lambda tx: get_packet(tx, path))
        if packet is None:
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return Response(packet.data, headers={"content-type": packet.data_type})

    async def upload(self, request: Request) -> Response:
        """`PUT /storage/{path}`."""
        path = self._signed_path(request)
        if isinstance(path, Response):
            return path
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            return _storage_error(411, "MissingContentLength", "Provide the Content-Length header.")
        if int(length) > MAX_PACKET_BYTES:
            return _storage_error(400, "EntityTooLarge", "The packet is too large.")
        data_type = request.headers.get("content-type", "application/json")
        packet = Packet(await request.body(), data_type)
        await self._store.write(lambda tx: put_packet(tx, path, packet))
        return Response()

    def _located(self, request: Request, path: str) -> Response:
        url = presigned_url(request, self._store.secret_key, "GET", path)
        return json_response({"presignedUrl": url})

    async def _require(self, grant: Grant, path: str) -> None:
        run_id = path.partition("/")[0]
        run = await self._store.read(lambda tx: get_run(tx, run_id))
        grant.require("read", *(run_resources(run) if run else ()))

    def _signed_path(self, request: Request) -> str | Response:
        """The path that a request may work on, or what to answer instead."""
        path = request.path_params["path"]
        if "authorization" in request.headers:
            return _storage_error(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the signature in the query or the "
                "Authorization header should be specified.",
            )
        if not is_signed(request, self._store.secret_key, path):
            return _storage_error(
                403, "SignatureDoesNotMatch", "The signature does not fit the request."
            )
        if is_expired(request):
            return _storage_error(403, "AccessDenied", "Request has expired.")
        return path


def _storage_error(status: int, code: str, message: str) -> Response:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>",
        status,
        media_type="application/xml",
    )
