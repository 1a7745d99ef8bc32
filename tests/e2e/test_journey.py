"""The main job through the real gateway of the real mesh: a topic becomes a lesson that others watch and discuss."""

import io
import re
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import av
import httpx

from local_mesh.demo.journey import STEPS

_CUE = re.compile(r"(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})")


async def test_a_student_gets_from_the_registration_to_a_planned_review(lesson):
    assert list(lesson["told"]) == [step.title for step in STEPS]
    assert lesson["told"]["Watch it being made"].endswith("render → publish → done")
    assert "average 0 → 4" in lesson["told"]["Rate it"]


async def test_the_lesson_is_a_film_that_any_player_takes(mesh, lesson):
    video = lesson["video"]
    content = (await fetch(mesh, video["videoUrl"])).content
    with av.open(io.BytesIO(content)) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        assert (picture.codec_context.name, picture.width, picture.height) == ("h264", 1280, 720)
        assert picture.codec_context.pix_fmt == "yuv420p"
        assert sound.codec_context.name == "aac"
        assert abs(film.duration / av.time_base - video["duration"]) < 0.5
        chapters = [
            (chapter["metadata"]["title"], chapter["start"] * chapter["time_base"]) for chapter in film.chapters()
        ]
    assert [title for title, _ in chapters] == [chapter["title"] for chapter in video["chapters"]]
    for (_, start), chapter in zip(chapters, video["chapters"], strict=True):
        assert abs(float(start) - chapter["start"]) < 0.1
    assert content.index(b"moov") < content.index(b"mdat")  # plays before it is loaded


async def test_every_second_of_the_film_can_be_decoded(mesh, lesson):
    content = (await fetch(mesh, lesson["video"]["videoUrl"])).content
    with av.open(io.BytesIO(content)) as film:
        frames = sum(1 for _ in film.decode(video=0))
    with av.open(io.BytesIO(content)) as film:
        seconds = sum(frame.samples / frame.sample_rate for frame in film.decode(audio=0))
    assert frames > len(lesson["video"]["chapters"])
    assert abs(seconds - lesson["video"]["duration"]) < 0.5


async def test_the_captions_follow_the_voice_in_order_to_its_end(mesh, lesson):
    video = lesson["video"]
    text = (await fetch(mesh, video["captionsUrl"])).text
    cues = [(seconds(*match[:3]), seconds(*match[3:])) for match in _CUE.findall(text)]
    assert text.startswith("WEBVTT")
    assert len(cues) > 10
    assert all(start < end for start, end in cues)
    assert all(earlier[1] <= later[0] + 0.001 for earlier, later in pairwise(cues))
    assert cues[0][0] < 3
    assert video["duration"] - 6 < cues[-1][1] <= video["duration"]
    # A key point is marked with the moment the recap says it.
    assert all(0 < second < video["duration"] for second in video["timestamps"])


async def test_the_video_tells_what_it_was_made_from(lesson):
    video = lesson["video"]
    assert video["provenance"]["model"]
    assert re.fullmatch("[0-9a-f]{64}", video["provenance"]["modelSha256"])
    assert len(video["keyPoints"]) == len(video["timestamps"]) >= 3
    assert video["scriptSummary"]


async def test_a_mailed_token_stands_alone_on_one_line_of_the_text_part(mesh, student):
    ada = await student("Ada")
    mine = [mail for mail in mails(mesh.home / "mail") if ada.email in str(mail["To"])]
    (mail,) = [mail for mail in mine if str(mail["Subject"]) == "Confirm your e-mail address"]
    text = mail.get_body(("plain",)).get_content()
    alone = [line for line in text.splitlines() if re.fullmatch(r"[A-Za-z0-9_.~-]{16,512}", line)]
    assert len(alone) == 1
    assert mail.get_body(("html",)) is None or alone[0] in mail.get_body(("html",)).get_content()


async def fetch(mesh, path):
    async with httpx.AsyncClient(base_url=mesh.gateway) as client:
        return (await client.get(path)).raise_for_status()


def seconds(hours: str, minutes: str, rest: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def mails(folder: Path):
    for path in folder.glob("*.eml"):
        yield message_from_bytes(path.read_bytes(), policy=policy.default)
