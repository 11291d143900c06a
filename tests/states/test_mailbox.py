"""The mailbox between a feed and a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from reflex_realtime.errors import NotFoundError
from reflex_realtime.feeds.events import FeedEvent, FeedLive
from reflex_realtime.states.mailbox import MAX_LETTERS, FeedEnded, Mailbox


async def feed(error: Exception | None = None) -> AsyncGenerator[FeedEvent, None]:
    yield FeedLive()
    if error is not None:
        raise error


async def filled(error: Exception | None = None) -> Mailbox:
    mailbox = Mailbox(hurries_completion=True)
    await mailbox.fill(feed(error))
    await mailbox.arrival()
    return mailbox


async def test_the_end_of_a_feed_is_its_last_letter() -> None:
    assert (await filled()).take() == [FeedLive(), FeedEnded()]


async def test_the_error_of_a_feed_is_its_last_letter() -> None:
    error = NotFoundError("There is no such run.", status=404)
    assert (await filled(error)).take() == [FeedLive(), FeedEnded(error)]


async def test_an_unexpected_error_of_a_feed_is_raised_where_its_letters_are_taken() -> None:
    mailbox = await filled(LookupError("a fault of the feed"))
    with pytest.raises(LookupError, match="a fault of the feed"):
        mailbox.take()


async def test_letters_are_taken_once() -> None:
    mailbox = await filled()
    mailbox.take()
    assert mailbox.take() == []


async def test_a_full_mailbox_takes_no_more_until_it_is_emptied() -> None:
    sent = 0

    async def feed() -> AsyncGenerator[FeedEvent, None]:
        nonlocal sent
        while True:
            sent += 1
            yield FeedLive()

    mailbox = Mailbox(hurries_completion=True)
    filling = asyncio.create_task(mailbox.fill(feed()))
    await asyncio.sleep(0)
    assert sent == MAX_LETTERS
    assert len(mailbox.take()) == MAX_LETTERS
    await asyncio.sleep(0)
    assert sent == 2 * MAX_LETTERS
    filling.cancel()
    await asyncio.wait([filling])
