"""What the URL of a page names."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote


def route_parameter(router: Any, name: str) -> str:
    """The value of a part of the URL.

    Args:
        router: The state's `router`.
        name: `run_id` for the route `/runs/[run_id]` or for `/runs?run_id=...`.

    Returns:
        The value, empty where the URL has none.
    """
    parts = str(router.url.path).strip("/").split("/")
    route = str(router.route_id).strip("/").split("/")
    for pattern, part in zip(route, parts, strict=False):
        if pattern == f"[{name}]":
            return unquote(part)
    return str(router.url.query_parameters.get(name, ""))
