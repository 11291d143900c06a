"""What a feed does when the server refuses its access token."""

from __future__ import annotations

from reflex_realtime.errors import RealtimeError
from reflex_realtime.feeds.connection import Connection
from reflex_realtime.feeds.reporting import Reporter
from reflex_realtime.hooks import NoticeKind
from reflex_realtime.protocol.feed_inputs import Interrupted, Rejected, Renewed


async def renewal(
    connection: Connection, refused: str, refusal: RealtimeError | None, reporter: Reporter
) -> Renewed | Interrupted | Rejected:
    """Get another access token.

    Args:
        connection: Has the credential.
        refused: The token that the server refuses.
        refusal: How it refuses it.
        reporter: Is told of the new token.

    Returns:
        What came of it: `Rejected` where there is no other token.
    """
    assert refusal
    try:
        if await connection.renewed_token(refused) == refused:
            return Rejected(refusal)
    except RealtimeError as error:
        return Interrupted(error) if error.retryable else Rejected(error)
    reporter.tell(NoticeKind.RENEWED)
    return Renewed()
