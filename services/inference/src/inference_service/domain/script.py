"""A lesson as typed scenes; what is shown and what is said are kept apart."""

from dataclasses import dataclass

from inference_service.domain.subject import Difficulty, Subject


@dataclass(frozen=True, slots=True)
class Point:
    """A claim; `wrong` for a mistake that is warned of."""

    text: str
    say: str
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Title:
    subtitle: str
    say: str


@dataclass(frozen=True, slots=True)
class Concept:
    points: tuple[Point, ...]
    formula: str = ""
    formula_say: str = ""


@dataclass(frozen=True, slots=True)
class ExampleStep:
    text: str
    formula: str
    say: str


@dataclass(frozen=True, slots=True)
class WorkedExample:
    problem: str
    problem_say: str
    steps: tuple[ExampleStep, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one curve; x never falls and y has as many values."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PlotScene:
    curves: tuple[Curve, ...]
    x_label: str
    y_label: str
    caption: str
    say: str
    equal_scales: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    when: str
    text: str
    say: str


@dataclass(frozen=True, slots=True)
class TimelineScene:
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[str, ...]
    say: str


@dataclass(frozen=True, slots=True)
class TableScene:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class QuoteScene:
    text: str
    source: str
    say: str


@dataclass(frozen=True, slots=True)
class QuizScene:
    question: str
    question_say: str
    options: tuple[str, ...]
    answer: int
    explanation: str
    answer_say: str


@dataclass(frozen=True, slots=True)
class Recap:
    points: tuple[Point, ...]


Body = Title | Concept | WorkedExample | PlotScene | TimelineScene | TableScene | QuoteScene | QuizScene | Recap


@dataclass(frozen=True, slots=True)
class Scene:
    """One slide or a few; scenes that follow each other may share a chapter."""

    heading: str
    chapter: str
    body: Body


@dataclass(frozen=True, slots=True)
class Place:
    """What is said at one moment: index of the scene, and of the statement in it (a formula follows its points), from 0."""

    scene: int
    step: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """What wrote a script: `facts` are fact ids, `model_lines` the kinds of line that the model wrote."""

    model: str
    model_sha256: str
    prompt_version: str
    seed: int
    facts: tuple[str, ...]
    model_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A lesson to be spoken and shown; `key_point_places` says for each key point where it is taught."""

    title: str
    subject: Subject
    difficulty: Difficulty
    summary: str
    key_points: tuple[str, ...]
    tags: tuple[str, ...]
    scenes: tuple[Scene, ...]
    provenance: Provenance
    key_point_places: tuple[Place, ...]


def narration(script: Script) -> tuple[str, ...]:
    """Every sentence spoken in the script, in order."""
    return tuple(spoken for scene in script.scenes for spoken in spoken_in(scene.body) if spoken)


def spoken_in(body: Body) -> tuple[str, ...]:
    """What is said in one scene, in order."""
    match body:
        case Title(say=say) | PlotScene(say=say) | QuoteScene(say=say):
            return (say,)
        case Concept(points=points, formula_say=formula_say):
            return (*(point.say for point in points), formula_say)
        case Recap(points=points):
            return tuple(point.say for point in points)
        case WorkedExample(problem_say=problem_say, steps=steps):
            return (problem_say, *(step.say for step in steps))
        case TimelineScene(moments=moments):
            return tuple(moment.say for moment in moments)
        case TableScene(rows=rows):
            return tuple(row.say for row in rows)
        case QuizScene(question_say=question_say, answer_say=answer_say):
            return (question_say, answer_say)
