"""The server as one ASGI application."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from reflex_realtime.devserver.http.access import Access
from reflex_realtime.devserver.http.messages import Problem, json_response, problem_response
from reflex_realtime.devserver.http.middleware import CrossOrigin, LoopbackOnly
from reflex_realtime.devserver.http.packets import Packets
from reflex_realtime.devserver.http.run_feeds import RunFeeds
from reflex_realtime.devserver.http.runs import Runs
from reflex_realtime.devserver.http.stream_feeds import StreamFeeds, text_problem_response
from reflex_realtime.devserver.http.streams.version import TextProblem
from reflex_realtime.devserver.http.styles.style import Style
from reflex_realtime.devserver.http.tasks import Triggers
from reflex_realtime.devserver.http.tokens import Tokens
from reflex_realtime.devserver.http.waitpoints import Waitpoints
from reflex_realtime.devserver.options import ServerOptions
from reflex_realtime.devserver.store.store import Store
from reflex_realtime.devserver.tasks.definition import Task
from reflex_realtime.errors import ConfigurationError

ABOUT = """\
This is the embedded realtime server of reflex-realtime. It speaks Trigger.dev's protocol and runs
tasks written in Python, for development and tests. It answers only to this machine.

  GET  /realtime/v1/runs/{id}          a run, live
  GET  /realtime/v1/runs?tags=a,b      runs with tags, live
  GET  /realtime/v1/batches/{id}       the runs of a batch, live
  GET  /realtime/v1/streams/{id}/{key} a stream of a run
  POST /api/v1/tasks/{task}/trigger    start a run
"""


def create_app(
    store: Store, tasks: Mapping[str, Task], style: Style, options: ServerOptions
) -> Starlette:
    """Put the routes together.

    Args:
        store: Where everything is kept.
        tasks: The tasks by id; tasks may be added later.
        style: How run feeds are answered.
        options: The server's options.

    Returns:
        The application. It does not open the store.
    """
    access = Access(store)
    return Starlette(
        routes=[
            Route("/", _about),
            *RunFeeds(store, access, style, options.max_live_polls).routes(),
            *StreamFeeds(store, access).routes(),
            *Triggers(store, access, tasks, options).routes(),
            *Runs(store, access).routes(),
            *Packets(store, access).routes(),
            *Waitpoints(store, access).routes(),
            *Tokens(store, access).routes(),
        ],
        middleware=[Middleware(LoopbackOnly), Middleware(CrossOrigin)],
        exception_handlers={
            Problem: problem_response,
            TextProblem: text_problem_response,
            ConfigurationError: _not_started,
        },
    )


def _not_started(_: Request, error: Exception) -> Response:
    return json_response({"error": str(error)}, 503)


async def _about(_: Request) -> Response:
    return PlainTextResponse(ABOUT)
