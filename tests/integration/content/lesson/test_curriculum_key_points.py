"""Every key point of the shipped curriculum leads to where its lesson teaches it."""

import numpy as np
import pytest
from integration.content.lesson.curriculum import PACK, lesson_script

from content_service.lesson.checks import check
from content_service.lesson.marks import key_point_timestamps
from content_service.lesson.narration import Utterance, timed_words
from content_service.lesson.schedule import schedule
from content_service.lesson.script import Quiz, Recap, Title
from content_service.lesson.storyboard import storyboard
from inference_service.domain.subject import Difficulty

RATE = 100


def _speak(text: str) -> Utterance:
    """A voice that takes a tenth of a second for each character: where words fall depends on nothing else."""
    marks = [(at, at / 10) for at, _ in enumerate(text) if at == 0 or text[at - 1] == " "]
    return Utterance(np.ones(len(text) * RATE // 10, dtype=np.int16), timed_words(text, marks, len(text) / 10))


@pytest.mark.parametrize("difficulty", Difficulty)
def test_every_key_point_leads_to_the_start_of_what_teaches_it_and_never_to_its_repetition(
    difficulty: Difficulty,
) -> None:
    for slug in PACK.topics:
        script = lesson_script(slug, difficulty, 0)
        check(script)
        plan = schedule(storyboard(script), _speak, RATE, lambda fraction: None)
        scene_at = {round(said.words[0].start, 3): said.beat.scene for said in plan.spoken if said.words}
        taught = [script.scenes[scene_at[second]] for second in key_point_timestamps(script, plan)]
        assert [scene.heading for scene in taught if isinstance(scene.body, Title | Quiz | Recap)] == []
        assert len(taught) == len(script.key_points) >= 3
