"""Where the server is, with which credential, how patient to be with it, and who observes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx

from reflex_realtime.feeds.credential import Credential, credential
from reflex_realtime.feeds.limits import DEFAULT_LIMITS, Limits
from reflex_realtime.feeds.retry import DEFAULT_RETRY, RetryPolicy
from reflex_realtime.feeds.transport import OpenClient, open_client
from reflex_realtime.hooks import FeedHook, FeedNotice, NoticeKind
from reflex_realtime.options import RealtimeOptions, require_access_token
from reflex_realtime.protocol.requests import API_VERSION, ELECTRIC_VERSION, client_version

_log = logging.getLogger("reflex_realtime.feeds")


def log_notice(notice: FeedNotice) -> None:
    """The hook that is always there: what an operator wants to know goes to the log.

    Args:
        notice: What happened to a feed.
    """
    match notice.kind:
        case NoticeKind.RETRIED:
            _log.info(
                "Asking again for %s in %.1f s: %s", notice.feed, notice.seconds, notice.error
            )
        case NoticeKind.REJECTED:
            _log.warning("Left out of %s: %s", notice.feed, notice.error)
        case NoticeKind.CLOSED if notice.error:
            _log.warning("The feed of %s ended: %s", notice.feed, notice.error)
        case _:
            _log.debug("%s: %s", notice.feed, notice.kind)


@dataclass(frozen=True, slots=True)
class Connection:
    """A server, the credential to use there, and how patient to be with it.

    Attributes:
        base_url: The server's URL, without a trailing slash.
        credential: The access token; never shown.
        preview_branch: The preview branch, None for none.
        open_client: Opens the HTTP client of one feed.
        retry: When to ask again.
        limits: How long to wait, and how much to take.
        hooks: Observe the feeds.
        pace: Seconds between two updates of whoever shows what comes. The runs of a set are not
            asked for more often. Connections of another pace are the same otherwise.
    """

    base_url: str
    credential: Credential = field(repr=False)
    preview_branch: str | None = None
    open_client: OpenClient = open_client
    retry: RetryPolicy = DEFAULT_RETRY
    limits: Limits = DEFAULT_LIMITS
    hooks: tuple[FeedHook, ...] = (log_notice,)
    pace: float = field(default=0.0, compare=False)

    def headers(self, token: str) -> dict[str, str]:
        """The headers of every request, the credential included.

        Args:
            token: The access token.
        """
        headers = {
            "Authorization": f"Bearer {token}",
            "trigger-version": client_version(),
            "x-trigger-api-version": API_VERSION,
            "x-trigger-electric-version": ELECTRIC_VERSION,
        }
        if self.preview_branch:
            headers["x-trigger-branch"] = self.preview_branch
        return headers

    async def token(self) -> str:
        """The access token to use now.

        Raises:
            ConfigurationError: There is none, or it cannot be sent.
            CredentialError: The function that returns it failed.
        """
        return await self.credential.token(self.limits.token)

    async def renewed_token(self, refused: str) -> str:
        """Another access token, since the server refuses one; the same where there is no other.

        Args:
            refused: The token that the server refuses.

        Raises:
            ConfigurationError: There is none, or it cannot be sent.
            CredentialError: The function that returns it failed.
        """
        return await self.credential.renewed(refused, self.limits.token)

    @property
    def timeout(self) -> httpx.Timeout:
        """The limits of a request, as the HTTP library takes them."""
        return httpx.Timeout(self.limits.silence, connect=self.limits.connect)

    def url(self, path: str) -> str:
        """The URL of a route."""
        return f"{self.base_url}{path}"

    def tell(self, notice: FeedNotice) -> None:
        """Tell the hooks what happened. What they raise is logged and goes no further.

        Args:
            notice: What happened.
        """
        for hook in self.hooks:
            try:
                hook(notice)
            except Exception:
                _log.exception("A hook failed at %r", notice.kind.value)


def connection_from(
    options: RealtimeOptions, open_client: OpenClient = open_client, hooks: Iterable[FeedHook] = ()
) -> Connection:
    """The connection that merged options describe.

    Args:
        options: Merged options.
        open_client: Opens the HTTP client of one feed.
        hooks: Observe the feeds, besides those of the options.

    Raises:
        ConfigurationError: There is no access token.
    """
    return Connection(
        options.base_url,
        credential(require_access_token(options)),
        options.preview_branch,
        open_client,
        hooks=(log_notice, *options.hooks, *hooks),
        pace=options.throttle_ms / 1000,
    )
