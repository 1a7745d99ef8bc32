"""The shipped model called directly: it is known to be sound, so it may run inside the test."""

import itertools
from dataclasses import replace

import pytest
from integration.inference.conftest import nano_spec

from inference_service.domain.generation import Finish, Piece, Sampling
from inference_service.engine.native import BATCH, NativeModel, instruction_set
from inference_service.errors import PromptHasNul, PromptTooLong

PROMPT = "topic: acids and bases\nkind: welcome\nsay:"
CONTEXT = 512


@pytest.fixture(scope="module")
def model() -> NativeModel:
    return NativeModel(nano_spec(CONTEXT))


def _never() -> bool:
    return False


def _text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_the_likeliest_welcome_names_its_topic(model: NativeModel) -> None:
    pieces = list(model.generate(PROMPT, Sampling(48, temperature=0, stop="\n"), _never))
    assert "acids and bases" in _text(pieces)
    assert pieces[-1].finish is Finish.STOP


def test_what_follows_the_stop_text_is_never_seen(model: NativeModel) -> None:
    sampling = Sampling(48, temperature=0)
    whole = _text(list(model.generate(PROMPT, sampling, _never)))
    assert "\n" in whole
    stopped = _text(list(model.generate(PROMPT, Sampling(48, temperature=0, stop="\n"), _never)))
    assert stopped == whole.partition("\n")[0]


def test_an_answer_that_ends_by_itself_says_so_and_its_end_is_no_token_of_it(model: NativeModel) -> None:
    whole = list(model.generate(PROMPT, Sampling(48, temperature=0), _never))
    assert whole[-1].finish is Finish.STOP
    cut = list(model.generate(PROMPT, Sampling(whole[-1].tokens, temperature=0), _never))
    assert (_text(cut), cut[-1].finish) == (_text(whole), Finish.LENGTH)


def test_a_request_cancelled_before_it_begins_reads_no_prompt(model: NativeModel) -> None:
    (piece,) = model.generate(PROMPT, Sampling(48), lambda: True)
    assert (piece.text, piece.tokens, piece.finish) == ("", 0, Finish.CANCELLED)


def test_a_request_cancelled_while_its_prompt_is_read_stops_at_the_next_batch(model: NativeModel) -> None:
    asked = itertools.count()
    long_prompt = "the lesson " * BATCH
    (piece,) = model.generate(long_prompt, Sampling(48), lambda: next(asked) >= 1)
    assert (piece.tokens, piece.finish) == (0, Finish.CANCELLED)


def test_a_cancelled_request_stops_at_the_next_token(model: NativeModel) -> None:
    asked = itertools.count()  # once for the only batch of the prompt, then once a token
    pieces = list(model.generate(PROMPT, Sampling(48), lambda: next(asked) >= 4))
    assert (pieces[-1].tokens, pieces[-1].finish) == (3, Finish.CANCELLED)


def test_a_prompt_fills_the_context_to_the_last_token_and_not_beyond(model: NativeModel) -> None:
    with pytest.raises(PromptTooLong) as refusal:
        list(model.generate(PROMPT, Sampling(CONTEXT), _never))
    room = CONTEXT - int(refusal.value.metadata["prompt_tokens"])
    assert list(model.generate(PROMPT, Sampling(room, temperature=2.0), _never))[-1].finish
    with pytest.raises(PromptTooLong):
        list(model.generate(PROMPT, Sampling(room + 1), _never))


@pytest.mark.parametrize("prompt", ["🦊🎓" * 20, "漢字" * 60, "\udc80", "ﷺ" * 30, "\u202e" * 50])
def test_any_characters_give_whole_characters_back(model: NativeModel, prompt: str) -> None:
    pieces = list(model.generate(prompt, Sampling(64, temperature=2.0, top_k=0, top_p=1.0, seed=5), _never))
    assert _text(pieces).encode("utf-8")


def test_half_a_character_at_the_very_end_is_shown_as_one_that_cannot_be_read(model: NativeModel) -> None:
    anything = Sampling(1, temperature=20.0, top_k=0, top_p=1.0)  # one token in twenty or so begins a character
    ends = [list(model.generate(PROMPT, replace(anything, seed=seed), _never))[-1] for seed in range(200)]
    assert Piece("\N{REPLACEMENT CHARACTER}", 1, Finish.LENGTH, ends[0].prompt_tokens) in ends


def test_nul_is_refused(model: NativeModel) -> None:
    with pytest.raises(PromptHasNul):
        list(model.generate("a\0b", Sampling(4), _never))


def test_the_instruction_set_is_one_that_ctransformers_ships() -> None:
    assert instruction_set() in ("avx2", "avx", "basic")
