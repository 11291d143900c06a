"""Search for a number that gives a text a rare SHA-256: work that may take seconds or hours."""

from hashlib import sha256
from itertools import count
from time import monotonic

from pydantic import BaseModel, Field

from example_app.server import server
from reflex_realtime.devserver import TaskContext

TRIES_PER_REPORT = 20_000
HEX_DIGITS = 16


class SearchPayload(BaseModel):
    """What to search for: `sha256(f"{text}:{number}")` with so many leading zero digits."""

    text: str = Field(min_length=1, max_length=200)
    zeros: int = Field(ge=1, le=8)


class SearchResult(BaseModel):
    """The number found and the hexadecimal digest it gives."""

    number: int
    digest: str
    tries: int
    seconds: float


@server.task("search-digest", max_duration=900)
def search_digest(payload: SearchPayload, ctx: TaskContext) -> SearchResult:
    """Try one number after another until the digest starts with enough zeros."""
    prefix = sha256(f"{payload.text}:".encode())
    wanted = "0" * payload.zeros
    likelihood = HEX_DIGITS**-payload.zeros
    best = "f"
    started = monotonic()
    for number in count():
        attempt = prefix.copy()
        attempt.update(b"%d" % number)
        digest = attempt.hexdigest()
        best = min(best, digest)
        if digest.startswith(wanted):
            break
        if number % TRIES_PER_REPORT == 0:
            ctx.raise_if_cancelled()
            ctx.metadata.set("tries", number)
            ctx.metadata.set("best", best)
            ctx.metadata.set("rate", round(number / max(monotonic() - started, 1e-9)))
            ctx.metadata.set("likelihood", 1 - (1 - likelihood) ** number)
    ctx.metadata.set("tries", number + 1)
    ctx.metadata.set("best", best)
    return SearchResult(
        number=number, digest=digest, tries=number + 1, seconds=monotonic() - started
    )
