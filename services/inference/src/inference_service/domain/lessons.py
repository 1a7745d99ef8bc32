"""Turn a lesson plan and its spoken lines into scenes. Their order is decided here, never by a model."""

from collections.abc import Callable, Iterator, Mapping

from inference_service.domain.lesson import (
    Example,
    Fact,
    Formula,
    KeyPoint,
    LessonPlan,
    Mistake,
    Plot,
    Quiz,
    Quote,
    Table,
    Timeline,
    Topic,
)
from inference_service.domain.lines import LineKind
from inference_service.domain.plotting import curve
from inference_service.domain.script import (
    Concept,
    ExampleStep,
    Moment,
    Place,
    PlotScene,
    Point,
    QuizScene,
    QuoteScene,
    Recap,
    Row,
    Scene,
    TableScene,
    TimelineScene,
    Title,
    WorkedExample,
)
from inference_service.domain.subject import Difficulty

Lines = Mapping[LineKind, str]
IDEA, CLOSER_LOOK, PRACTICE, REVIEW = "The idea", "A closer look", "Practice", "Review"


def lines_needed(plan: LessonPlan) -> tuple[LineKind, ...]:
    """The kinds of spoken line that the lesson has room for, in the order they are heard."""
    optional = (
        (plan.quote, LineKind.SOURCE),
        (plan.timeline, LineKind.TIMELINE),
        (plan.table, LineKind.TABLE),
        (plan.example, LineKind.EXAMPLE),
    )
    middle = tuple(kind for part, kind in optional if part)
    return (LineKind.WELCOME, LineKind.HOOK, *middle, LineKind.QUIZ, LineKind.CLOSING)


def scenes(topic: Topic, difficulty: Difficulty, lines: Lines, seed: int) -> tuple[Scene, ...]:
    """The whole lesson; `lines` must hold every kind that `lines_needed` names, `seed` picks the question asked."""
    plan = topic.levels[difficulty]
    return tuple(_scenes(topic, difficulty, plan, lines, plan.quiz[seed % len(plan.quiz)]))


def places(plan: LessonPlan) -> Mapping[str, Place]:
    """Where in the lesson everything is said that may teach a key point, by what `KeyPoint.taught_by` calls it."""
    return {
        name: Place(scene, step)
        for scene, names in enumerate(_taught(plan), start=1)  # after the title, which only announces
        for step, name in enumerate(names)
        if name
    }


def _taught(plan: LessonPlan) -> Iterator[tuple[str, ...]]:
    """What is said in each scene between the title and the question, in the order of `_scenes`."""
    yield (*plan.facts, *_numbered("formula", 1 if plan.formula else 0))
    if plan.quote:
        yield _numbered("quote")
    if plan.timeline:
        yield _numbered("timeline", len(plan.timeline.moments))
    if plan.table:
        yield _numbered("table", len(plan.table.rows))
    if plan.plot:
        yield _numbered("plot")
    if plan.example:
        yield ("", *_numbered("example", len(plan.example.steps)))  # the problem teaches nothing
    yield _numbered("mistake", 2)  # what is wrong, and what is right


def _numbered(part: str, statements: int = 1) -> tuple[str, ...]:
    return tuple(f"{part}/{number}" for number in range(1, statements + 1))


def _scenes(topic: Topic, difficulty: Difficulty, plan: LessonPlan, lines: Lines, quiz: Quiz) -> Iterator[Scene]:
    yield _title(topic, plan, lines)
    yield _concept(topic.facts_of(difficulty), plan.formula)
    yield from _closer_look(plan, lines)
    if plan.example:
        yield _example(plan.example, lines)
    yield _mistake(plan.mistake)
    yield _quiz(quiz, lines)
    yield _recap(plan.key_points, lines)


def _closer_look(plan: LessonPlan, lines: Lines) -> Iterator[Scene]:
    if plan.quote:
        yield _quote(plan.quote, lines)
    if plan.timeline:
        yield _timeline(plan.timeline, lines)
    if plan.table:
        yield _table(plan.table, lines)
    if plan.plot:
        yield _plot(plan.plot)


def _title(topic: Topic, plan: LessonPlan, lines: Lines) -> Scene:
    spoken = f"{lines[LineKind.WELCOME]} {lines[LineKind.HOOK]}"
    return Scene(topic.title, "Welcome", Title(plan.summary, spoken))


def _concept(facts: tuple[Fact, ...], formula: Formula | None) -> Scene:
    points = tuple(Point(fact.text, fact.say) for fact in facts)
    body = Concept(points, formula.latex, formula.say) if formula else Concept(points)
    return Scene("Key ideas", IDEA, body)


def _quote(quote: Quote, lines: Lines) -> Scene:
    return Scene(
        quote.heading, CLOSER_LOOK, QuoteScene(quote.text, quote.source, f"{lines[LineKind.SOURCE]} {quote.say}")
    )


def _timeline(timeline: Timeline, lines: Lines) -> Scene:
    lead = _leading(lines[LineKind.TIMELINE])
    moments = tuple(Moment(m.when, m.text, lead(i, m.say)) for i, m in enumerate(timeline.moments))
    return Scene(timeline.heading, CLOSER_LOOK, TimelineScene(moments))


def _table(table: Table, lines: Lines) -> Scene:
    lead = _leading(lines[LineKind.TABLE])
    rows = tuple(Row(row.cells, lead(i, row.say)) for i, row in enumerate(table.rows))
    return Scene(table.heading, CLOSER_LOOK, TableScene(table.columns, rows))


def _plot(plot: Plot) -> Scene:
    curves = tuple(curve(shape) for shape in plot.curves)
    shown = PlotScene(curves, plot.x_label, plot.y_label, plot.caption, plot.say, plot.equal_scales)
    return Scene(plot.heading, CLOSER_LOOK, shown)


def _example(example: Example, lines: Lines) -> Scene:
    steps = tuple(ExampleStep(step.text, step.formula, step.say) for step in example.steps)
    spoken = f"{lines[LineKind.EXAMPLE]} {example.say}"
    return Scene("Worked example", PRACTICE, WorkedExample(example.problem, spoken, steps))


def _mistake(mistake: Mistake) -> Scene:
    wrong, right = mistake.wrong, mistake.right
    points = (Point(wrong.text, wrong.say, wrong=True), Point(right.text, right.say))
    return Scene("A common mistake", PRACTICE, Concept(points))


def _quiz(quiz: Quiz, lines: Lines) -> Scene:
    spoken = f"{lines[LineKind.QUIZ]} {quiz.say}"
    return Scene(
        "Check yourself",
        REVIEW,
        QuizScene(quiz.question, spoken, quiz.options, quiz.answer, quiz.explanation, quiz.answer_say),
    )


def _recap(key_points: tuple[KeyPoint, ...], lines: Lines) -> Scene:
    *first, last = (Point(point.text, point.text) for point in key_points)
    return Scene("Remember", REVIEW, Recap((*first, Point(last.text, f"{last.say} {lines[LineKind.CLOSING]}"))))


def _leading(line: str) -> Callable[[int, str], str]:
    """Put `line` in front of what is said first."""
    return lambda index, say: f"{line} {say}" if index == 0 else say
