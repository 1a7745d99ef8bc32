"""A lesson really rendered: the files are what players, browsers and the catalogue expect."""

import json
import multiprocessing
import resource
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import av
import av.filter.loudnorm
import numpy as np
import pytest
from integration.content.lesson.margins import SAFE
from PIL import Image

from content_service.lesson.captions import LINE
from content_service.lesson.errors import ContentOverflow, MediaNotWritten
from content_service.lesson.render import perform
from content_service.lesson.result import Cue, Rendered, load
from content_service.lesson.schedule import FPS
from content_service.lesson.script import Script

STAGES = ("voice", "slides", "render")
TONE = Path(__file__).with_name("tone_voice") / "tone.onnx"


def render(script: Script, folder: Path, progress: Callable[[str, float], None]) -> Rendered:
    """All stages, one after the other."""
    return load([perform(stage, script, folder, progress) for stage in STAGES][-1])


@dataclass(frozen=True)
class Made:
    folder: Path
    rendered: Rendered
    progress: list[tuple[str, float]]

    @property
    def video(self) -> str:
        return str(self.folder / self.rendered.video)


@pytest.fixture(scope="module")
def made(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("media") / "lesson"
    progress: list[tuple[str, float]] = []
    rendered = render(script, folder, lambda stage, done: progress.append((stage, done)))
    return Made(folder / "render", rendered, progress)


def sound(video: str) -> tuple[np.ndarray, int]:
    with av.open(video) as container:
        rate = container.streams.audio[0].rate
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)]), rate


def test_the_folder_holds_exactly_the_three_finished_files(made: Made) -> None:
    named = {made.rendered.video, made.rendered.captions, made.rendered.thumbnail}
    assert {path.name for path in made.folder.iterdir()} == named == {"video.mp4", "captions.vtt", "thumbnail.webp"}


def test_the_video_is_720p_h264_with_aac_and_subtitles(made: Made) -> None:
    with av.open(made.video) as container:
        video, audio, text = container.streams.video[0], container.streams.audio[0], container.streams.subtitles[0]
        assert (video.codec_context.name, video.width, video.height, video.format.name) == (
            "h264",
            1280,
            720,
            "yuv420p",
        )
        assert audio.codec_context.name == "aac"
        assert text.codec_context.name == "mov_text"


def test_the_video_can_start_before_it_is_downloaded(made: Made) -> None:
    content = Path(made.video).read_bytes()
    assert 0 < content.find(b"moov") < content.find(b"mdat")


def test_sound_and_picture_last_as_long_as_said(made: Made) -> None:
    with av.open(made.video) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        for stream in (video, audio):
            assert float(stream.duration * stream.time_base) == pytest.approx(made.rendered.duration, abs=1 / FPS)
        times = [frame.time for frame in container.decode(video)]
    assert times[0] == 0
    assert times[-1] == pytest.approx(made.rendered.duration - 1 / FPS, abs=0.001)
    assert all(0 < after - before <= 1.001 for before, after in pairwise(times))


def test_the_chapters_of_the_file_are_the_chapters_reported(made: Made) -> None:
    with av.open(made.video) as container:
        inside = [
            (mark["metadata"]["title"], float(mark["start"] * mark["time_base"])) for mark in container.chapters()
        ]
    assert inside == [(chapter.title, pytest.approx(chapter.start, abs=0.001)) for chapter in made.rendered.chapters]
    assert [title for title, _ in inside] == ["Introduction", "Ideas", "Practice", "History", "Quiz", "Recap"]


def test_the_embedded_subtitles_are_the_transcript(made: Made) -> None:
    with av.open(made.video) as container:
        stream = container.streams.subtitles[0]
        packets = [packet for packet in container.demux(stream) if packet.size > 2]
    # A mov_text sample is a 16-bit length and the text.
    inside = [
        (float(packet.pts * packet.time_base), bytes(packet)[2 : 2 + int.from_bytes(bytes(packet)[:2])].decode())
        for packet in packets
    ]
    assert inside == [(pytest.approx(cue.start, abs=0.002), cue.text) for cue in made.rendered.transcript]


def test_the_caption_file_is_the_transcript(made: Made) -> None:
    text = (made.folder / made.rendered.captions).read_text(encoding="utf-8")
    blocks = text.split("\n\n")
    assert blocks[0] == "WEBVTT"
    assert [block.split("\n", 2)[2].strip() for block in blocks[1:]] == [cue.text for cue in made.rendered.transcript]


def test_another_reader_of_webvtt_finds_the_same_cues(made: Made) -> None:
    with av.open(made.folder / made.rendered.captions) as captions:
        stream = captions.streams.subtitles[0]
        cues = [
            (float(packet.pts * packet.time_base), float(packet.duration * packet.time_base), bytes(packet).decode())
            for packet in captions.demux(stream)
            if packet.size
        ]
    assert cues == [
        (pytest.approx(cue.start, abs=0.001), pytest.approx(cue.end - cue.start, abs=0.002), cue.text)
        for cue in made.rendered.transcript
    ]


def test_somebody_speaks_when_a_caption_appears(made: Made) -> None:
    with av.open(made.video) as container:
        rate = container.streams.audio[0].rate
        heard = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
    for cue in made.rendered.transcript:
        spoken = heard[int(cue.start * rate) : int((cue.start + 0.4) * rate)]
        assert np.abs(spoken).max() > 0.02, cue.text


def test_captions_are_short_ordered_and_never_overlap(made: Made) -> None:
    transcript = made.rendered.transcript
    assert all(len(line) <= LINE for cue in transcript for line in cue.text.split("\n"))
    assert all(cue.start < cue.end for cue in transcript)
    assert all(before.end <= after.start for before, after in pairwise(transcript))


def test_captions_say_what_the_script_says(made: Made, script: Script) -> None:
    said = Counter(" ".join(cue.text for cue in made.rendered.transcript).split())
    assert said["titration,"] == 1
    assert said["logarithm"] == 1
    assert said["soap."] == 1


def test_captions_appear_while_their_words_are_heard(made: Made) -> None:
    samples, rate = sound(made.video)
    for cue in made.rendered.transcript:
        assert loudness(samples, rate, cue.start, min(cue.end, cue.start + 0.6)) > 0.01, cue
    for silence in silences(made.rendered.transcript):
        assert loudness(samples, rate, *silence) < 0.005, silence


def loudness(samples: np.ndarray, rate: int, start: float, end: float) -> float:
    return float(np.sqrt(np.mean(np.square(samples[round(start * rate) : round(end * rate)]))))


def silences(transcript: tuple[Cue, ...]) -> list[tuple[float, float]]:
    """The stretches without a caption, less a tenth of a second on either side."""
    gaps = [(before.end + 0.1, after.start - 0.1) for before, after in pairwise(transcript)]
    return [gap for gap in gaps if gap[1] - gap[0] > 0.15]


def test_a_second_and_a_half_are_left_to_think_before_the_answer(made: Made) -> None:
    question = next(cue for cue in made.rendered.transcript if cue.text == "Which of these is a base?")
    answer = next(cue for cue in made.rendered.transcript if cue.text == "The answer is soap.")
    samples, rate = sound(made.video)
    assert loudness(samples, rate, answer.start - 1.5, answer.start - 0.05) < 0.005
    assert question.end <= answer.start


def test_key_points_lead_to_the_captions_that_speak_them(made: Made) -> None:
    first, second = made.rendered.key_point_timestamps
    spoken = {cue.start: cue.text for cue in made.rendered.transcript}
    assert spoken[first] == "An acid gives away hydrogen ions."
    assert spoken[second].startswith("In a titration")


def test_the_narration_is_as_loud_as_speech_should_be(made: Made) -> None:
    with av.open(made.video) as container:
        report = av.filter.loudnorm.stats("I=-18:TP=-1:LRA=7:print_format=json", container.streams.audio[0])
    measured = {key: float(value) for key, value in pairs(report.decode()) if key.startswith("input")}
    assert -20 < measured["input_i"] < -16
    assert measured["input_tp"] < 0


def pairs(report: str) -> list[tuple[str, str]]:
    quoted = [line.split('"') for line in report.splitlines()]
    return [(parts[1], parts[3]) for parts in quoted if len(parts) == 5]


def test_the_thumbnail_is_a_small_webp(made: Made) -> None:
    with Image.open(made.folder / made.rendered.thumbnail) as picture:
        assert (picture.format, picture.size) == ("WEBP", (640, 360))
        assert len(set(picture.convert("RGB").get_flattened_data())) > 100


def test_no_slide_reaches_into_the_margin(made: Made) -> None:
    with av.open(made.video) as container:
        for frame in container.decode(video=0):
            grey = frame.to_ndarray(format="gray").astype(int)
            inner = np.zeros_like(grey, dtype=bool)
            inner[SAFE:-SAFE, SAFE:-SAFE] = True
            margin = grey[~inner]
            assert margin.max() - margin.min() <= 6, f"something is drawn near the edge at {frame.time} s"


def test_every_slide_fills_its_lower_half(made: Made) -> None:
    with av.open(made.video) as container:
        for chapter in made.rendered.chapters:
            container.seek(round((chapter.start + 1.5) * av.time_base))
            frame = next(frame for frame in container.decode(video=0) if frame.time >= chapter.start + 1)
            grey = frame.to_ndarray(format="gray").astype(int)
            assert np.ptp(grey[400:640]) > 20


def test_the_picture_changes_when_a_point_is_revealed(made: Made) -> None:
    point = next(cue for cue in made.rendered.transcript if cue.text.startswith("A base accepts"))
    with av.open(made.video) as container:
        frames = [frame for frame in container.decode(video=0) if abs(frame.time - point.start) < 2]
    before = next(frame for frame in reversed(frames) if frame.time < point.start - 0.2)
    after = next(frame for frame in frames if frame.time > point.start + 0.3)
    difference = after.to_ndarray(format="gray").astype(int) - before.to_ndarray(format="gray")
    assert np.abs(difference).max() > 100


def test_progress_goes_through_voice_slides_and_render_without_stepping_back(made: Made) -> None:
    stages = list(dict.fromkeys(stage for stage, _ in made.progress))
    assert stages == ["voice", "slides", "render"]
    for stage in stages:
        done = [fraction for name, fraction in made.progress if name == stage]
        assert done == sorted(done)
        assert done[-1] == 1.0


def test_fresh_processes_make_the_same_lesson_and_replace_the_earlier_one(script: Script, tmp_path: Path) -> None:
    # A test's own function cannot be imported by the child; "".format takes any arguments too.
    short = replace(script, scenes=script.scenes[:1])
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
    broken = replace(script, scenes=(*script.scenes[:1], replace(script.scenes[6], heading="word " * 200)))
    with pytest.raises(ContentOverflow):
        render(broken, tmp_path, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["voice"]


def test_a_folder_that_cannot_be_written_is_a_named_error(script: Script, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file, not a folder")
    with pytest.raises(MediaNotWritten, match="occupied"):
        render(replace(script, scenes=script.scenes[:1]), occupied, silent)


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
    short = replace(script, scenes=script.scenes[:1])
    made = json.loads(perform("voice", short, tmp_path, silent, TONE))
    assert made["voice"] == "piper tone"
    for stage in STAGES[1:]:
        perform(stage, short, tmp_path, silent, TONE)
    with av.open(tmp_path / "render" / "video.mp4") as container:
        assert container.streams.audio[0].rate == 16000
        assert float(container.duration / av.time_base) == pytest.approx(made["seconds"], abs=0.1)
