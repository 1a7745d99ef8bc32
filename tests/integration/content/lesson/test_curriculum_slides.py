"""Every lesson of the shipped curriculum fits on its slides: each scene is painted fully revealed, each question too."""

import pytest
from integration.content.lesson.curriculum import PACK, lesson_script

from content_service.lesson.checks import check
from content_service.lesson.script import Plot, Quiz
from content_service.lesson.slides import paint
from content_service.lesson.storyboard import storyboard


@pytest.mark.parametrize("slug", sorted(PACK.topics))
def test_every_scene_of_a_topic_can_be_painted(slug: str) -> None:
    for difficulty, plan in PACK.topics[slug].levels.items():
        for seed in range(len(plan.quiz)):
            script = lesson_script(slug, difficulty, seed)
            check(script)
            last = {beat.scene: beat.step for beat in storyboard(script)}
            for scene, step in last.items():
                if seed == 0 or isinstance(script.scenes[scene].body, Quiz):
                    paint(script, scene, step)


def test_the_words_beside_a_plot_tell_more_than_its_key() -> None:
    scripts_ = [
        lesson_script(slug, difficulty, 0) for slug, topic in PACK.topics.items() for difficulty in topic.levels
    ]
    plots = [scene.body for made in scripts_ for scene in made.scenes if isinstance(scene.body, Plot)]
    assert plots
    assert not [plot.caption for plot in plots if plot.caption in {curve.label for curve in plot.curves}]
