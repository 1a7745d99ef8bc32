"""Speech by espeak-ng through ctypes, sentence by sentence, with the time of every word.

The library keeps global state: use one Narrator per process, from one thread.
"""

import ctypes
import re
from dataclasses import dataclass, replace
from itertools import pairwise

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from content_service.lesson.errors import NarrationFailed

Samples = NDArray[np.int16]

VOICE = b"en-us"
WORDS_PER_MINUTE = 158
PITCH = 42
PITCH_RANGE = 58
SENTENCE_GAP = 0.26  # seconds
TAIL = 0.06
QUIET = 60  # samples below this are the trailing silence espeak-ng appends
LONGEST_WORD = 40

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS, _DONT_EXIT, _UTF8 = 2, 0x8000, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_EVENT_END, _EVENT_WORD = 0, 1
_ABBREVIATIONS = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|vs|etc|approx|e\.g|i\.e|[ap]\.m)|\b\d+)\.$")


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word as written; times in seconds. `closes` marks the last word of a sentence."""

    text: str
    start: float
    end: float
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """Mono 16-bit samples and the words in them, in time order."""

    samples: Samples
    words: tuple[Word, ...]


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class Narrator:
    """The synthesiser. Raises NarrationFailed when the library or its data cannot be used."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise NarrationFailed(str(error)) from None
        data = espeakng_loader.get_data_path().encode()
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT))
        if self.rate <= 0 or self._library.espeak_SetVoiceByName(VOICE):
            raise NarrationFailed("espeak-ng found no voice data (its folder's path must be shorter than 160 bytes)")
        for parameter, value in ((_RATE, WORDS_PER_MINUTE), (_PITCH, PITCH), (_RANGE, PITCH_RANGE)):
            self._library.espeak_SetParameter(parameter, value, 0)
        # text, size, position, position type, end position, flags, identifier, user data
        size, number, unsigned, pointer = ctypes.c_size_t, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
        self._library.espeak_Synth.argtypes = (pointer, size, unsigned, number, unsigned, unsigned, pointer, pointer)
        self._chunks: list[bytes] = []
        self._marks: list[tuple[int, float]] = []
        self._callback = _Callback(self._receive)  # kept: the library holds only the pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str) -> Utterance:
        """Samples and word times of a text of any number of sentences; empty text gives no samples."""
        pieces: list[Samples] = []
        words: list[Word] = []
        offset = 0
        gap = np.zeros(round(SENTENCE_GAP * self.rate), dtype=np.int16)
        for sentence in sentences(text):
            if pieces:
                pieces.append(gap)
                offset += len(gap)
            spoken = self._sentence(sentence)
            pieces.append(spoken.samples)
            shift = offset / self.rate
            words += [replace(word, start=word.start + shift, end=word.end + shift) for word in spoken.words]
            offset += len(spoken.samples)
        return Utterance(np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16), tuple(words))

    def _sentence(self, sentence: str) -> Utterance:
        self._chunks.clear()
        self._marks.clear()
        data = sentence.encode() + b"\0"
        status = self._library.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
        if status or self._library.espeak_Synchronize():
            raise NarrationFailed(f"espeak-ng answered status {status} for “{sentence[:60]}”")
        samples = np.frombuffer(b"".join(self._chunks), dtype=np.int16)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > QUIET)
        length = min(len(samples), int(loud[-1]) + round(TAIL * self.rate)) if len(loud) else 0
        return Utterance(samples[:length], timed_words(sentence, self._marks, length / self.rate))

    def _receive(self, samples: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))
        index = 0
        while (event := events[index]).type != _EVENT_END:
            if event.type == _EVENT_WORD:
                self._marks.append((event.text_position - 1, event.audio_position / 1000))
            index += 1
        return 0


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
    """The words of a sentence with times, from espeak-ng's (character index, seconds) marks.

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
