"""A script becomes video.mp4, captions.vtt and thumbnail.webp, in three stages. Meant for a process of its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PIL import Image

from content_service.lesson import artefacts, result
from content_service.lesson.captions import cues, web_vtt
from content_service.lesson.checks import check
from content_service.lesson.encoder import Tracks, encode, planes
from content_service.lesson.espeak import EspeakVoice
from content_service.lesson.film import pictures
from content_service.lesson.loudness import normalised
from content_service.lesson.marks import chapters, key_point_timestamps
from content_service.lesson.narration import Voice, speak
from content_service.lesson.piper import PiperVoice
from content_service.lesson.schedule import schedule
from content_service.lesson.script import Script
from content_service.lesson.slides import paint
from content_service.lesson.storyboard import storyboard
from content_service.lesson.thumbnail import thumbnail

VIDEO, CAPTIONS, THUMBNAIL = "video.mp4", "captions.vtt", "thumbnail.webp"

Progress = Callable[[float], None]


def perform(
    stage: str, script: Script, folder: Path, progress: Callable[[str, float], None], voice_file: Path | None = None
) -> bytes:
    """Do one stage of a lesson ("voice", "slides" or "render") in the job's `folder`, replacing what it left there before.

    `progress` gets the stage and its fraction done. Answers JSON about what the stage made. A stage needs what those before
    it left. One process at a time may use a folder. `voice_file` is a piper voice to speak with. Raises LessonError.
    """
    check(script)
    tell = partial(progress, stage)
    if stage == artefacts.VOICE:
        return voice(script, folder, tell, voice_file)
    return slides(script, folder, tell) if stage == artefacts.SLIDES else film(script, folder, tell)


def voice(script: Script, folder: Path, progress: Progress, voice_file: Path | None) -> bytes:
    """The narration, spoken and at one loudness, and when everything is seen and heard."""
    narrator: Voice = PiperVoice(voice_file) if voice_file else EspeakVoice()
    plan = schedule(storyboard(script), partial(speak, narrator), narrator.rate, progress)
    with artefacts.writing(folder, artefacts.VOICE) as files:
        artefacts.save_schedule(files, replace(plan, samples=normalised(plan.samples, plan.rate)))
    return json.dumps({"seconds": plan.duration, "voice": narrator.name}).encode()


def slides(script: Script, folder: Path, progress: Progress) -> bytes:
    """Every slide that the schedule shows, and the poster."""
    plan = artefacts.load_schedule(folder / artefacts.VOICE)
    shots = list(dict.fromkeys(replace(shot, start=0, end=0) for shot in plan.shots))
    with artefacts.writing(folder, artefacts.SLIDES) as files:
        thumbnail(script).save(files / artefacts.POSTER)
        for number, shot in enumerate(shots, start=1):
            artefacts.save_slide(files, shot, paint(script, shot.scene, shot.step))
            progress(number / len(shots))
    return json.dumps({"slides": len(shots)}).encode()


def film(script: Script, folder: Path, progress: Progress) -> bytes:
    """The three files that are published; answers `result.Rendered` as JSON."""
    plan = artefacts.load_schedule(folder / artefacts.VOICE)
    painted = folder / artefacts.SLIDES
    slide_of = artefacts.slides(painted)
    transcript = cues([word for spoken in plan.spoken for word in spoken.words], plan.duration)
    marks = chapters(script, plan)
    tracks = Tracks(
        title=script.title,
        pictures=pictures(plan.shots, lambda shot: planes(slide_of(shot))),
        samples=plan.samples,
        rate=plan.rate,
        cues=transcript,
        chapters=marks,
        duration=plan.duration,
    )
    with artefacts.writing(folder, artefacts.RENDER) as files:
        encode(files / VIDEO, tracks, progress)
        (files / CAPTIONS).write_text(web_vtt(transcript), encoding="utf-8")
        with Image.open(painted / artefacts.POSTER) as poster:
            poster.save(files / THUMBNAIL, quality=88, method=4)
    progress(1.0)
    points = key_point_timestamps(script, plan)
    return result.dump(result.Rendered(VIDEO, CAPTIONS, THUMBNAIL, plan.duration, marks, points, transcript))
