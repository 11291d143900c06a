"""The list of runs: its filters and pages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from reflex_realtime.devserver.http.messages import Problem
from reflex_realtime.devserver.store.database import Transaction
from reflex_realtime.devserver.store.runs import RunRecord, select_runs
from reflex_realtime.errors import ConfigurationError
from reflex_realtime.protocol.durations import parse_duration
from reflex_realtime.protocol.runs import run_status

DEFAULT_PAGE = 25
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list.

    Attributes:
        runs: Its runs, newest first.
        has_more: Whether a page follows.
    """

    runs: list[RunRecord]
    has_more: bool


def asked_tasks(request: Request) -> list[str]:
    """The tasks that a request wants to see runs of; none means all."""
    return _listed(request.query_params, "filter[taskIdentifier]")


def read_page(tx: Transaction, query: QueryParams) -> Page:
    """Read the page that a request asks for.

    Raises:
        Problem: 400, the period is no duration.
    """
    size = query.get("page[size]", str(DEFAULT_PAGE))
    limit = min(int(size), MAX_PAGE) if size.isdigit() and int(size) else DEFAULT_PAGE
    conditions, parameters = _list_conditions(query)
    order = f"WHERE {conditions} ORDER BY created_seq DESC LIMIT ?"
    runs = select_runs(tx, order, [*parameters, limit + 1])
    return Page(runs[:limit], len(runs) > limit)


def _listed(query: QueryParams, name: str) -> list[str]:
    return [item for item in query.get(name, "").split(",") if item]


def _list_conditions(query: QueryParams) -> tuple[str, list[Any]]:
    conditions, parameters = ["1"], []
    columns = {"filter[taskIdentifier]": "task", "filter[batch]": "batch_id"}
    for name, column in columns.items():
        if wanted := _listed(query, name):
            conditions.append(f"{column} IN ({', '.join('?' for _ in wanted)})")
            parameters += wanted
    if statuses := set(_listed(query, "filter[status]")):
        stored = [status for status in _STORED_STATUSES if run_status(status).value in statuses]
        conditions.append(f"status IN ({', '.join('?' for _ in stored)})")
        parameters += stored
    for tag in _listed(query, "filter[tag]"):
        conditions.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
        parameters.append(tag)
    if period := query.get("filter[createdAt][period]"):
        conditions.append("created_at > ?")
        parameters.append(time.time_ns() // 1_000_000 - _period(period))
    if after := query.get("page[after]"):
        conditions.append("created_seq < (SELECT created_seq FROM runs WHERE id = ?)")
        parameters.append(after)
    return " AND ".join(conditions), parameters


_STORED_STATUSES = (
    "DELAYED",
    "PENDING",
    "DEQUEUED",
    "EXECUTING",
    "WAITING_TO_RESUME",
    "RETRYING_AFTER_FAILURE",
    "COMPLETED_SUCCESSFULLY",
    "COMPLETED_WITH_ERRORS",
    "CANCELED",
    "CRASHED",
    "EXPIRED",
    "TIMED_OUT",
)


def _period(text: str) -> int:
    try:
        return round(parse_duration(text).total_seconds() * 1000)
    except ConfigurationError as error:
        raise Problem(400, str(error)) from None
