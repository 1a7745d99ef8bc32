"""Which subject a text belongs to, by a linear model over its words; languages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from inference_service.domain.linear import LinearModel, hashed
from inference_service.domain.subject import Subject

FEATURES = 1 << 16
"""Words are counted under their hash below this number."""
OTHER = "OTHER"
"""The class of whatever none of the four subjects teaches."""
_NONE_ABOVE = 0.48
_UNLIKELY = 0.08
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[=+^√%×÷<>π∫]")
_FORMULA = re.compile(r"\b(?:[A-Z][a-z]?\d+)+(?:[A-Z][a-z]?)*\b|\b[A-Z][a-z]?(?:[A-Z][a-z]?\d+)+\b")
_LAYOUT = re.compile(r"\\(?:mathrm|mathbf|mathit|text|left|right|displaystyle|quad|begin|end|big)\b|[$~]")
"""What LaTeX says of how a formula looks, not of what it means."""
_ENDINGS = ("ies", "es", "s", "ing", "ed")
_SHORTEST_STEM, _PIECE = 4, 5


@dataclass(frozen=True, slots=True)
class SubjectGuess:
    """The subject, None when it is none of the four, and how sure that is, 0 to 1. `chances` says it of each of the four."""

    subject: Subject | None
    confidence: float
    chances: Mapping[Subject, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A BCP 47 tag, "und" when it cannot be told, and how sure that is, 0 to 1."""

    tag: str = "und"
    confidence: float = 0.0


class SubjectModel(LinearModel):
    """Knows the four subjects, and OTHER."""

    def classify(self, text: str) -> SubjectGuess:
        """The most probable subject; None when the text is more likely about something else, or has no words."""
        if not (values := hashed(features(text), FEATURES)):
            return SubjectGuess(None, 0.0)
        by_name = self.chances(values)
        chances = {subject: by_name[subject.value] for subject in Subject}
        if by_name[OTHER] >= _NONE_ABOVE:
            return SubjectGuess(None, by_name[OTHER], chances)
        best = max(Subject, key=chances.__getitem__)
        return SubjectGuess(best, chances[best], chances)


def off_subject(guess: SubjectGuess, asked: Subject) -> bool:
    """Whether a topic is plainly about something else than the subject it is asked in; a doubt is in its favour."""
    return guess.subject is not asked and guess.chances.get(asked, 1.0) < _UNLIKELY


def features(text: str) -> Iterator[str]:
    """Stems, pairs of neighbouring stems, pieces of long words; numbers, years and chemical formulas as such."""
    if _FORMULA.search(text):
        yield "<formula>"
    tokens = [_token(token) for token in _TOKEN.findall(_LAYOUT.sub(" ", text).lower())]
    yield from tokens
    yield from (f"{first} {second}" for first, second in pairwise(tokens))
    for token in tokens:
        yield from (f"~{token[i : i + _PIECE]}" for i in range(len(token) - _PIECE + 1) if len(token) > _PIECE)


def _token(token: str) -> str:
    if token.isdigit():
        return "<year>" if len(token) == 4 and token[0] in "12" else "0"
    for ending in _ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= _SHORTEST_STEM:
            return token.removesuffix(ending) + ("y" if ending == "ies" else "")
    return token
