"""A script becomes video.mp4, captions.vtt and thumbnail.webp. Meant for a process of its own: it takes two cores."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import av

from content_service.lesson.captions import cues, web_vtt
from content_service.lesson.checks import check
from content_service.lesson.encoder import Tracks, encode
from content_service.lesson.errors import MediaNotWritten
from content_service.lesson.film import Reel, pictures
from content_service.lesson.loudness import normalised
from content_service.lesson.marks import chapters, key_point_timestamps
from content_service.lesson.narration import Narrator
from content_service.lesson.result import Rendered
from content_service.lesson.schedule import Schedule, schedule
from content_service.lesson.script import Script
from content_service.lesson.slides import paint
from content_service.lesson.storyboard import storyboard
from content_service.lesson.thumbnail import thumbnail

VIDEO, CAPTIONS, THUMBNAIL = "video.mp4", "captions.vtt", "thumbnail.webp"
STAGING = ".rendering-"

Progress = Callable[[str, float], None]


def render(script: Script, folder: Path, progress: Progress) -> Rendered:
    """Render a lesson into `folder` (made if missing), replacing what an earlier attempt left there.

    `progress` gets a stage ("voice", "slides", "render") and its fraction done. Files get their final names
    only when all three are complete. One process at a time may use a folder. Raises LessonError.
    """
    check(script)
    poster = thumbnail(script)
    narrator = Narrator()
    plan = schedule(storyboard(script), narrator.speak, narrator.rate, partial(progress, "voice"))
    reel = _painted(script, plan, partial(progress, "slides"))
    transcript = cues([word for spoken in plan.spoken for word in spoken.words], plan.duration)
    marks = chapters(script, plan)
    tracks = Tracks(
        title=script.title,
        pictures=pictures(plan.shots, reel),
        samples=normalised(plan.samples, plan.rate),
        rate=plan.rate,
        cues=transcript,
        chapters=marks,
        duration=plan.duration,
    )
    with _staging(folder) as staging:
        encode(staging / VIDEO, tracks, partial(progress, "render"))
        (staging / CAPTIONS).write_text(web_vtt(transcript), encoding="utf-8")
        poster.save(staging / THUMBNAIL, quality=88, method=4)
    progress("render", 1.0)
    points = key_point_timestamps(script, plan)
    return Rendered(VIDEO, CAPTIONS, THUMBNAIL, plan.duration, marks, points, transcript)


def _painted(script: Script, plan: Schedule, progress: Callable[[float], None]) -> Reel:
    reel = Reel()
    for number, shot in enumerate(plan.shots):
        if shot not in reel:
            reel.put(shot, paint(script, shot.scene, shot.step))
        progress((number + 1) / len(plan.shots))
    return reel


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A temporary folder beside the files' final place; they move there if nothing failed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for abandoned in folder.glob(f"{STAGING}*"):  # by an attempt that was killed
            rmtree(abandoned, ignore_errors=True)
        with TemporaryDirectory(prefix=STAGING, dir=folder) as name:
            yield Path(name)
            for file in (CAPTIONS, THUMBNAIL, VIDEO):
                Path(name, file).replace(folder / file)
    except (OSError, av.FFmpegError) as error:
        raise MediaNotWritten(folder.name, str(error)) from error
