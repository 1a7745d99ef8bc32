"""What is heard and what is read below the picture are the same, at the same time."""

from collections import Counter
from itertools import pairwise

import av
import av.filter.loudnorm
import numpy as np
import pytest
from integration.content.lesson.making import Made

from content_service.lesson.captions import LINE
from content_service.lesson.result import Cue
from content_service.lesson.script import Script


def sound(video: str) -> tuple[np.ndarray, int]:
    with av.open(video) as container:
        rate = container.streams.audio[0].rate
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)]), rate


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


def test_three_seconds_are_left_to_think_before_the_answer(made: Made) -> None:
    question = next(cue for cue in made.rendered.transcript if cue.text == "Which of these is a base?")
    answer = next(cue for cue in made.rendered.transcript if cue.text == "The answer is soap.")
    samples, rate = sound(made.video)
    assert loudness(samples, rate, answer.start - 3.0, answer.start - 0.05) < 0.005
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
