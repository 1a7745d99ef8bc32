"""Every lesson of the shipped curriculum fits on its slides: each scene is painted fully revealed, each question too."""

import pytest

from content_service.convert import scripts
from content_service.lesson.checks import check
from content_service.lesson.script import Plot, Quiz, Script
from content_service.lesson.slides import paint
from content_service.lesson.storyboard import storyboard
from inference_service import convert
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lessons import lines_needed, scenes
from inference_service.domain.lines import curated
from inference_service.domain.script import Provenance
from inference_service.domain.script import Script as Written
from inference_service.domain.subject import Difficulty

PACK = load_curriculum()


def _script(slug: str, difficulty: Difficulty, seed: int) -> Script:
    topic = PACK.topics[slug]
    plan = topic.levels[difficulty]
    lines = {kind: curated(PACK, slug, kind, seed) for kind in lines_needed(plan)}
    told = scenes(topic, difficulty, lines, seed)
    made = Provenance("", "", "", seed, plan.facts, ())
    about = (topic.title, topic.subject, difficulty, plan.summary, plan.key_points, topic.tags)
    return scripts.script(convert.script(Written(*about, told, made)))


@pytest.mark.parametrize("slug", sorted(PACK.topics))
def test_every_scene_of_a_topic_can_be_painted(slug: str) -> None:
    for difficulty, plan in PACK.topics[slug].levels.items():
        for seed in range(len(plan.quiz)):
            script = _script(slug, difficulty, seed)
            check(script)
            last = {beat.scene: beat.step for beat in storyboard(script)}
            for scene, step in last.items():
                if seed == 0 or isinstance(script.scenes[scene].body, Quiz):
                    paint(script, scene, step)


def test_the_words_beside_a_plot_tell_more_than_its_key() -> None:
    scripts_ = [_script(slug, difficulty, 0) for slug, topic in PACK.topics.items() for difficulty in topic.levels]
    plots = [scene.body for made in scripts_ for scene in made.scenes if isinstance(scene.body, Plot)]
    assert plots
    assert not [plot.caption for plot in plots if plot.caption in {curve.label for curve in plot.curves}]
