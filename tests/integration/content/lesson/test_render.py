"""A lesson really rendered, stage by stage: what is left in its folder, also when something fails."""

import json
import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import pytest
from integration.content.lesson.making import STAGES, Made, render, scenes_of

from content_service.lesson.errors import ContentOverflow, MediaNotWritten
from content_service.lesson.render import perform
from content_service.lesson.script import Script

TONE = Path(__file__).with_name("tone_voice") / "tone.onnx"


def test_the_folder_holds_exactly_the_three_finished_files(made: Made) -> None:
    named = {made.rendered.video, made.rendered.captions, made.rendered.thumbnail}
    assert {path.name for path in made.folder.iterdir()} == named == {"video.mp4", "captions.vtt", "thumbnail.webp"}


def test_progress_goes_through_voice_slides_and_render_without_stepping_back(made: Made) -> None:
    stages = list(dict.fromkeys(stage for stage, _ in made.progress))
    assert stages == ["voice", "slides", "render"]
    for stage in stages:
        done = [fraction for name, fraction in made.progress if name == stage]
        assert done == sorted(done)
        assert done[-1] == 1.0


def test_fresh_processes_make_the_same_lesson_and_replace_the_earlier_one(script: Script, tmp_path: Path) -> None:
    # A test's own function cannot be imported by the child; "".format takes any arguments too.
    short = scenes_of(script, 0)
    made = []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for _ in range(2):
            (tmp_path / ".render-killed").mkdir()
            made.append([pool.submit(perform, stage, short, tmp_path, "".format).result() for stage in STAGES])
    assert made[0] == made[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(STAGES)


def silent(stage: str, done: float) -> None:
    """Progress nobody watches."""


def test_a_stage_that_fails_leaves_only_what_others_finished(script: Script, tmp_path: Path) -> None:
    short = scenes_of(script, 0, 6)
    broken = replace(short, scenes=(short.scenes[0], replace(short.scenes[1], heading="word " * 200)))
    with pytest.raises(ContentOverflow):
        render(broken, tmp_path, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["voice"]


def test_a_folder_that_cannot_be_written_is_a_named_error(script: Script, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file, not a folder")
    with pytest.raises(MediaNotWritten, match="occupied"):
        render(scenes_of(script, 0), occupied, silent)


def test_a_full_disk_is_a_named_error_and_leaves_nothing_half_written(script: Script, tmp_path: Path) -> None:
    for stage in STAGES[:2]:
        perform(stage, script, tmp_path, silent)
    # No file of this process may grow beyond 30 kB: the video meets the limit as it would meet a full disk.
    limit = (resource.RLIMIT_FSIZE, (30_000, 30_000))
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=context, initializer=resource.setrlimit, initargs=limit) as pool,
        pytest.raises(MediaNotWritten),
    ):
        pool.submit(perform, "render", script, tmp_path, "".format).result()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slides", "voice"]


def test_a_lesson_is_spoken_by_the_voice_that_is_installed(script: Script, tmp_path: Path) -> None:
    short = scenes_of(script, 0)
    made = json.loads(perform("voice", short, tmp_path, silent, TONE))
    assert made["voice"] == "piper tone"
    for stage in STAGES[1:]:
        perform(stage, short, tmp_path, silent, TONE)
    with av.open(tmp_path / "render" / "video.mp4") as container:
        assert container.streams.audio[0].rate == 16000
        assert float(container.duration / av.time_base) == pytest.approx(made["seconds"], abs=0.1)
