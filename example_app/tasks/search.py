"""Search for a number that gives a text a rare SHA-256: work that may take seconds or hours."""

from hashlib import sha256
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
    """The number found, and the hexadecimal digest that it gives."""

    number: int
    digest: str


@server.task("search-digest", max_duration=900)
def search_digest(payload: SearchPayload, ctx: TaskContext) -> SearchResult:
    """Try one number after another until the digest starts with enough zeros."""
    prefix = sha256(f"{payload.text}:".encode())
    wanted = "0" * payload.zeros
    miss = 1 - HEX_DIGITS**-payload.zeros
    best = "f"
    started = monotonic()
    number = 0
    while not best.startswith(wanted):
        number += 1
        attempt = prefix.copy()
        attempt.update(b"%d" % number)
        best = min(best, attempt.hexdigest())
        if number % TRIES_PER_REPORT == 0:
            ctx.raise_if_cancelled()
            ctx.metadata.update(
                {
                    "tries": number,
                    "best": best,
                    "rate": round(number / (monotonic() - started)),
                    "likelihood": 1 - miss**number,
                }
            )
    ctx.metadata.update({"tries": number, "best": best})
    return SearchResult(number=number, digest=best)
