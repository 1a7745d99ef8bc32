"""What a text passes before anybody else reads it, phase by phase; the model of the inference service is the last one."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from community_service.domain.comments import ModerationStatus, Verdict


class Phase(StrEnum):
    """The phases in their order."""

    LENGTH = "length"
    REPEAT = "repeat"
    RATE = "rate"
    LINKS = "links"
    WORDS = "words"
    NEWCOMER = "newcomer"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Rules:
    """How strict each phase is; 0, or no words, switches a phase off."""

    longest: int = 2000
    repeat_window: timedelta = timedelta(minutes=10)
    rate: int = 10
    rate_window: timedelta = timedelta(minutes=1)
    links: int = 2
    words: frozenset[str] = frozenset()
    newcomer_comments: int = 0

    @property
    def memory(self) -> timedelta:
        """How far back an author's comments matter."""
        return max(self.repeat_window, self.rate_window)


@dataclass(frozen=True, slots=True)
class Written:
    """A comment the author wrote before."""

    text: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """A text to judge at `now`. `recent` are its author's comments within the rules' memory, `published` how many stand."""

    text: str
    now: datetime
    by_staff: bool = False
    recent: Sequence[Written] = ()
    published: int = 0


Check = Callable[[Submission, Rules], Verdict | None]
_LINK = re.compile(r"\b(?:https?://|www\.)\S|\b[\w-]+\.(?:com|net|org|info|io|ru|xyz|top|gg|ly|me|tv)\b", re.IGNORECASE)


def _length(submission: Submission, rules: Rules) -> Verdict | None:
    if len(submission.text) <= rules.longest:
        return None
    return _refused(Phase.LENGTH, f"It has {len(submission.text)} characters; {rules.longest} are allowed.")


def _repeat(submission: Submission, rules: Rules) -> Verdict | None:
    since = submission.now - rules.repeat_window
    same = _skeleton(submission.text)
    if any(each.create_time > since and _skeleton(each.text) == same for each in submission.recent):
        return _refused(Phase.REPEAT, "You wrote the same a moment ago.")
    return None


def _rate(submission: Submission, rules: Rules) -> Verdict | None:
    since = submission.now - rules.rate_window
    times = sorted(each.create_time for each in submission.recent if each.create_time > since)
    if not rules.rate or len(times) < rules.rate:
        return None
    wait = times[-rules.rate] + rules.rate_window - submission.now
    reason = f"You wrote {len(times)} comments in {round(rules.rate_window.total_seconds())} seconds."
    return Verdict(ModerationStatus.REJECTED, reason, phase=Phase.RATE, retry_after=wait)


def _links(submission: Submission, rules: Rules) -> Verdict | None:
    found = len(_LINK.findall(submission.text))
    if not rules.links or found <= rules.links:
        return None
    return _withheld(Phase.LINKS, f"It holds {found} links, so a moderator looks at it first.")


def _words(submission: Submission, rules: Rules) -> Verdict | None:
    written = set(re.findall(r"[\w'-]+", submission.text.casefold()))
    if found := sorted(written & rules.words):
        return _refused(Phase.WORDS, f"It holds words this school does not allow: {', '.join(found)}.")
    return None


def _newcomer(submission: Submission, rules: Rules) -> Verdict | None:
    if submission.by_staff or submission.published >= rules.newcomer_comments:
        return None
    return _withheld(Phase.NEWCOMER, "A moderator looks at the first comments of every new account.")


PHASES: dict[Phase, Check] = {
    Phase.LENGTH: _length,
    Phase.REPEAT: _repeat,
    Phase.RATE: _rate,
    Phase.LINKS: _links,
    Phase.WORDS: _words,
    Phase.NEWCOMER: _newcomer,
}
OF_HISTORY = (Phase.REPEAT, Phase.RATE)
"""Those that look at what the author wrote before; an edit does not pass them."""
OF_TEXT = tuple(phase for phase in PHASES if phase not in OF_HISTORY)


def judge(submission: Submission, rules: Rules, phases: Iterable[Phase] = tuple(PHASES)) -> Verdict:
    """What the phases say: the first refusal, else everything for which the text has to wait, else APPROVED."""
    waits: list[Verdict] = []
    for phase in phases:
        found = PHASES[phase](submission, rules)
        if found and found.status is ModerationStatus.REJECTED:
            return found
        waits += [found] if found else []
    return together(waits)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict out of several: a refusal beats a wait, a wait beats an approval, and no reason is lost."""
    found = [each for each in verdicts if each.status is not ModerationStatus.APPROVED]
    if refused := next((each for each in found if each.status is ModerationStatus.REJECTED), None):
        return refused
    if not found:
        return Verdict(ModerationStatus.APPROVED)
    resources = next((each.resources for each in found if each.resources), "")
    reason = " ".join(each.reason for each in found if each.reason)
    return Verdict(ModerationStatus.WITHHELD, reason, resources, found[0].phase)


def _refused(phase: Phase, reason: str) -> Verdict:
    return Verdict(ModerationStatus.REJECTED, reason, phase=phase)


def _withheld(phase: Phase, reason: str) -> Verdict:
    return Verdict(ModerationStatus.WITHHELD, reason, phase=phase)


def _skeleton(text: str) -> str:
    """What is left when case, spaces and punctuation do not count: "Buy now!!" is "buy  NOW"."""
    return "".join(each for each in text.casefold() if each.isalnum()) or text
