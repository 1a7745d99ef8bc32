"""The typed lesson script: what the inference service answers with and the renderer turns into a video."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Point:
    """One statement: `text` is shown, `say` is spoken; `wrong` for a mistake that is warned of."""

    text: str
    say: str
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Title:
    """The opening slide; its headline is the scene's heading."""

    subtitle: str
    say: str


@dataclass(frozen=True, slots=True)
class Concept:
    """Points revealed one by one, then a formula (mathtext LaTeX without dollar signs; empty for none)."""

    points: tuple[Point, ...]
    formula: str = ""
    formula_say: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a worked example; the formula may be empty."""

    text: str
    formula: str
    say: str


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """A problem solved step by step."""

    problem: str
    problem_say: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through (x, y) pairs; a NaN leaves a gap."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves in one pair of axes; with `equal_scales` a unit is as long across as up, so that a circle is one."""

    curves: tuple[Curve, ...]
    x_label: str
    y_label: str
    caption: str
    say: str
    equal_scales: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a timeline; `when` is a short date such as "1789"."""

    when: str
    text: str
    say: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Moments in chronological order, revealed one by one."""

    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One table row; an empty `say` shows it without words."""

    cells: tuple[str, ...]
    say: str


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison, revealed row by row; every row has as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation with its source."""

    text: str
    source: str
    say: str


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question, a pause to think, then the answer; `answer` is an index into `options`."""

    question: str
    question_say: str
    options: tuple[str, ...]
    answer: int
    explanation: str
    answer_say: str


@dataclass(frozen=True, slots=True)
class Recap:
    """The closing slide: what to remember."""

    points: tuple[Point, ...]


Body = Title | Concept | WorkedExample | Plot | Timeline | Table | Quote | Quiz | Recap


@dataclass(frozen=True, slots=True)
class Scene:
    """One slide design with its narration; neighbouring scenes of the same chapter form one chapter."""

    heading: str
    chapter: str
    body: Body


@dataclass(frozen=True, slots=True)
class Place:
    """What is said at one moment: index of the scene, and of the slide's step at which it is said, from 0."""

    scene: int
    step: int


@dataclass(frozen=True, slots=True)
class Script:
    """A whole lesson, ready to be rendered; `key_point_places` says where each key point is taught, or nothing at all."""

    title: str
    subject: Subject
    difficulty: Difficulty
    summary: str
    key_points: tuple[str, ...]
    tags: tuple[str, ...]
    scenes: tuple[Scene, ...]
    key_point_places: tuple[Place, ...] = ()
