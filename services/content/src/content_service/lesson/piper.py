"""Speech by a piper voice, a neural one that somebody has installed; the package comes with the extra "piper"."""

from pathlib import Path

import numpy as np

from content_service.lesson.errors import VoiceUnusable
from content_service.lesson.narration import Utterance, timed_words, without_silence


class PiperVoice:
    """The adapter of `narration.Voice` for a voice file, NAME.onnx with NAME.onnx.json beside it.

    Raises VoiceUnusable when the package or a file is missing or broken. A sentence begins and ends exactly when it is said;
    the words in it are timed by their length, because most voices do not tell.
    """

    def __init__(self, file: Path) -> None:
        self.name = f"piper {file.stem}"
        try:
            from piper import PiperVoice as Synthesiser

            self._voice = Synthesiser.load(file)
        except ModuleNotFoundError as error:
            raise VoiceUnusable(file.name, f"the package {error.name} is not installed") from None
        except Exception as error:  # onnxruntime and the reader of the settings raise dozens of kinds
            raise VoiceUnusable(file.name, _reason(error)) from error
        self.rate = int(self._voice.config.sample_rate)

    def sentence(self, sentence: str) -> Utterance:
        """Raises VoiceUnusable."""
        try:
            # Two brackets would begin phonemes.
            chunks = [chunk.audio_int16_array for chunk in self._voice.synthesize(sentence.replace("[[", "["))]
        except Exception as error:
            raise VoiceUnusable(self.name, _reason(error)) from error
        samples = without_silence(np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16), self.rate)
        second = len(samples) / self.rate / max(1, len(sentence))
        marks = [(index, index * second) for index in range(len(sentence))]
        return Utterance(samples, timed_words(sentence, marks, len(samples) / self.rate))


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
