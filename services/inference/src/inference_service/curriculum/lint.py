"""All that must hold before a pack may teach: structure, speakable narration, true arithmetic, balanced reactions, length."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise, product
from math import hypot

from inference_service.curriculum.algebra import wrong_steps
from inference_service.curriculum.arithmetic import wrong_equations
from inference_service.curriculum.quizzes import misplaced, quiz_problems, telling
from inference_service.curriculum.reactions import imbalance, is_reaction
from inference_service.curriculum.units import missing_unit
from inference_service.domain.content_check import seconds
from inference_service.domain.lesson import Curriculum, LessonPlan, Polyline, Shape, Topic
from inference_service.domain.lessons import lines_needed, places, scenes
from inference_service.domain.lines import LineKind, all_curated, objection, wording
from inference_service.domain.script import spoken_in
from inference_service.domain.subject import Difficulty, Subject
from inference_service.domain.topics import normalise

SECONDS = range(70, 116)
KEY_POINTS, POINTS = range(3, 6), range(2, 6)
TOPICS_PER_SUBJECT = 20
MOST_ALIASES, LONGEST_ALIAS = 32, 64  # as the contract of ValidateTopic promises
_STROKES = 8  # figures drawn by fewer have corners
_SPEAKABLE = re.compile(r"[A-Za-z ,.!?:;'’-]+")
_SPOKEN_FIELDS = ("say", "answer_say")


def problems(pack: Curriculum) -> Iterator[str]:
    """Yield each problem of the pack as 'place: what is wrong'."""
    yield from _pack_problems(pack)
    yield from _guesses(pack)
    for slug, topic in pack.topics.items():
        yield from (f"{slug}: {problem}" for problem in _topic_problems(topic))
        yield from (f"{slug}: {problem}" for problem in _line_problems(pack, slug))
        for difficulty, plan in topic.levels.items():
            place = f"{slug}/{difficulty}"
            yield from (f"{place}: {problem}" for problem in _plan_problems(topic, plan))
            if all(fact in {f.id for f in topic.facts} for fact in plan.facts):
                yield from (f"{place}: {problem}" for problem in _lesson_problems(pack, slug, difficulty))


def _pack_problems(pack: Curriculum) -> Iterator[str]:
    for subject in Subject:
        count = sum(topic.subject is subject for topic in pack.topics.values())
        if count < TOPICS_PER_SUBJECT:
            yield f"{subject} has {count} topics instead of at least {TOPICS_PER_SUBJECT}"
    for kind in LineKind:
        if not pack.lines.templates.get(kind):
            yield f"lines.yaml has no template for {kind}"
    names = [name for topic in pack.topics.values() for name in {*map(normalise, (topic.title, *topic.aliases))}]
    yield from (f"'{name}' is claimed by {count} topics" for name, count in sorted(Counter(names).items()) if count > 1)


def _guesses(pack: Curriculum) -> Iterator[str]:
    """What a student would learn by looking at the options of many questions instead of reading them."""
    for subject, difficulty in product(Subject, Difficulty):
        plans = (topic.levels.get(difficulty) for topic in pack.topics.values() if topic.subject is subject)
        questions = [quiz for plan in plans if plan for quiz in plan.quiz]
        yield from (f"{subject}/{difficulty}: {problem}" for problem in telling(questions))


def _topic_problems(topic: Topic) -> Iterator[str]:
    for difficulty in Difficulty:
        if difficulty not in topic.levels:
            yield f"there is no lesson for {difficulty}"
    if not 1 <= len(topic.aliases) <= MOST_ALIASES:
        yield f"it has {len(topic.aliases)} aliases instead of 1 to {MOST_ALIASES}"
    yield from (f"an alias of over {LONGEST_ALIAS} characters: {a!r}" for a in topic.aliases if len(a) > LONGEST_ALIAS)
    identifiers = [fact.id for fact in topic.facts]
    yield from (f"fact {i} is there twice" for i in sorted({i for i in identifiers if identifiers.count(i) > 1}))
    mistakes = {plan.mistake.wrong.text for plan in topic.levels.values()}
    for key, text in _texts(topic):
        if key in _SPOKEN_FIELDS and not _SPEAKABLE.fullmatch(text):
            yield f"cannot be read out: {text!r}"
        if key != "latex" and key != "formula" and "\\" in text:
            yield f"LaTeX outside a formula: {text!r}"
        if text not in mistakes:
            yield from (f"wrong arithmetic: {equation}" for equation in wrong_equations(text))
        if is_reaction(text) and (difference := imbalance(text)):
            yield f"unbalanced reaction {text}: {difference}"


def _plan_problems(topic: Topic, plan: LessonPlan) -> Iterator[str]:
    known = {fact.id for fact in topic.facts}
    yield from (f"no fact is called {fact}" for fact in plan.facts if fact not in known)
    if len(plan.facts) not in POINTS:
        yield f"it tells {len(plan.facts)} facts instead of 2 to 5"
    if len(plan.key_points) not in KEY_POINTS:
        yield f"it has {len(plan.key_points)} key points instead of 3 to 5"
    yield from _key_point_problems(plan)
    if plan.example:
        worked = (plan.example.problem, *(step.formula for step in plan.example.steps))
        yield from (f"the example's answer does not fulfil {equation}" for equation in wrong_steps(worked))
        if unit := missing_unit(plan.example):
            yield f"the example says its answer in {unit} and does not show the unit"
    for number, quiz in enumerate(plan.quiz, start=1):
        yield from (f"question {number} {problem}" for problem in quiz_problems(quiz))
    yield from misplaced(plan.quiz)
    if topic.subject is Subject.HISTORY and not (plan.timeline or plan.quote):
        yield "a history lesson needs a timeline or a source"
    if topic.subject is Subject.ENGLISH and not (plan.table or plan.quote):
        yield "an English lesson needs a passage or a table"
    if topic.subject in (Subject.MATH, Subject.CHEMISTRY) and not plan.example:
        yield "a lesson in mathematics or chemistry needs a worked example"
    yield from _figure_problems(plan)


def _key_point_problems(plan: LessonPlan) -> Iterator[str]:
    told = places(plan)
    for point in plan.key_points:
        if not _is_sentence(point.text):
            yield f"not a speakable sentence: {point.text!r}"
        if point.taught_by not in told:
            yield f"{point.taught_by}, which should teach '{point.text}', is not in the lesson"


def _figure_problems(plan: LessonPlan) -> Iterator[str]:
    if plan.timeline and any(a.year > b.year for a, b in pairwise(plan.timeline.moments)):
        yield "the timeline is not in order"
    if plan.table and any(len(row.cells) != len(plan.table.columns) for row in plan.table.rows):
        yield "a row of the table has another number of cells than there are columns"
    for shape in plan.plot.curves if plan.plot else ():
        if not _rises(shape):
            yield f"the curve '{shape.label}' runs backwards"
    if plan.plot and not plan.plot.equal_scales and any(map(_is_figure, plan.plot.curves)):
        yield "the plot shows a figure: it needs equal_scales"


def _line_problems(pack: Curriculum, slug: str) -> Iterator[str]:
    allowed = wording(pack, slug)
    for kind in LineKind:
        for line in all_curated(pack, slug, kind):
            if why := objection(line, kind, allowed):
                yield f"the curated {kind} line '{line}' would be refused: {why}"


def _lesson_problems(pack: Curriculum, slug: str, difficulty: Difficulty) -> Iterator[str]:
    """Its length is taken with lines of middle length; which are spoken is chance."""
    topic = pack.topics[slug]
    said = {kind: all_curated(pack, slug, kind) for kind in lines_needed(topic.levels[difficulty])}
    lines = {kind: of_kind[len(of_kind) // 2] for kind, of_kind in said.items()}
    for number in range(len(topic.levels[difficulty].quiz)):
        told = scenes(topic, difficulty, lines, number)
        length = seconds(tuple(spoken for scene in told for spoken in spoken_in(scene.body)))
        if round(length) not in SECONDS:
            asked = f"with question {number + 1} it would take about {length:.0f} s"
            yield f"{asked} instead of {SECONDS.start} to {SECONDS.stop - 1}"


def _is_sentence(text: str) -> bool:
    return bool(_SPEAKABLE.fullmatch(text)) and text[0].isupper() and text.endswith(".")


def _rises(shape: Shape) -> bool:
    if isinstance(shape, Polyline):
        return all(a[0] <= b[0] for a, b in pairwise(shape.points))
    return shape.start < shape.stop


def _is_figure(shape: Shape) -> bool:
    """Whether a stroke stands upright, or all points have one distance from the origin: no curve of measured values does."""
    if not isinstance(shape, Polyline):
        return False
    upright = any(a[0] == b[0] for a, b in pairwise(shape.points))
    distances = {round(hypot(*point), 3) for point in shape.points}
    return upright or (len(shape.points) > _STROKES and len(distances) == 1)


def _texts(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string below `value` with the name of its field."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner, key)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _texts(inner, key)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name), field.name)
