"""Caption cues out of timed words, and WebVTT out of cues."""

import html
from collections.abc import Iterable, Sequence

from content_service.lesson.narration import Word
from content_service.lesson.result import Cue

LINE = 42  # characters
LINGER = 0.4  # seconds a cue stays after its last word, if nothing follows
BRIDGE = 0.6  # a shorter gap to the next cue is closed, so that captions do not flicker
SHORTEST = 1.0
AT_ONCE = 0.3  # a longer silence means that something else is shown


def cues(words: Sequence[Word], duration: float) -> tuple[Cue, ...]:
    """Cues of at most two lines of LINE characters, none overlapping another, each a sentence or a part of one.

    A sentence that is over before it is read, such as "Hello!", shares the cue of the one that follows at once.
    """
    groups = _merged(group for sentence in _sentences(words) for group in _split(sentence))
    found: list[Cue] = []
    for number, group in enumerate(groups):
        limit = groups[number + 1][0].start if number + 1 < len(groups) else duration
        start, spoken = group[0].start, group[-1].end
        end = limit if limit - spoken < BRIDGE else max(spoken + LINGER, start + SHORTEST)
        found.append(Cue(round(start, 3), round(min(end, limit), 3), "\n".join(lines(group) or ())))
    return tuple(found)


def lines(words: Sequence[Word]) -> tuple[str, ...] | None:
    """The words on one line, or on two about equally long ones; None if they need more."""
    text = [word.text for word in words]
    if len(" ".join(text)) <= LINE:
        return (" ".join(text),)
    pairs = [(" ".join(text[:cut]), " ".join(text[cut:])) for cut in range(1, len(text))]
    fitting = [pair for pair in pairs if len(pair[0]) <= LINE and len(pair[1]) <= LINE]
    return min(fitting, key=lambda pair: abs(len(pair[0]) - len(pair[1]))) if fitting else None


def web_vtt(transcript: Iterable[Cue]) -> str:
    """A WebVTT file. Format: https://www.w3.org/TR/webvtt1/"""
    blocks = (
        f"{number}\n{timestamp(cue.start)} --> {timestamp(cue.end)}\n{html.escape(cue.text, quote=False)}\n"
        for number, cue in enumerate(transcript, start=1)
    )
    return "\n".join(("WEBVTT\n", *blocks))


def timestamp(seconds: float) -> str:
    """Seconds as HH:MM:SS.mmm."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _sentences(words: Sequence[Word]) -> Iterable[list[Word]]:
    sentence: list[Word] = []
    for word in words:
        sentence.append(word)
        if word.closes:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _merged(groups: Iterable[list[Word]]) -> list[list[Word]]:
    found: list[list[Word]] = []
    for group in groups:
        before = found[-1] if found else []
        brief = before and group[0].start - before[0].start < SHORTEST and group[0].start - before[-1].end < AT_ONCE
        if brief and lines(before + group) is not None:
            found[-1] = before + group
        else:
            found.append(group)
    return found


def _split(sentence: list[Word]) -> Iterable[list[Word]]:
    """Two-line groups: broken after punctuation where possible, never leaving a scrap for the last one."""
    rest = sentence
    while lines(rest) is None:
        most = next(count for count in range(len(rest) - 1, 0, -1) if lines(rest[:count]) is not None)
        cut = _best_cut(rest, most)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest


def _best_cut(words: list[Word], most: int) -> int:
    pauses = [cut for cut in range(most, most // 2, -1) if words[cut - 1].text[-1] in ",;:—–"]
    if pauses:
        return pauses[0]
    # If two groups are enough, make them about equal.
    middle = -(-len(words) // 2)
    return middle if middle <= most and lines(words[middle:]) is not None else most
