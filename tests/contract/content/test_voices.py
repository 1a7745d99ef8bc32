"""What a voice promises to the schedule, held against espeak-ng and against piper's own package with a voice that hums."""

import ctypes
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from content_service.lesson.errors import VoiceUnusable
from content_service.lesson.espeak import EspeakVoice
from content_service.lesson.narration import SENTENCE_GAP, Voice, speak
from content_service.lesson.piper import PiperVoice
from content_service.lesson.pronunciation import pronounced

TONE = Path(__file__).parents[2] / "integration/content/lesson/tone_voice/tone.onnx"
TEXT = "In 1984, Dr. Smith mixed 2.5 litres of acid — slowly! Then he said: it works."


@pytest.fixture(params=[EspeakVoice, lambda: PiperVoice(TONE)], ids=["espeak-ng", "piper"])
def voice(request: pytest.FixtureRequest) -> Voice:
    made: Callable[[], Voice] = request.param
    return made()


def test_every_word_is_timed_within_the_sound_and_in_order(voice: Voice) -> None:
    spoken = speak(voice, TEXT)
    assert " ".join(word.text for word in spoken.words) == TEXT
    assert all(before.start <= after.start for before, after in pairwise(spoken.words))
    assert all(word.start <= word.end for word in spoken.words)
    assert spoken.words[-1].end == pytest.approx(len(spoken.samples) / voice.rate, abs=0.01)
    assert [word.text for word in spoken.words if word.closes] == ["slowly!", "works."]


def test_a_name_that_is_respelled_for_the_voice_is_told_as_it_is_written(voice: Voice) -> None:
    spoken = speak(voice, "Thucydides was read at Versailles.")
    assert [word.text for word in spoken.words] == ["Thucydides", "was", "read", "at", "Versailles."]


@pytest.mark.parametrize(
    ("sentence", "sounds"),
    [
        ("Thucydides wrote.", "θˈuːsɪdˌɪdiːz"),
        ("Versailles", "vˈɛɹsaɪ"),
        ("Le Chatelier's principle", "ʃˈɑːtˈɛljˈeɪz"),
        ("The Pythagorean theorem", "pˈʌθˈæɡɚɹˈiːən"),
        ("A squared plus b squared", "ˈeɪ skwˈɛɹd"),
        ("Use commas in lists.", "jˈuːz"),
        ("Metals conduct electricity.", "kəndˈʌkt"),
        ("Commas separate three items.", "sˈɛpɚɹˌeɪt"),
        ("A p H of two", "ɐ pˈiː ˈeɪtʃ"),
    ],
)
def test_espeak_says_names_verbs_and_letters_as_people_do(sentence: str, sounds: str) -> None:
    EspeakVoice()  # sets the language
    assert sounds in phonemes(pronounced(sentence)[0])


def phonemes(text: str) -> str:
    """What espeak-ng would say, in IPA."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    left = ctypes.c_char_p(text.encode())
    return str(library.espeak_TextToPhonemes(ctypes.byref(left), 1, 2).decode())


def test_a_sentence_begins_exactly_where_it_is_heard(voice: Voice) -> None:
    spoken = speak(voice, TEXT)
    first, then = (next(word for word in spoken.words if word.text == text) for text in ("slowly!", "Then"))
    assert then.start - first.end == pytest.approx(SENTENCE_GAP, abs=0.001)
    gap = spoken.samples[round(first.end * voice.rate) + 1 : round(then.start * voice.rate) - 1]
    assert len(gap) > 0
    assert not gap.any()


def test_there_is_sound_and_no_long_silence_after_it(voice: Voice) -> None:
    spoken = voice.sentence("It works.")
    assert spoken.samples.dtype == np.int16
    assert np.abs(spoken.samples.astype(int)).max() > 1000
    assert np.abs(spoken.samples[-round(0.1 * voice.rate) :].astype(int)).max() > 0


@pytest.mark.parametrize("text", ["", "  ", "—", "[[brackets]] and {braces} and <tags>.", "😀", "Aa" * 600 + "."])
def test_strange_text_is_spoken_or_passed_over(voice: Voice, text: str) -> None:
    spoken = speak(voice, text)
    assert "".join(word.text for word in spoken.words) == text.replace(" ", "")


def test_a_voice_tells_its_name_and_rate(voice: Voice) -> None:
    assert voice.name in ("espeak-ng en-us", "piper tone")
    assert voice.rate >= 16000


@pytest.mark.parametrize(
    ("model", "settings", "reason"),
    [
        (b"no model at all", TONE.with_suffix(".onnx.json").read_bytes(), "broken.onnx"),
        (TONE.read_bytes(), b"{}", "num_symbols"),
        (TONE.read_bytes(), b"not json", "Expecting value"),
        (TONE.read_bytes(), None, "No such file"),
        (TONE.read_bytes()[:300], TONE.with_suffix(".onnx.json").read_bytes(), "broken.onnx"),
    ],
)
def test_a_broken_voice_is_refused_with_its_name_and_why(
    tmp_path: Path, model: bytes, settings: bytes | None, reason: str
) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(model)
    if settings is not None:
        file.with_suffix(".onnx.json").write_bytes(settings)
    with pytest.raises(VoiceUnusable, match=reason) as refusal:
        PiperVoice(file)
    assert "LM_VOICE_FILE" in str(refusal.value)


def test_without_its_package_a_voice_is_refused_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)  # what an import finds where it is not installed
    with pytest.raises(VoiceUnusable, match="piper is not installed"):
        PiperVoice(TONE)
