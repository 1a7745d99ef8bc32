"""Speech, sentence by sentence, with the time of every word: whoever's voice it is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from content_service.lesson.pronunciation import pronounced
from content_service.lesson.written import joined

Samples = NDArray[np.int16]

SENTENCE_GAP = 0.26  # seconds
TAIL = 0.06
QUIET = 60  # samples below this are the silence that voices append
LONGEST_WORD = 40

_ABBREVIATIONS = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|vs|etc|approx|e\.g|i\.e|[ap]\.m)|\b\d+)\.$")


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word, or several, as written; times in seconds. `closes` marks the last word of a sentence."""

    text: str
    start: float
    end: float
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """Mono 16-bit samples and the words in them, in time order."""

    samples: Samples
    words: tuple[Word, ...]


class Voice(Protocol):
    """Somebody who reads out one sentence at a time."""

    @property
    def name(self) -> str:
        """What the catalogue calls it."""
        ...

    @property
    def rate(self) -> int:
        """Samples a second."""
        ...

    def sentence(self, sentence: str) -> Utterance:
        """One sentence, without silence around it. Raises LessonError."""
        ...


def speak(voice: Voice, text: str) -> Utterance:
    """Samples and word times of a text of any number of sentences; empty text gives no samples."""
    pieces: list[Samples] = []
    words: list[Word] = []
    offset = 0
    gap = np.zeros(round(SENTENCE_GAP * voice.rate), dtype=np.int16)
    for sentence in sentences(text):
        if pieces:
            pieces.append(gap)
            offset += len(gap)
        said, written = pronounced(sentence)
        spoken = voice.sentence(said)
        pieces.append(spoken.samples)
        shift = offset / voice.rate
        words += [
            replace(word, start=word.start + shift, end=word.end + shift)
            for word in _as_written(replace(word, text=written.get(word.text, word.text)) for word in spoken.words)
        ]
        offset += len(spoken.samples)
    return Utterance(np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16), tuple(words))


def _as_written(words: Iterable[Word]) -> Iterator[Word]:
    """Words that are written as one share the time from the first to the last of them."""
    spoken = list(words)
    at = 0
    for text, count in joined([word.text for word in spoken]):
        yield replace(spoken[at + count - 1], text=text, start=spoken[at].start)
        at += count


def without_silence(samples: Samples, rate: int) -> Samples:
    """The samples up to shortly after the last that can be heard."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > QUIET)
    length = min(len(samples), int(loud[-1]) + round(TAIL * rate)) if len(loud) else 0
    return samples[:length]


def sentences(text: str) -> list[str]:
    """The text's sentences; abbreviations, initials and numbers do not end one."""
    found: list[str] = []
    for part in re.split(r"(?<=[.!?…])[\"'”’)]*\s+", " ".join(text.replace("\0", " ").split())):
        if found and _ABBREVIATIONS.search(found[-1]):
            found[-1] += f" {part}"
        elif part:
            found.append(part)
    return found


def timed_words(sentence: str, marks: list[tuple[int, float]], duration: float) -> tuple[Word, ...]:
    """The words of a sentence with times, from a synthesiser's (character index, seconds) marks.

    The synthesiser may mark a written word several times ("1984") or not at all ("—"); a word without a mark
    shares the time of the word before it.
    """
    spans = [match.span() for match in re.finditer(r"\S+", sentence)]
    starts: list[float] = []
    for begin, end in spans:
        own = [seconds for position, seconds in marks if begin <= position < end]
        earliest = starts[-1] if starts else 0.0
        starts.append(min(duration, max(earliest, min(own, default=earliest))))
    ends = [*starts[1:], duration][: len(starts)]
    words = [
        Word(sentence[begin:end], start, until) for (begin, end), start, until in zip(spans, starts, ends, strict=True)
    ]
    split = [piece for word in words for piece in _pieces(word)]
    return (*split[:-1], replace(split[-1], closes=True)) if split else ()


def _pieces(word: Word) -> list[Word]:
    """A word longer than a caption line is cut into parts that share its time."""
    if len(word.text) <= LONGEST_WORD:
        return [word]
    cuts = [*range(0, len(word.text), LONGEST_WORD), len(word.text)]
    second = (word.end - word.start) / len(word.text)
    return [Word(word.text[a:b], word.start + a * second, word.start + b * second) for a, b in pairwise(cuts)]
