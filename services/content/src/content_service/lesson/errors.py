"""What can go wrong while a lesson is made. Plain, picklable exceptions: they cross a process boundary whole."""

from typing import ClassVar


class LessonError(Exception):
    """The lesson cannot be made. `retryable` says whether the same script may succeed on another attempt."""

    retryable: ClassVar[bool] = False
    message: ClassVar[str] = "The lesson could not be made. Check the script and try again."

    def __str__(self) -> str:
        return self.message.format(*self.args)


class ScriptInvalid(LessonError):
    """The script contradicts itself. Arguments: scene heading, what is wrong."""

    message = "The scene “{0}” {1}. Correct the script and render it again."

    def __init__(self, scene: str, problem: str) -> None:
        super().__init__(scene, problem)


class ContentOverflow(LessonError):
    """More content than fits on a slide at a readable size. Arguments: scene heading, which content."""

    message = "The scene “{0}” holds more than fits on a readable slide: {1}. Shorten it or split the scene."

    def __init__(self, scene: str, content: str) -> None:
        super().__init__(scene, content)


class FormulaInvalid(LessonError):
    """mathtext cannot typeset a formula. Arguments: scene heading, the formula, the parser's reason."""

    message = (
        "The formula {1!r} in the scene “{0}” cannot be typeset ({2}). "
        "Write it in matplotlib's mathtext subset of LaTeX."
    )

    def __init__(self, scene: str, formula: str, reason: str) -> None:
        super().__init__(scene, formula, reason)


class CharacterMissing(LessonError):
    """No bundled font has the character. Arguments: scene heading, the character."""

    message = "The scene “{0}” contains {1!r}, which no slide font can draw. Replace that character."

    def __init__(self, scene: str, character: str) -> None:
        super().__init__(scene, character)


class LessonTooLong(LessonError):
    """The narration exceeds the limit. Arguments: minutes spoken so far, minutes allowed."""

    message = "The narration runs past {1} minutes (reached {0}). Split the lesson into shorter ones."

    def __init__(self, minutes: int, limit: int) -> None:
        super().__init__(minutes, limit)


class NarrationFailed(LessonError):
    """The speech synthesiser refused to start or to speak. Argument: the reason."""

    retryable = True
    message = "The narration could not be spoken: {0}. Check the espeak-ng installation and retry."

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class VoiceUnusable(LessonError):
    """The installed voice cannot speak. Arguments: the voice, the reason."""

    message = (
        "The voice {0} cannot be used: {1}. An administrator installs it again, or unsets LM_VOICE_FILE; then retry."
    )

    def __init__(self, voice: str, reason: str) -> None:
        super().__init__(voice, reason)


class MediaNotWritten(LessonError):
    """Encoding or writing a media file failed, for example on a full disk. Arguments: file name, reason."""

    retryable = True
    message = "The file {0} could not be written: {1}. Check free space and permissions of the media folder and retry."

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
