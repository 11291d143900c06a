"""Both backends that a client meets: as an embedded server, and as bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reflex_realtime.devserver.options import FeedStyle
from tests.checklist.dialects import Dialect
from tests.checklist.upstream import Upstream, upstream


@pytest.fixture(params=["native", "electric"])
def style(request: pytest.FixtureRequest) -> FeedStyle:
    """The backend's style."""
    return request.param


@pytest.fixture
async def served(style: FeedStyle) -> AsyncIterator[Upstream]:
    """An embedded server of the style."""
    async with upstream(style) as server:
        yield server


@pytest.fixture
def speaker(style: FeedStyle) -> Dialect:
    """What a server of the style says, as bytes."""
    return Dialect(style)
