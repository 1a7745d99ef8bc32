"""H.264, AAC and mov_text into one fast-start MP4, by PyAV."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import SubtitleSet
from av.video.stream import VideoStream
from PIL import Image

from content_service.lesson.canvas import HEIGHT, WIDTH
from content_service.lesson.narration import Samples
from content_service.lesson.result import Chapter, Cue
from content_service.lesson.schedule import FPS

if TYPE_CHECKING:
    from av.container.core import Chapter as Mark

AUDIO_FRAME = 1024
AUDIO_BITS = 64_000
MICROSECONDS = Fraction(1, 1_000_000)
SPARSE_GOP = 8  # pictures; stills come once a second, so seeking lands within 8 seconds
# mov_text takes its style from an ASS header.
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, Bold, BorderStyle, Outline, Alignment, MarginV
Style: Default,Arial,16,&Hffffff,&H0,0,1,1,2,10

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class Tracks:
    """All that goes into the file; times in seconds. `pictures` are (frame number, `planes` of a picture), ascending."""

    title: str
    pictures: Iterable[tuple[int, Image.Image]]
    samples: Samples
    rate: int
    cues: tuple[Cue, ...]
    chapters: tuple[Chapter, ...]
    duration: float


def encode(path: Path, tracks: Tracks, progress: Callable[[float], None]) -> None:
    """Write the MP4. Raises OSError or av.FFmpegError when the file cannot be written."""
    with av.open(path, "w", format="mp4", container_options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = tracks.title
        container.set_chapters(_marks(tracks))
        video, audio, text = _video(container), _audio(container, tracks.rate), _text(container)
        sound, captions = _sound(container, audio, tracks), _captions(container, text, tracks.cues)
        shown, frame = None, av.VideoFrame()
        for number, picture in tracks.pictures:
            seconds = number / FPS
            _advance(sound, seconds)
            _advance(captions, seconds)
            if picture is not shown:
                shown, frame = picture, _frame(picture)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
            progress(seconds / tracks.duration)
        _advance(sound, tracks.duration + 1)
        _advance(captions, tracks.duration + 1)
        container.mux(video.encode())
        container.mux(audio.encode())


def _video(container: OutputContainer) -> VideoStream:
    options = {
        "preset": "veryfast", "tune": "stillimage", "crf": "21", "g": str(SPARSE_GOP),
        "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709",
    }  # fmt: skip
    stream = container.add_stream("libx264", rate=FPS, options=options)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.time_base = Fraction(1, FPS)
    stream.codec_context.thread_count = 2
    return stream


def planes(picture: Image.Image) -> Image.Image:
    """An RGB picture as the encoder wants it: Y, U and V below each other, as one grey picture.

    It is converted once; blending two of these gives the same as converting a blend, for all of it is linear.
    """
    rgb = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
    return Image.fromarray(rgb.reformat(format="yuv420p", dst_colorspace="ITU709").to_ndarray())


def _frame(picture: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.asarray(picture), format="yuv420p")


def _audio(container: OutputContainer, rate: int) -> AudioStream:
    # The default coder costs more than all of the video.
    stream = container.add_stream("aac", rate=rate, options={"aac_coder": "fast"})
    stream.layout, stream.bit_rate = "mono", AUDIO_BITS
    stream.metadata["language"] = "eng"
    return stream


def _text(container: OutputContainer) -> SubtitleStream:
    stream = container.add_stream("mov_text")
    stream.codec_context.subtitle_header = ASS_HEADER
    stream.time_base = stream.codec_context.time_base = MICROSECONDS
    stream.metadata["language"] = "eng"
    return stream


def _sound(container: OutputContainer, stream: AudioStream, tracks: Tracks) -> Iterator[float]:
    """Encode the samples frame by frame; each step answers the time reached."""
    for start in range(0, len(tracks.samples), AUDIO_FRAME):
        chunk = tracks.samples[start : start + AUDIO_FRAME]
        frame = av.AudioFrame.from_ndarray(chunk.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = tracks.rate, start, Fraction(1, tracks.rate)
        container.mux(stream.encode(frame))
        yield start / tracks.rate


def _captions(container: OutputContainer, stream: SubtitleStream, cues: tuple[Cue, ...]) -> Iterator[float]:
    """Write the cues one by one; each step answers the time reached."""
    for cue in cues:
        start, length = round(cue.start * 1_000_000), round((cue.end - cue.start) * 1_000_000)
        # Braces would be styling in ASS.
        text = cue.text.replace("{", "(").replace("}", ")").replace("\n", "\\N")
        event = f"0,0,Default,,0,0,0,,{text}".encode()
        packet = stream.codec_context.encode_subtitle(SubtitleSet.create(event, 0, length, start))
        packet.stream, packet.time_base = stream, MICROSECONDS
        packet.pts = packet.dts = start
        packet.duration = length
        container.mux(packet)
        yield cue.end


def _advance(track: Iterator[float], seconds: float) -> None:
    """Keep tracks interleaved: players fetch the file from its beginning."""
    for reached in track:
        if reached >= seconds:
            return


def _marks(tracks: Tracks) -> "list[Mark]":
    ends = [chapter.start for chapter in tracks.chapters[1:]] + [tracks.duration]
    marks = [
        {"id": i, "start": round(chapter.start * 1000), "end": round(end * 1000), "time_base": Fraction(1, 1000),
         "metadata": {"title": chapter.title}}
        for i, (chapter, end) in enumerate(zip(tracks.chapters, ends, strict=True))
    ]  # fmt: skip
    return cast("list[Mark]", marks)
