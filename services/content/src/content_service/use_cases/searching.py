"""Finding lessons by words, also by mistyped ones."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from content_service.domain import Attempt, Matches, SearchQuery
from content_service.ports import Search

_WORD = re.compile(r"\w+")
_RAISED = re.compile(r"(?<=\w)\^(?=\w)")
_MOST_WORDS = 16
_SHORTEST = 4
_LONG = 8


class Searching:
    """Search that does not give up: when nothing holds every word, words nobody ever published give way to the ones they
    resemble, and when nothing holds those either, what holds some of them is found."""

    def __init__(self, search: Search) -> None:
        self._search = search

    async def find(self, query: SearchQuery, size: int, page_token: str) -> Matches:
        """One page, the best match first. Raises PageTokenInvalid."""
        words = meant = words_of(query.text)
        # A page goes on where the one before was found, whatever has been published since.
        for attempt in [self._search.attempt(query, page_token)] if page_token else Attempt:
            if attempt is not Attempt.AS_TYPED and meant is words:
                meant = corrected(words, await self._search.alike(words))
            if not _may_find(attempt, words, meant):
                continue
            found = await self._search.search(query, meant, size, page_token, attempt)
            if found.videos:
                return replace(found, corrected=" ".join(meant) if meant != words else "")
        return Matches([], [], "")


def _may_find(attempt: Attempt, words: Sequence[str], meant: Sequence[str]) -> bool:
    """Whether it asks for anything that was not asked for before."""
    match attempt:
        case Attempt.AS_TYPED:
            return bool(words)
        case Attempt.CORRECTED:
            return meant != words
        case Attempt.SOME:
            return len(meant) > 1


def words_of(text: str) -> list[str]:
    """The words of a question as the index has them, at most 16: a^2 and a² are both a2, as they are on a keyboard."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return _WORD.findall(_RAISED.sub("", plain))[:_MOST_WORDS]


def corrected(words: Sequence[str], alike: Mapping[str, Sequence[str]]) -> list[str]:
    """Each word of `alike` gives way to the nearest of those like it, the others stay.

    Near is one slip in a word of four to seven letters and two in a longer one: a letter too many, missing, wrong, or two
    swapped (optimal string alignment distance). Of words equally near the first in the alphabet is taken. A word of four
    letters never merely loses the first, by which it is known: dice is not ice.
    """
    return [_nearest(word, sorted(alike.get(word, ()))) for word in words]


def _nearest(word: str, others: Sequence[str]) -> str:
    if len(word) < _SHORTEST:
        return word
    slips = 2 if len(word) >= _LONG else 1
    if len(word) == _SHORTEST:
        others = [other for other in others if other != word[1:]]
    found = process.extractOne(word, others, scorer=OSA.distance, score_cutoff=slips)
    return found[0] if found else word
