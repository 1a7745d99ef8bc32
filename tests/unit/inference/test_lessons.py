"""Writing a script: the skeleton and the facts come from the pack, only short lines from the model."""

import re

import pytest
from fakes.inference.engine import CARD, FakeEngine, FakeShelf

from inference_service.curriculum.lint import SECONDS
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.content_check import seconds
from inference_service.domain.lesson import LessonPlan, Topic
from inference_service.domain.lessons import lines_needed, places, scenes
from inference_service.domain.lines import PROMPT_VERSION, LineKind, curated
from inference_service.domain.script import Concept, QuizScene, Recap, Script, Title, narration, spoken_in
from inference_service.domain.subject import Difficulty, Subject
from inference_service.errors import EngineCrashed, TopicNotSupported
from inference_service.storage import read_subject_model
from inference_service.use_cases import ATTEMPTS, Lessons

PACK = load_curriculum()
SLUG = "pythagorean-theorem"
GOOD = {
    "welcome": "Welcome! Today we explore the Pythagorean theorem.",
    "hook": "Imagine a ladder leaning against a wall.",
    "example": "Let us see how this works in practice.",
    "quiz": "Now it is your turn.",
    "closing": "Well done, and see you in the next lesson.",
}
LESSONS = [(slug, difficulty) for slug in PACK.topics for difficulty in Difficulty]


async def _write(engine: FakeEngine, difficulty: Difficulty = Difficulty.INTRO, seed: int = 0) -> Script:
    return await _lessons(engine).write_script("Pythagorean theorem", Subject.MATH, difficulty, seed)


async def test_good_lines_of_the_model_are_spoken() -> None:
    script = await _write(FakeEngine(GOOD))
    assert script.scenes[0].body == Title(script.summary, f"{GOOD['welcome']} {GOOD['hook']}")
    assert isinstance(recap := script.scenes[-1].body, Recap)
    assert recap.points[-1].say.endswith(GOOD["closing"])
    assert script.provenance.model_lines == tuple(GOOD)


async def test_a_line_that_may_not_be_spoken_is_replaced_after_a_few_attempts() -> None:
    engine = FakeEngine({**GOOD, "hook": "Imagine a balcony in the moonlight."})
    script = await _write(engine, seed=3)
    assert "balcony" not in " ".join(narration(script))
    assert curated(PACK, SLUG, LineKind.HOOK, 3) in " ".join(narration(script))
    assert "hook" not in script.provenance.model_lines
    assert sum("kind: hook" in asked for asked in engine.prompts) == ATTEMPTS


async def test_a_model_that_writes_nonsense_still_gives_a_whole_lesson() -> None:
    script = await _write(FakeEngine())
    assert script.provenance.model_lines == ()
    assert len(script.scenes) == 7


async def test_provenance_names_model_prompt_seed_and_facts() -> None:
    provenance = (await _write(FakeEngine(GOOD), seed=42)).provenance
    assert (provenance.model, provenance.model_sha256) == (CARD.name, CARD.sha256)
    assert (provenance.prompt_version, provenance.seed) == (PROMPT_VERSION, 42)
    assert provenance.facts == tuple(f"{SLUG}/{fact}" for fact in ("right-angle", "hypotenuse", "squares"))


async def test_the_same_seed_gives_the_same_script() -> None:
    assert await _write(FakeEngine(), seed=5) == await _write(FakeEngine(), seed=5)
    assert await _write(FakeEngine(), seed=5) != await _write(FakeEngine(), seed=6)


async def test_the_seed_picks_one_of_the_three_questions() -> None:
    scripts = [await _write(FakeEngine(), seed=seed) for seed in (0, 1, 2, 3, -1)]
    asked = [
        body.question for script in scripts for scene in script.scenes if isinstance(body := scene.body, QuizScene)
    ]
    assert asked[:3] == [quiz.question for quiz in PACK.topics[SLUG].levels[Difficulty.INTRO].quiz]
    assert asked[3:] == [asked[0], asked[2]]


@pytest.mark.parametrize(("slug", "difficulty"), LESSONS, ids=[f"{slug}-{level}" for slug, level in LESSONS])
async def test_every_lesson_is_whole_and_of_a_fitting_length(slug: str, difficulty: Difficulty) -> None:
    topic = PACK.topics[slug]
    script = await _lessons(FakeEngine()).write_script(topic.title, topic.subject, difficulty, 1)
    bodies = [scene.body for scene in script.scenes]
    assert isinstance(bodies[0], Title)
    assert isinstance(bodies[1], Concept)
    assert isinstance(bodies[-2], QuizScene)
    assert isinstance(bodies[-1], Recap)
    assert 3 <= len(script.key_points) <= 5
    assert all(narration(script))
    assert round(seconds(narration(script))) in range(SECONDS.start - 5, SECONDS.stop + 5)


def _statements(topic: Topic, plan: LessonPlan) -> dict[str, str]:
    """What is said, by the names that key points may call it."""
    parts = {
        "formula": (plan.formula,),
        "quote": (plan.quote,),
        "timeline": plan.timeline.moments if plan.timeline else (),
        "table": plan.table.rows if plan.table else (),
        "plot": (plan.plot,),
        "example": plan.example.steps if plan.example else (),
        "mistake": (plan.mistake.wrong, plan.mistake.right),
    }
    told = {f"{part}/{number}": it.say for part, all_ in parts.items() for number, it in enumerate(all_, 1) if it}
    return {**{fact.id: fact.say for fact in topic.facts if fact.id in plan.facts}, **told}


@pytest.mark.parametrize(("slug", "difficulty"), LESSONS, ids=[f"{slug}-{level}" for slug, level in LESSONS])
def test_what_may_teach_a_key_point_is_said_at_its_place(slug: str, difficulty: Difficulty) -> None:
    topic, plan = PACK.topics[slug], PACK.topics[slug].levels[difficulty]
    told = scenes(topic, difficulty, {kind: curated(PACK, slug, kind, 0) for kind in lines_needed(plan)}, 0)
    said = {name: spoken_in(told[place.scene].body)[place.step] for name, place in places(plan).items()}
    statements = _statements(topic, plan)
    assert said.keys() == statements.keys()
    assert [name for name, spoken in said.items() if not spoken.endswith(statements[name])] == []


async def test_a_script_says_where_each_of_its_key_points_is_taught() -> None:
    script = await _write(FakeEngine())
    said = [spoken_in(script.scenes[place.scene].body)[place.step] for place in script.key_point_places]
    assert script.key_points == (
        "The theorem needs a right angle.",
        "The longest side is called the hypotenuse.",
        "The squares of the two legs add up to the square of the hypotenuse.",
    )
    assert said == [
        "The theorem works only in a right triangle, a triangle with one square corner.",
        "The side opposite the right angle is the hypotenuse. It is always the longest side.",
        "Square the two shorter sides, the legs, and add them. You get the square of the hypotenuse.",
    ]


def test_a_lesson_asks_only_for_the_lines_it_has_room_for() -> None:
    plan = PACK.topics["black-death"].levels[Difficulty.INTRO]
    assert lines_needed(plan) == (
        LineKind.WELCOME,
        LineKind.HOOK,
        LineKind.TIMELINE,
        LineKind.QUIZ,
        LineKind.CLOSING,
    )


async def test_a_topic_outside_the_pack_is_refused_with_the_nearest_and_the_remedy() -> None:
    with pytest.raises(
        TopicNotSupported, match=r"how to install a full language model.*nearest topics: .*Quadratic Equations"
    ):
        await _lessons(FakeEngine()).write_script("cubic equations", Subject.MATH, Difficulty.INTRO, 0)


async def test_a_topic_of_another_subject_is_refused_with_that_subject() -> None:
    with pytest.raises(TopicNotSupported, match=r"The Black Death \(history\)"):
        await _lessons(FakeEngine()).write_script("Black Death", Subject.MATH, Difficulty.INTRO, 0)


@pytest.mark.parametrize(
    ("asked", "subject", "off"),
    [
        ("best goalkeepers of all time", Subject.MATH, True),
        ("Napoleon and his battles", Subject.CHEMISTRY, True),
        ("Black Death", Subject.MATH, True),
        ("cubic equations", Subject.MATH, False),
        ("Napoleon and his battles", Subject.HISTORY, False),
    ],
)
def test_a_topic_that_is_plainly_about_something_else_is_off_the_subject(
    asked: str, subject: Subject, off: bool
) -> None:
    advice = _lessons(FakeEngine()).validate_topic(asked, subject)
    assert (advice.supported, advice.off_subject) == (False, off)


@pytest.mark.parametrize("slug", [slug for slug, topic in PACK.topics.items() if topic.solemn])
async def test_around_a_solemn_topic_only_quiet_lines_written_by_hand_are_spoken(slug: str) -> None:
    topic, engine = PACK.topics[slug], FakeEngine(GOOD)
    script = await _lessons(engine).write_script(topic.title, topic.subject, Difficulty.INTRO, 3)
    said = " ".join(line for scene in script.scenes for line in spoken_in(scene.body))
    assert (engine.prompts, script.provenance.model_lines) == ([], ())
    assert not re.search(r"\b(great work|well done|good work|hi there|quick check)\b", said, re.IGNORECASE)


async def test_an_engine_that_dies_fails_the_request_it_worked_on() -> None:
    with pytest.raises(EngineCrashed, match="send the request again"):
        await _write(FakeEngine(crash=True))


async def test_every_stream_of_the_engine_is_closed() -> None:
    engine = FakeEngine(GOOD)
    await _write(engine)
    assert engine.closed == len(engine.prompts)


def test_topics_are_validated_without_the_engine() -> None:
    lessons = _lessons(FakeEngine(crash=True))
    assert lessons.validate_topic("pythagoras", Subject.MATH).title == "The Pythagorean Theorem"
    other = lessons.validate_topic("pythagoras", Subject.ENGLISH)
    assert (other.supported, other.suggestions) == (False, ("The Pythagorean Theorem",))
    assert "belongs to math" in other.reason
    unknown = lessons.validate_topic("basket weaving", Subject.MATH)
    assert not unknown.supported
    assert len(unknown.suggestions) == 3


def _lessons(engine: FakeEngine) -> Lessons:
    return Lessons(PACK, FakeShelf(engine), read_subject_model())
