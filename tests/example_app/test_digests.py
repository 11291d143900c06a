"""`hash-files`: the digests of an upload."""

from __future__ import annotations

import hashlib
from uuid import uuid4

from example_app.tasks.digests import Digests, UploadPayload, upload_folder
from reflex_realtime.feeds import RealtimeClient
from tests.example_app.conftest import write
from tests.example_app.runs import run_task

TASK = "hash-files"


async def test_each_file_is_hashed_under_its_own_name(client: RealtimeClient):
    payload = UploadPayload(upload=uuid4())
    folder = upload_folder(payload.upload)
    write(folder / "001" / "tide.txt", "high")
    write(folder / "002" / "tide.txt", "low")

    *_, run = await run_task(client, TASK, payload, Digests)

    assert run.output is not None
    assert [file.name for file in run.output.files] == ["tide.txt", "tide.txt"]
    assert [file.sha256 for file in run.output.files] == [
        hashlib.sha256(text).hexdigest() for text in (b"high", b"low")
    ]
    assert run.output.files[0].blake2b == hashlib.blake2b(b"high", digest_size=32).hexdigest()
    assert run.output.size == 7


async def test_files_are_deleted_once_they_are_hashed(client: RealtimeClient):
    payload = UploadPayload(upload=uuid4())
    write(upload_folder(payload.upload) / "001" / "tide.txt", "high")

    await run_task(client, TASK, payload, Digests)

    assert not upload_folder(payload.upload).exists()


async def test_an_empty_file_is_hashed_too(client: RealtimeClient):
    payload = UploadPayload(upload=uuid4())
    write(upload_folder(payload.upload) / "001" / "empty", "")

    *_, run = await run_task(client, TASK, payload, Digests)

    assert run.output is not None
    assert run.output.files[0].sha256 == hashlib.sha256().hexdigest()


async def test_an_unknown_upload_fails_the_run(client: RealtimeClient):
    *_, run = await run_task(client, TASK, UploadPayload(upload=uuid4()), Digests)

    assert run.error is not None
    assert run.error.name == "UploadMissingError"
