"""What the stages leave for each other in a job's folder: the spoken narration, the painted slides, the finished film.

Each stage has a folder of its own, which appears by one rename when its last file is written.
"""

import json
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import av
import numpy as np
from PIL import Image

from content_service.lesson.errors import MediaNotWritten
from content_service.lesson.narration import Samples, Word
from content_service.lesson.schedule import Schedule, Shot, Spoken
from content_service.lesson.storyboard import Beat

VOICE, SLIDES, RENDER = "voice", "slides", "render"
NARRATION, SCHEDULE, POSTER = "narration.wav", "schedule.json", "poster.png"
FASTEST = 1  # of PNG: flat slides take some 30 kB even so


@contextmanager
def writing(folder: Path, stage: str) -> Iterator[Path]:
    """A folder to write a stage's files in; it becomes `folder / stage` if nothing fails. Raises MediaNotWritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for abandoned in folder.glob(f".{stage}-*"):  # by an attempt that was killed
            rmtree(abandoned, ignore_errors=True)
        with TemporaryDirectory(prefix=f".{stage}-", dir=folder, ignore_cleanup_errors=True) as name:
            whole = Path(name, "whole")
            whole.mkdir()
            yield whole
            rmtree(folder / stage, ignore_errors=True)
            whole.rename(folder / stage)
    except (OSError, av.FFmpegError) as error:
        raise MediaNotWritten(folder.name, str(error)) from error


def save_schedule(folder: Path, plan: Schedule) -> None:
    """The narration as a WAV file, and what is seen and heard when as JSON."""
    with wave.open(str(folder / NARRATION), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(plan.samples.itemsize)
        sound.setframerate(plan.rate)
        sound.writeframes(plan.samples.tobytes())
    seen = {"shots": [asdict(shot) for shot in plan.shots], "spoken": [asdict(spoken) for spoken in plan.spoken]}
    (folder / SCHEDULE).write_text(json.dumps(seen), encoding="utf-8")


def load_schedule(folder: Path) -> Schedule:
    """What `save_schedule` wrote."""
    with wave.open(str(folder / NARRATION), "rb") as sound:
        rate, samples = sound.getframerate(), _samples(sound.readframes(sound.getnframes()))
    seen = json.loads((folder / SCHEDULE).read_text(encoding="utf-8"))
    spoken = (Spoken(Beat(**s["beat"]), tuple(Word(**word) for word in s["words"])) for s in seen["spoken"])
    return Schedule(tuple(Shot(**shot) for shot in seen["shots"]), tuple(spoken), samples, rate)


def save_slide(folder: Path, shot: Shot, slide: Image.Image) -> None:
    """The slide of a shot."""
    slide.save(_slide(folder, shot), compress_level=FASTEST)


def slides(folder: Path) -> Callable[[Shot], Image.Image]:
    """Reads slides one at a time, so that a film of any length needs the memory of two."""

    def read(shot: Shot) -> Image.Image:
        with Image.open(_slide(folder, shot)) as slide:
            return slide.convert("RGB")

    return read


def _slide(folder: Path, shot: Shot) -> Path:
    return folder / f"{shot.scene:03d}-{shot.step:02d}.png"


def _samples(data: bytes) -> Samples:
    return np.frombuffer(data, dtype=np.int16)
