"""Judge a text in phases, the first decisive one wins: form, a cry for help, the rules, what a subject may name."""

import re
from functools import lru_cache

from inference_service.domain.moderation.normal import Views, views
from inference_service.domain.moderation.policy import Phase, Policy, Rule, TextType, Verdict
from inference_service.domain.moderation.tone import Tone, ToneModel
from inference_service.domain.subject import Subject

PLAIN_CONFIDENCE, ALLOWED_CONFIDENCE = 0.95, 0.8
MOST_REPEATS = 6
_RUN = re.compile(r"([^\W\d_])\1{11,}")
"""Letters only: digits make large numbers, and dots or lines a gap to fill in."""
_LETTER = re.compile(r"\w")


def judge(text: str, type_: TextType, subject: Subject | None, policy: Policy) -> Verdict:
    """Say whether `text` may be shown, and why not."""
    if reason := _bad_form(text, type_, policy):
        return Verdict(False, 0.99, policy.version, ("spam",), (reason,), phase=Phase.FORM)
    seen = views(text, policy)
    taught = ""
    for rule in policy.rules:
        if not _matches(rule, seen) or (rule.reportable and _is_report(seen, policy)):
            continue
        if _is_lesson(rule, seen, subject, policy):
            taught = rule.id
            continue
        return stopped_by(rule, policy, Phase.RULES, rule.confidence)
    if taught:
        return Verdict(True, ALLOWED_CONFIDENCE, policy.version, phase=Phase.SUBJECT, rule=taught)
    return Verdict(True, PLAIN_CONFIDENCE, policy.version)


def hear(text: str, policy: Policy, model: ToneModel) -> Tone | None:
    """How a text sounds that no rule stops; None where nothing is plain, or a rule knows the words and excuses them."""
    seen = views(text, policy)
    if _is_report(seen, policy) or _is_excused(seen, policy):
        return None
    return model.hear(seen.written, policy.tone)


def _is_excused(seen: Views, policy: Policy) -> bool:
    excuses = (policy.neutral, *(pattern for rule in policy.rules for pattern in rule.unless))
    return any(pattern.search(view) for pattern in excuses for view in seen.spoken)


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


def _matches(rule: Rule, seen: Views) -> bool:
    if rule.about and not any(rule.about.search(view) for view in seen.spoken):
        return False
    if any(pattern.search(view) for pattern in rule.unless for view in seen.spoken):
        return False
    return (
        any(pattern.search(seen.written) for pattern in rule.contacts)
        or any(pattern.search(view) for pattern in rule.patterns for view in seen.spoken)
        or any(_is_word(word, rule.words) for word in seen.words)
    )


def _is_report(seen: Views, policy: Policy) -> bool:
    return any(policy.reported.search(view) for view in seen.spoken)


def _is_word(word: str, listed: tuple[str, ...]) -> bool:
    """Whether `word` is one of the listed, with a star for any letters that were blotted out."""
    if not listed or not (bare := word.strip("'*")):
        return False
    if "*" not in bare:
        return bool(_listed(listed).fullmatch(bare))
    blotted = re.compile(
        "[a-z]?".join(f"{re.escape(part)}" for part in re.split(r"\*", bare)).replace("[a-z]?", "[a-z]")
    )
    return any(blotted.fullmatch(entry.rstrip("*")) for entry in listed)


@lru_cache(maxsize=256)
def _listed(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word).replace(r"\*", "[a-z']*") for word in words))


def _is_lesson(rule: Rule, seen: Views, subject: Subject | None, policy: Policy) -> bool:
    """Hard things may be named where they are taught, as long as nobody is attacked."""
    if not rule.subjects or any(policy.aimed.search(view) for view in seen.spoken):
        return False
    return subject in rule.subjects or any(policy.learning.search(view) for view in seen.spoken)
