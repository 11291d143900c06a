"""Hash uploaded files."""

import shutil
from hashlib import blake2b, sha256
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from example_app.server import DATA, server
from reflex_realtime.devserver import TaskContext

CHUNK_BYTES = 1 << 18


class UploadPayload(BaseModel):
    """Which upload to hash."""

    upload: UUID


class FileDigest(BaseModel):
    """One hashed file; the digests are in hexadecimal."""

    name: str
    size: int
    sha256: str
    blake2b: str


class Digests(BaseModel):
    """The hashed files of one upload."""

    files: list[FileDigest] = []
    size: int = 0


class UploadMissingError(LookupError):
    """There is no such upload, or it was hashed already."""

    def __init__(self, upload: UUID) -> None:
        super().__init__(f"There is no upload {upload}. Files are deleted once they are hashed.")


def upload_folder(upload: UUID) -> Path:
    """Where the files of an upload lie: a folder that no web server serves.

    Args:
        upload: The upload's id.

    Returns:
        The folder, which may not exist.
    """
    return DATA / "uploads" / str(upload)


@server.task("hash-files", max_duration=300)
def hash_files(payload: UploadPayload, ctx: TaskContext) -> Digests:
    """Hash the files of an upload, then delete them.

    Raises:
        UploadMissingError: There is no such upload.
    """
    folder = upload_folder(payload.upload)
    if not folder.is_dir():
        raise UploadMissingError(payload.upload)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    total = sum(path.stat().st_size for path in paths)
    ctx.metadata.set("bytes", total)
    result = Digests(size=total)
    done = 0
    for path in paths:
        ctx.metadata.set("label", path.name)
        digests = sha256(), blake2b(digest_size=32)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                for digest in digests:
                    digest.update(chunk)
                done += len(chunk)
                ctx.metadata.set("progress", done / total)
        result.files.append(
            FileDigest(
                name=path.name,
                size=path.stat().st_size,
                sha256=digests[0].hexdigest(),
                blake2b=digests[1].hexdigest(),
            )
        )
    shutil.rmtree(folder)
    return result
