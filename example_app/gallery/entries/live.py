"""What follows something without a state class of the app's own."""

from typing import Any

from example_app.gallery.entry import Entry, Still
from example_app.gallery.stage import Ensemble, Stage, StageStreams, batch_controls
from example_app.gallery.stills import Samples
from example_app.tasks.script import Film, Script
from example_app.visitor import visitor_token
from reflex_realtime.components import (
    realtime_batch,
    realtime_run,
    realtime_run_with_streams,
    realtime_runs_with_tag,
)


async def _is_own_batch(state: Any, batch_id: str | list[str]) -> bool:
    """Whether it is the batch that the visitor has started."""
    return (await state.get_state(Ensemble)).batch_id == batch_id


LIVE_ENTRIES = [
    Entry(
        name="realtime_run",
        icon="activity",
        lead="Follows a run and shows it, wherever it is dropped.",
        code='realtime_run("run_1234")',
        stills=lambda: [Still("Nothing to follow", realtime_run(Samples.no_id), wide=True)],
        live=lambda: realtime_run(
            Stage.followed_id, payload=Script, output=Film, authorize=visitor_token
        ),
    ),
    Entry(
        name="realtime_run_with_streams",
        icon="messages-square",
        lead="Follows a run and its streams and shows them.",
        code='realtime_run_with_streams("run_1234", streams=Answer)',
        stills=lambda: [
            Still(
                "Nothing to follow",
                realtime_run_with_streams(Samples.no_id, streams=StageStreams),
                wide=True,
            )
        ],
        live=lambda: realtime_run_with_streams(
            Stage.followed_id, streams=StageStreams, authorize=visitor_token
        ),
    ),
    Entry(
        name="realtime_runs_with_tag",
        icon="tags",
        lead="Follows all runs with a tag and shows them.",
        code='realtime_runs_with_tag("user:ada")',
        stills=lambda: [
            Still("Nothing to follow", realtime_runs_with_tag(Samples.no_id), wide=True)
        ],
        live=lambda: realtime_runs_with_tag(Stage.followed_tag, authorize=visitor_token),
    ),
    Entry(
        name="realtime_batch",
        icon="layers",
        lead="Follows the runs of a batch and shows them.",
        code='realtime_batch("batch_1234")',
        stills=lambda: [Still("Nothing to follow", realtime_batch(Samples.no_id), wide=True)],
        live=lambda: realtime_batch(Ensemble.batch_id, authorize=_is_own_batch),
        controls=batch_controls,
        state=Ensemble,
    ),
]
