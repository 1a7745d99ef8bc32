"""Lessons of the shipped curriculum as the renderer gets them: with curated lines, through the contract's messages."""

from content_service.convert import scripts
from content_service.lesson.script import Script
from inference_service import convert
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lessons import lines_needed, places, scenes
from inference_service.domain.lines import curated
from inference_service.domain.script import Provenance
from inference_service.domain.script import Script as Written
from inference_service.domain.subject import Difficulty

PACK = load_curriculum()


def lesson_script(slug: str, difficulty: Difficulty, seed: int) -> Script:
    """The lesson that asks the question of `seed`."""
    topic = PACK.topics[slug]
    plan = topic.levels[difficulty]
    lines = {kind: curated(PACK, slug, kind, seed) for kind in lines_needed(plan)}
    told = scenes(topic, difficulty, lines, seed)
    points, place_of = tuple(point.text for point in plan.key_points), places(plan)
    taught = tuple(place_of[point.taught_by] for point in plan.key_points)
    about = (topic.title, topic.subject, difficulty, plan.summary, points, topic.tags)
    return scripts.script(convert.script(Written(*about, told, Provenance("", "", "", seed, plan.facts, ()), taught)))
