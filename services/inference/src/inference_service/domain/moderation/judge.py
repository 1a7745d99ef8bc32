"""Judge a text in phases, the first decisive one wins: form, the rules, what a subject may name.

A cry for help is heard in any form.
"""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

from inference_service.domain.moderation.normal import Views, views
from inference_service.domain.moderation.policy import Phase, Policy, Rule, TextType, Verdict
from inference_service.domain.moderation.tone import Tone, ToneModel
from inference_service.domain.subject import Subject

PLAIN_CONFIDENCE, ALLOWED_CONFIDENCE = 0.95, 0.8
MOST_REPEATS = 6
_RUN = re.compile(r"([^\W\d_])\1{11,}")
"""Letters only: digits make large numbers, and dots or lines a gap to fill in."""
_LETTER = re.compile(r"\w")
_PIECE, _OVERLAP = 600, 150
_ENDINGS = ("", "s", "ed", "er", "ers", "in", "ing", "y")
_SENTENCE_END = re.compile(r"[.?!]+\s+|\n+")


def judge(text: str, type_: TextType, subject: Subject | None, policy: Policy) -> Verdict:
    """Say whether `text` may be shown, and why not."""
    if reason := _bad_form(text, type_, policy):
        cry = _cry_for_help(text, policy)
        return cry or Verdict(False, 0.99, policy.version, ("spam",), (reason,), phase=Phase.FORM)
    seen, taught = _Seen(text, policy), ""
    for rule in policy.rules:
        if not _stops(rule, seen):
            continue
        if _is_lesson(rule, seen.whole, subject, policy):
            taught = rule.id
            continue
        return stopped_by(rule, policy, Phase.RULES, rule.confidence)
    if taught:
        return Verdict(True, ALLOWED_CONFIDENCE, policy.version, phase=Phase.SUBJECT, rule=taught)
    return Verdict(True, PLAIN_CONFIDENCE, policy.version)


def _cry_for_help(text: str, policy: Policy) -> Verdict | None:
    """In a text of any length and form; piece by piece, because expressions take more than twice as long for twice the text."""
    pieces = [_Seen(text[start : start + _PIECE], policy) for start in range(0, len(text), _PIECE - _OVERLAP)]
    for rule in policy.rules:
        if rule.action == "withhold" and any(_stops(rule, piece) for piece in pieces):
            return stopped_by(rule, policy, Phase.RULES, rule.confidence)
    return None


class _Seen:
    """The readings of a text, and, where they are needed, of each of its sentences."""

    def __init__(self, text: str, policy: Policy) -> None:
        self._text, self.policy = text, policy
        self.whole = views(text, policy)

    @cached_property
    def sentences(self) -> tuple[Views, ...]:
        """Empty where there is only one."""
        parts = [part for part in _SENTENCE_END.split(self._text) if _LETTER.search(part)]
        return tuple(views(part, self.policy) for part in parts) if len(parts) > 1 else ()


def _stops(rule: Rule, seen: _Seen) -> bool:
    """Whether the rule is broken; what excuses one sentence does not excuse the next."""
    if not _is_found(rule, seen.whole):
        return False
    return not _is_excused_from(rule, seen.whole, seen.policy) or any(
        _is_found(rule, part) and not _is_excused_from(rule, part, seen.policy) for part in seen.sentences
    )


def _is_excused_from(rule: Rule, seen: Views, policy: Policy) -> bool:
    return _matches_any(rule.unless, seen) or (rule.reportable and _is_report(seen, policy))


def hear(text: str, policy: Policy, model: ToneModel) -> Tone | None:
    """How a text sounds that no rule stops; None where nothing is plain, or a rule knows the words and excuses them."""
    seen = views(text, policy)
    if _is_report(seen, policy) or _is_excused(seen, policy):
        return None
    return model.hear(seen.written, policy.tone)


def _is_excused(seen: Views, policy: Policy) -> bool:
    return _matches_any((policy.neutral, *(pattern for rule in policy.rules for pattern in rule.unless)), seen)


def _bad_form(text: str, type_: TextType, policy: Policy) -> str:
    limit = policy.limits[type_]
    words = [word for word in text.casefold().split() if not word.startswith("@") and _LETTER.search(word)]
    if not _LETTER.search(text):
        return "It contains no words. Write what you want to say or learn."
    if len(text) > limit:
        return f"It has {len(text)} characters; at most {limit} are allowed. Make it shorter."
    if _RUN.search(text) or any(words[i : i + MOST_REPEATS] == [w] * MOST_REPEATS for i, w in enumerate(words)):
        return "It repeats the same thing many times. Say it once."
    return ""


def stopped_by(rule: Rule, policy: Policy, phase: Phase, confidence: float) -> Verdict:
    """The verdict on a text that `rule` stops, or withholds with an offer of help."""
    withheld = rule.action == "withhold"
    return Verdict(
        approved=False,
        confidence=confidence,
        policy_version=policy.version,
        categories=(rule.category,),
        reasons=(rule.message,),
        withheld=withheld,
        resources=policy.resources if withheld else "",
        phase=phase,
        rule=rule.id,
    )


def _is_found(rule: Rule, seen: Views) -> bool:
    if rule.about and not _matches_any((rule.about,), seen):
        return False
    return (
        any(pattern.search(seen.written) for pattern in rule.contacts)
        or _matches_any(rule.patterns, seen)
        or any(_is_word(word, rule.words) for word in seen.words)
    )


def _matches_any(patterns: Iterable[re.Pattern[str]], seen: Views) -> bool:
    return any(pattern.search(view) for pattern in patterns for view in seen.spoken)


def _is_report(seen: Views, policy: Policy) -> bool:
    return _matches_any((policy.reported,), seen)


def _is_word(word: str, listed: tuple[str, ...]) -> bool:
    """Whether `word` is one of the listed, with a star for any letter that was blotted out."""
    if not listed or not (bare := word.strip("'*")):
        return False
    if "*" not in bare:
        return bool(_listed(listed).fullmatch(bare))
    blotted = re.compile("[a-z]".join(map(re.escape, bare.split("*"))))
    return any(blotted.fullmatch(form) for entry in listed for form in _forms(entry))


def _forms(entry: str) -> tuple[str, ...]:
    """The entry itself and, where any ending will do, the usual ones: of blotted letters too many words could be meant."""
    stem = entry.rstrip("*")
    return (stem,) if stem == entry else tuple(stem + ending for ending in _ENDINGS)


@lru_cache(maxsize=256)
def _listed(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word).replace(r"\*", "[a-z']*") for word in words))


def _is_lesson(rule: Rule, seen: Views, subject: Subject | None, policy: Policy) -> bool:
    """Hard things may be named where they are taught, as long as nobody is attacked."""
    if not rule.subjects or _matches_any((policy.aimed,), seen):
        return False
    return subject in rule.subjects or _matches_any((policy.learning,), seen)
