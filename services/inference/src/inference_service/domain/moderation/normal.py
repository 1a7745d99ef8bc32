"""Undo the disguises of a text: look-alike letters, digits for letters, gaps between letters, stretched and shortened words."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inference_service.domain.moderation.policy import Policy

_SPACED = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][\s._*\-]{1,3}){2,}[a-z0-9](?![a-z0-9])")
_WIDE = re.compile(r"\s{2,}")
_SOUNDS_AS_S = re.compile(r"(?<=[a-z]{2})z\b")
_ELL = MappingProxyType({"1": "l", "|": "l"})
"""A one is an i to most, an l to some."""
_GAPS = re.compile(r"[^a-z0-9]")
_CUT = re.compile(r"\b(i|you|he|she|it|we|they|that|there|what|who|let|\w+n) (m|re|ve|ll|d|s|t)(?= |$)")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SEPARATORS = re.compile(r"[^a-z0-9'*]+")
_INVISIBLE = frozenset(("Cf", "Mn", "Me"))


@dataclass(frozen=True, slots=True)
class Views:
    """The same text as written (only lower case, look-alikes resolved) and as words, with each disguise undone."""

    written: str
    spoken: tuple[str, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for view in self.spoken for word in view.split())


def views(text: str, policy: Policy) -> Views:
    """Every reading of `text` that a rule should see."""
    written = _plain(text, policy.confusables)
    leet = _leet(written, policy.leet)
    readings = [
        written,
        leet,
        _join(written),
        _leet(_join(written), policy.leet),
        _leet(written.replace("11", "ll"), policy.leet),
    ]
    readings.append(_leet(written, {**policy.leet, **_ELL}))
    spoken = [_words(reading) for reading in readings]
    spoken += [_in_full(reading, policy.shorthand) for reading in spoken]
    shortened = [_STRETCHED.sub(letters, reading) for letters in (r"\1", r"\1\1") for reading in spoken]
    return Views(written, tuple(dict.fromkeys([*spoken, *shortened])))


def _plain(text: str, confusables: Mapping[str, str]) -> str:
    """Compatibility forms and look-alikes become plain letters; invisible characters and accents go."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    visible = (c for c in folded if unicodedata.category(c) not in _INVISIBLE)
    return "".join(confusables.get(c, c) for c in visible).replace("’", "'")


def _leet(text: str, leet: Mapping[str, str]) -> str:
    """Replace digits and signs inside words only, so that numbers stay numbers."""
    return re.sub(r"\S*[a-z]\S*", lambda word: "".join(leet.get(c, c) for c in word[0].rstrip("!?.,")), text)


def _join(text: str) -> str:
    """Letters with gaps between them become a word."""
    return _SPACED.sub(lambda run: " ".join(_closed(run[0])), text)


def _closed(run: str) -> list[str]:
    """Wide gaps are between words, unless there are no others."""
    words = [_GAPS.sub("", word) for word in _WIDE.split(run)]
    return words if any(len(word) > 1 for word in words) else ["".join(words)]


def _in_full(words: str, shorthand: Mapping[str, str]) -> str:
    """Short words become what they stand for, "i m" and "don t" one word again, and a z that is heard as an s an s."""
    joined = _SOUNDS_AS_S.sub("s", _CUT.sub(r"\1'\2", words))
    return " ".join(shorthand.get(word, word) for word in joined.split())


def _words(text: str) -> str:
    return _SEPARATORS.sub(" ", text).strip()
