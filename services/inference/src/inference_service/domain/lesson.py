"""The curriculum's vocabulary: a topic, its facts, and one lesson plan for each difficulty.

`text` is shown, `say` is spoken: plain words that a voice can read. Formulas are LaTeX as matplotlib's mathtext reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from inference_service.domain.subject import Difficulty, Subject


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement that is true wherever the lesson uses it; `id` is unique within its topic."""

    id: str
    text: str
    say: str


@dataclass(frozen=True, slots=True)
class Formula:
    latex: str
    say: str


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    say: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    problem: str
    say: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """y = slope · x + intercept between `start` and `stop`."""

    kind: Literal["line"]
    label: str
    slope: float
    intercept: float
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Parabola:
    """y = a · x² + b · x + c between `start` and `stop`."""

    kind: Literal["parabola"]
    label: str
    a: float
    b: float
    c: float
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Polyline:
    """Straight strokes from point to point; x never falls."""

    kind: Literal["polyline"]
    label: str
    points: tuple[tuple[float, float], ...]


Shape = Line | Parabola | Polyline


@dataclass(frozen=True, slots=True)
class Plot:
    """`equal_scales` draws a unit as long across as up: for circles, triangles, distances and right angles."""

    heading: str
    curves: tuple[Shape, ...]
    x_label: str
    y_label: str
    caption: str
    say: str
    equal_scales: bool = False


@dataclass(frozen=True, slots=True)
class DatedMoment:
    """`when` is shown; `year` orders the moments."""

    when: str
    year: int
    text: str
    say: str


@dataclass(frozen=True, slots=True)
class Timeline:
    heading: str
    moments: tuple[DatedMoment, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    cells: tuple[str, ...]
    say: str


@dataclass(frozen=True, slots=True)
class Table:
    heading: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words; `source` names author, work and year."""

    heading: str
    text: str
    source: str
    say: str


@dataclass(frozen=True, slots=True)
class Claim:
    text: str
    say: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """What learners often get wrong, and what is right instead."""

    wrong: Claim
    right: Claim


@dataclass(frozen=True, slots=True)
class Quiz:
    """`answer` is the index of the right option, from 0."""

    question: str
    say: str
    options: tuple[str, ...]
    answer: int
    explanation: str
    answer_say: str


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """A sentence to remember, and what teaches it in its lesson: a fact's id, or a part and which of its statements, from 1.

    Parts are formula, quote, timeline (its moments), table (its rows), plot, example (its steps) and mistake (wrong, right):
    `timeline/2` is the second moment.
    """

    text: str
    taught_by: str


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """One lesson; `facts` are ids of the topic's facts, in the order they are told. A film asks one question of `quiz`."""

    summary: str
    key_points: tuple[KeyPoint, ...]
    facts: tuple[str, ...]
    mistake: Mistake
    quiz: tuple[Quiz, Quiz, Quiz]
    formula: Formula | None = None
    quote: Quote | None = None
    timeline: Timeline | None = None
    table: Table | None = None
    plot: Plot | None = None
    example: Example | None = None


@dataclass(frozen=True, slots=True)
class Phrases:
    """Fillers for a topic's spoken lines: `wonder` completes "Have you ever wondered …?", `picture` is a noun phrase that
    fits "Imagine …", `use` is a bare verb phrase that fits "Now you can …"; `name` stands in the middle of a sentence.
    """

    name: str
    wonder: tuple[str, str, str, str]
    picture: tuple[str, str, str, str]
    use: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything the curriculum knows on one topic.

    `solemn` topics are about the suffering of people: quiet lines written by hand are spoken around them, never a model's.
    """

    title: str
    subject: Subject
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    phrases: Phrases
    facts: tuple[Fact, ...]
    levels: Mapping[Difficulty, LessonPlan]
    solemn: bool = False

    def facts_of(self, difficulty: Difficulty) -> tuple[Fact, ...]:
        """The facts that the lesson of `difficulty` tells, in order."""
        by_id = {fact.id: fact for fact in self.facts}
        return tuple(by_id[fact_id] for fact_id in self.levels[difficulty].facts)


@dataclass(frozen=True, slots=True)
class LineBook:
    """Templates of the spoken lines by kind; those in `solemn` take the place of their kind around a solemn topic."""

    templates: Mapping[str, tuple[str, ...]]
    solemn: Mapping[str, tuple[str, ...]]

    def of(self, topic: Topic) -> Mapping[str, tuple[str, ...]]:
        """The templates that fit the topic's tone."""
        return {**self.templates, **self.solemn} if topic.solemn else self.templates


@dataclass(frozen=True, slots=True)
class Curriculum:
    """The whole pack; topics by slug."""

    topics: Mapping[str, Topic]
    lines: LineBook
