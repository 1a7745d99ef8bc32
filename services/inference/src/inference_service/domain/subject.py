"""What a lesson is about and how deep it goes."""

from enum import StrEnum


class Subject(StrEnum):
    MATH = "MATH"
    CHEMISTRY = "CHEMISTRY"
    HISTORY = "HISTORY"
    ENGLISH = "ENGLISH"


class Difficulty(StrEnum):
    INTRO = "INTRO"
    STANDARD = "STANDARD"
    HONORS = "HONORS"
