"""What the library adds where nothing happens: to an import, and to an idle page."""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.pages.backend import build
from benchmarks.pages.report import Goal, Report, Table, number
from benchmarks.pages.stage import Stage
from tests.reflex_app import free_port

PROCESSES = 7
LIMIT_MS, LIMIT_BYTES = 60, 5_000

HERE = "here"
REFLEX = "import reflex as rx; rx.App; rx.State; rx.Component"
"""What every app uses. Reflex loads it only when it is used."""
OURS = (
    "from reflex_realtime import RealtimeOptions, RealtimeRunState; "
    "from reflex_realtime.components import realtime_subscription"
)


async def measure(stage: Stage, scale: float) -> Report:
    """Measure.

    Args:
        stage: Not needed.
        scale: Not needed.
    """
    added = statistics.median(import_ms(REFLEX, OURS) for _ in range(PROCESSES))
    whole = statistics.median(import_ms("pass", REFLEX) for _ in range(PROCESSES))
    with tempfile.TemporaryDirectory() as folder:
        without = bundle_bytes("idle", Path(folder) / "without")
        with_ours = bundle_bytes("idle_ours", Path(folder) / "with")
    rows = [
        ["import of Reflex, ms", number(whole), number(added)],
        [
            "JavaScript of an idle page, bytes with gzip",
            number(without),
            number(with_ours - without),
        ],
    ]
    return Report(
        [
            Goal("added to `import reflex`", LIMIT_MS, added, "ms"),
            Goal("added to an idle page's bundle, gzip", LIMIT_BYTES, with_ours - without, "bytes"),
        ],
        [Table("What the library adds", ["", "without", "added"], rows)],
    )


def import_ms(before: str, statement: str) -> float:
    """The milliseconds that imports take in a fresh process.

    Args:
        before: What the process does first.
        statement: The imports.
    """
    told = f"import sys\n{before}\nprint({HERE!r}, file=sys.stderr)\n{statement}"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", told],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    own_times = [line.split(":")[1].split("|")[0] for line in lines[lines.index(HERE) + 1 :]]
    return sum(map(int, own_times)) / 1000


def bundle_bytes(app: str, folder: Path) -> int:
    """The bytes of all JavaScript that is built for an app, compressed."""
    build(app, folder, free_port())
    files = (folder / ".web" / "build" / "client" / "assets").glob("*.js")
    return sum(len(gzip.compress(file.read_bytes())) for file in files)
