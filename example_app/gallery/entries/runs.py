"""What shows a set of runs."""

from typing import Any

import reflex as rx

from example_app.gallery.entry import Entry, Still
from example_app.gallery.stage import Ensemble, batch_controls
from example_app.gallery.stills import (
    ConnectingBatch,
    ReconnectingBatch,
    RefusedBatch,
    Samples,
)
from reflex_realtime.components import batch_progress, run_timeline, runs_table

LOW = "14rem"


def _progress() -> list[Still]:
    return [
        Still("Half done", batch_progress(Samples.batch)),
        Still("Disconnected", batch_progress(ReconnectingBatch)),
        Still("No runs", batch_progress(Samples.no_runs)),
        Still("Connecting", batch_progress(ConnectingBatch)),
        Still("Refused", batch_progress(RefusedBatch)),
    ]


def _tables() -> list[Still]:
    return [
        Still("Half done", runs_table(Samples.batch, label="Half done"), wide=True),
        Still("No runs", _table(Samples.no_runs, "No runs"), wide=True),
        Still("Connecting", _table(ConnectingBatch, "Connecting"), wide=True),
        Still("Disconnected", _table(ReconnectingBatch, "Disconnected"), wide=True),
        Still("Refused", _table(RefusedBatch, "Refused"), wide=True),
    ]


def _table(source: Any, label: str) -> rx.Component:
    return runs_table(source, label=label, height=LOW)


def _timelines() -> list[Still]:
    each = Samples.each
    return [
        Still("Half done", run_timeline(Samples.batch), wide=True),
        Still("No runs", run_timeline(Samples.no_runs, height=LOW), wide=True),
        Still("Connecting", run_timeline(ConnectingBatch, height=LOW), wide=True),
        Still("Disconnected", run_timeline(ReconnectingBatch, height=LOW), wide=True),
        Still("Refused", run_timeline(RefusedBatch, height=LOW), wide=True),
        Still("No run", run_timeline(Samples.no_run)),
        Still("Queued", run_timeline(each["QUEUED"])),
        Still("Executing", run_timeline(each["EXECUTING"])),
        Still("Waiting", run_timeline(each["WAITING"])),
        Still("Completed", run_timeline(each["COMPLETED"])),
        Still("Failed", run_timeline(each["FAILED"])),
    ]


RUNS_ENTRIES = [
    Entry(
        name="batch_progress",
        icon="chart-bar-stacked",
        lead="How many runs of a set are queued, executing, finished and failed.",
        code="batch_progress(Reports)",
        stills=_progress,
        live=lambda: batch_progress(Ensemble),
        controls=batch_controls,
        state=Ensemble,
    ),
    Entry(
        name="runs_table",
        icon="table",
        lead="Runs in a table that sorts, filters and finds, and scrolls well with thousands.",
        code="runs_table(Reports, on_row_click=Detail.open)",
        stills=_tables,
        live=lambda: runs_table(Ensemble),
        controls=batch_controls,
        state=Ensemble,
    ),
    Entry(
        name="run_timeline",
        icon="chart-gantt",
        lead="When a run was created, queued, started and finished; for a set of runs, a gantt.",
        code="run_timeline(Reports, name=lambda run: run.payload.title)",
        stills=_timelines,
        live=lambda: run_timeline(Ensemble, name=lambda run: run.payload.title),
        controls=batch_controls,
        state=Ensemble,
    ),
]
