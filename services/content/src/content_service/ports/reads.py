"""What is read outside a transaction."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from content_service.domain import (
    Attempt,
    FeedQuery,
    Matches,
    Page,
    Progress,
    Queue,
    SearchQuery,
    Video,
)


class Reads(Protocol):
    """Videos as callers may see them."""

    async def video(self, video_id: str) -> Video | None:
        """The video if it is PUBLIC or the present caller may see it; None otherwise."""
        ...

    async def feed(self, query: FeedQuery, size: int, page_token: str) -> Page:
        """One page. Raises PageTokenInvalid."""
        ...

    async def progress(self, video_id: str) -> Progress | None:
        """How far the video is, for a caller who may see it; None when there is no job for it any more."""
        ...

    async def requested(self, request_id: str) -> Video | None:
        """The video the present caller asked for under this request id; None when there is none."""
        ...

    async def queue(self, owner: str) -> Queue:
        """What is unfinished over all accounts, as `owner` sees it who asks for a lesson now."""
        ...


class Search(Protocol):
    """Finds PUBLIC videos by words."""

    async def search(
        self, query: SearchQuery, words: Sequence[str], size: int, page_token: str, attempt: Attempt
    ) -> Matches:
        """One page of videos with every word, or with `SOME`, the last of which may be half typed, the best match first.

        With some, it is those with more of the words and with rarer ones, and a word of one character finds nothing by itself.

        Raises PageTokenInvalid.
        """
        ...

    def attempt(self, query: SearchQuery, page_token: str) -> Attempt:
        """The one that found the page before. Raises PageTokenInvalid."""
        ...

    async def alike(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """For each word that no published lesson holds, some that are and look like it; words that are known are left out."""
        ...
