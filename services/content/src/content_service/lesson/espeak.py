"""Speech by espeak-ng through ctypes, with the time of every word.

The library keeps global state: use one voice per process, from one thread.
"""

import ctypes

import espeakng_loader
import numpy as np

from content_service.lesson.errors import NarrationFailed
from content_service.lesson.narration import Utterance, timed_words, without_silence

VOICE = b"en-us"
WORDS_PER_MINUTE = 158
PITCH = 42
PITCH_RANGE = 58

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS, _DONT_EXIT, _UTF8 = 2, 0x8000, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_EVENT_END, _EVENT_WORD = 0, 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class EspeakVoice:
    """The adapter of `narration.Voice` that is always there. Raises NarrationFailed when its library cannot be used."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise NarrationFailed(str(error)) from None
        data = espeakng_loader.get_data_path().encode()
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT))
        if self.rate <= 0 or self._library.espeak_SetVoiceByName(VOICE):
            raise NarrationFailed("espeak-ng found no voice data (its folder's path must be shorter than 160 bytes)")
        for parameter, value in ((_RATE, WORDS_PER_MINUTE), (_PITCH, PITCH), (_RANGE, PITCH_RANGE)):
            self._library.espeak_SetParameter(parameter, value, 0)
        # text, size, position, position type, end position, flags, identifier, user data
        size, number, unsigned, pointer = ctypes.c_size_t, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
        self._library.espeak_Synth.argtypes = (pointer, size, unsigned, number, unsigned, unsigned, pointer, pointer)
        self._chunks: list[bytes] = []
        self._marks: list[tuple[int, float]] = []
        self._callback = _Callback(self._receive)  # kept: the library holds only the pointer
        self._library.espeak_SetSynthCallback(self._callback)

    name = f"espeak-ng {VOICE.decode()}"

    def sentence(self, sentence: str) -> Utterance:
        """Raises NarrationFailed."""
        self._chunks.clear()
        self._marks.clear()
        data = sentence.encode() + b"\0"
        status = self._library.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
        if status or self._library.espeak_Synchronize():
            raise NarrationFailed(f"espeak-ng answered status {status} for “{sentence[:60]}”")
        samples = without_silence(np.frombuffer(b"".join(self._chunks), dtype=np.int16), self.rate)
        return Utterance(samples, timed_words(sentence, self._marks, len(samples) / self.rate))

    def _receive(self, samples: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))
        index = 0
        while (event := events[index]).type != _EVENT_END:
            if event.type == _EVENT_WORD:
                self._marks.append((event.text_position - 1, event.audio_position / 1000))
            index += 1
        return 0
