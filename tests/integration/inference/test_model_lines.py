"""The shipped model speaks the lessons of the shipped curriculum: the two are made for each other."""

import pytest

from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lessons import lines_needed
from inference_service.domain.script import Script, Title
from inference_service.domain.subject import Difficulty, Subject
from inference_service.engine.pool import ModelPool
from inference_service.storage import read_subject_model
from inference_service.use_cases import Lessons

PACK = load_curriculum()


@pytest.fixture
def lessons(pool: ModelPool) -> Lessons:
    return Lessons(PACK, pool, read_subject_model())


async def test_nine_of_ten_lines_come_from_the_model(lessons: Lessons) -> None:
    topics = [topic for topic in PACK.topics.values() if not topic.solemn]
    needed = sum(len(lines_needed(topic.levels[Difficulty.INTRO])) for topic in topics)
    scripts = [
        await lessons.write_script(topic.title, topic.subject, Difficulty.INTRO, seed)
        for seed, topic in enumerate(topics)
    ]
    assert sum(len(script.provenance.model_lines) for script in scripts) >= 0.9 * needed


async def test_another_seed_gives_another_beginning(lessons: Lessons) -> None:
    scripts = [await lessons.write_script("Fractions", Subject.MATH, Difficulty.INTRO, seed) for seed in range(10)]
    assert len({_beginning(script) for script in scripts}) >= 8


def _beginning(script: Script) -> str:
    title = script.scenes[0].body
    assert isinstance(title, Title)
    return title.say
