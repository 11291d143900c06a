"""The two versions of streams: version 1, kept in Redis upstream, and version 2, kept in S2."""

from __future__ import annotations

from collections.abc import Mapping

from reflex_realtime.devserver.http.streams.v1 import StreamsV1
from reflex_realtime.devserver.http.streams.v2 import StreamsV2
from reflex_realtime.devserver.http.streams.version import StreamVersion
from reflex_realtime.devserver.store.store import Store


def stream_versions(store: Store) -> Mapping[str, StreamVersion]:
    """The versions by name."""
    return {"v1": StreamsV1(store), "v2": StreamsV2(store)}
