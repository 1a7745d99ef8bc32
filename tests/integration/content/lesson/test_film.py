"""The film is what players expect, and its pictures are what the lesson shows."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from integration.content.lesson.making import Made
from integration.content.lesson.margins import SAFE
from PIL import Image

from content_service.lesson.schedule import FPS


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


def test_the_thumbnail_is_a_small_webp(made: Made) -> None:
    with Image.open(made.folder / made.rendered.thumbnail) as picture:
        assert (picture.format, picture.size) == ("WEBP", (640, 360))
        assert len(set(picture.convert("RGB").get_flattened_data())) > 100
