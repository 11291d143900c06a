"""Upload files and watch them being hashed."""

import asyncio
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import reflex as rx

from example_app.tasks.digests import Digests, UploadPayload, hash_files, upload_folder
from example_app.views.cards import SIZE, card, empty, one_line, source
from example_app.views.format import kilobytes
from example_app.views.layout import layout
from example_app.visitor import Visitor
from reflex_realtime import RealtimeErrorInfo, RealtimeRun, RealtimeRunState
from reflex_realtime.components import run_card

UPLOAD = "files"
MOST_BYTES = 200_000_000


class Hashing(RealtimeRunState[UploadPayload, Digests], Visitor):
    """The digests of one upload."""

    @rx.event
    async def receive(self, files: list[rx.UploadFile]):
        payload = UploadPayload(upload=uuid4())
        folder = upload_folder(payload.upload)
        await asyncio.to_thread(_keep, files, folder)
        handle = await self._trigger("hash-files", payload, tags=[self._visitor_tag()])
        if handle is None:
            await asyncio.to_thread(shutil.rmtree, folder)
        return self._subscribe(handle)

    async def _on_complete(
        self, run: RealtimeRun[UploadPayload, Digests], error: RealtimeErrorInfo | None
    ):
        if run.output:
            return rx.toast.success(f"{len(run.output.files)} files hashed")
        return rx.toast.error("The files were not hashed")


def _keep(files: list[rx.UploadFile], folder: Path) -> None:
    for number, file in enumerate(files, start=1):
        path = folder / f"{number:03}" / Path(file.name or "unnamed").name
        path.parent.mkdir(parents=True)
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)


def page() -> rx.Component:
    return layout(
        "/files",
        "Upload",
        "A task hashes the files that you give it, reports how far it is, and deletes them.",
        Hashing,
        card("Hash files", _drop_zone()),
        run_card(Hashing, size=SIZE, id="run"),
        card("Digests", _digests(Hashing.run.output)),
        source(Hashing, hash_files),
    )


def _drop_zone() -> rx.Component:
    zone = rx.upload.root(
        rx.center(
            rx.icon("file-up", size=24, color=rx.color("accent", 9)),
            rx.text("Drop files here, or click to choose them.", size="2"),
            rx.text("200 MB at most.", size="1", color=rx.color("gray", 11)),
            direction="column",
            spacing="2",
            text_align="center",
        ),
        id=UPLOAD,
        multiple=True,
        max_files=50,
        max_size=MOST_BYTES,
        on_drop=Hashing.receive(rx.upload_files(upload_id=UPLOAD)),
        border=f"1px dashed {rx.color('accent', 8)}",
        border_radius="var(--radius-4)",
        padding="1.5rem",
        width="100%",
        cursor="pointer",
    )
    # Reflex makes the input by itself, first of all, and leaves it without a name.
    box: Any = zone.children[0]
    box.children[0].custom_attrs["aria-label"] = "Files"
    return zone


def _digests(output: Any) -> rx.Component:
    def row(file: Any) -> rx.Component:
        return rx.box(
            rx.flex(
                one_line(file.name, size="2", weight="medium"),
                rx.text(kilobytes(file.size), size="2", white_space="nowrap"),
                justify="between",
                spacing="3",
            ),
            _digest("SHA-256", file.sha256),
            _digest("BLAKE2b", file.blake2b),
        )

    shown = rx.flex(rx.foreach(output.files, row), id="run-output", direction="column", spacing="4")
    waiting = empty("hash", "The digests appear here when the run has completed.")
    return rx.box(rx.cond(output, shown, waiting), min_height="12rem", display="grid")


def _digest(name: str, digest: Any) -> rx.Component:
    return rx.flex(
        rx.text(name, size="1", color=rx.color("gray", 11), width="4.5rem", flex_shrink="0"),
        rx.code(digest, size="1", variant="ghost", overflow_wrap="anywhere"),
        spacing="2",
    )
