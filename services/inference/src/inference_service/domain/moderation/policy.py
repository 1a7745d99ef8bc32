"""The rules as data, and a judgement as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from inference_service.domain.subject import Subject


class TextType(StrEnum):
    PROMPT = "PROMPT"
    COMMENT = "COMMENT"


class Phase(StrEnum):
    """What decided, in the order of trying."""

    FORM = "form"
    RULES = "rules"
    SUBJECT = "subject"
    TONE = "tone"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to stop a text.

    `words` match whole words (a trailing * any ending), also when spelled with gaps, look-alikes or stars; `patterns` are
    regular expressions on the normalised text; `contacts` are the same on the text as it was written, where the punctuation
    of an address is still there. `unless` are expressions under which nothing of it counts; nor does it where `about`, cheaper
    than the patterns, is not found. With `subjects`, a text of one
    of these subjects, or one that plainly asks to learn, may name the thing as long as it is aimed at nobody. What is
    `reportable` may be told of: who says that it is wrong, or that it was done to them, does not do it.
    """

    id: str
    category: str
    confidence: float
    message: str
    action: Literal["reject", "withhold"] = "reject"
    words: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    contacts: tuple[re.Pattern[str], ...] = ()
    unless: tuple[re.Pattern[str], ...] = ()
    about: re.Pattern[str] | None = None
    subjects: tuple[Subject, ...] = ()
    reportable: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides; `rules` are tried in order.

    `learning` recognises a wish to learn, `aimed` a text aimed at somebody, `reported` one that tells of an attack.
    `tone` says how likely a category must be by the sound of a text alone to stop it; categories it does not name are left to
    the rules, and so is a text in which `neutral` is found, because naming a group or denying an insult sounds like one.
    """

    version: str
    limits: Mapping[TextType, int]
    confusables: Mapping[str, str]
    leet: Mapping[str, str]
    shorthand: Mapping[str, str]
    learning: re.Pattern[str]
    aimed: re.Pattern[str]
    reported: re.Pattern[str]
    resources: str
    tone: Mapping[str, float]
    neutral: re.Pattern[str]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`confidence` is 0 to 1. `withheld` texts wait for a person; `resources` then says where help can be found.

    `phase` is the one that decided, `rule` the id of the rule, empty where none did.
    """

    approved: bool
    confidence: float
    policy_version: str
    categories: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    withheld: bool = False
    resources: str = ""
    phase: Phase = Phase.RULES
    rule: str = ""
