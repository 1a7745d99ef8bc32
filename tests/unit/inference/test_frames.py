"""The messages between the service and a model's process survive the pipe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_service.domain.generation import Sampling
from inference_service.engine.frames import Cancel, Generate, Loaded, NotLoaded, Refused, Written, decode, encode

texts = st.text(st.characters(codec="utf-8"))


@given(texts, st.integers(0, 2**32), st.floats(0, 2))
def test_a_request_comes_out_as_it_went_in(prompt: str, seed: int, temperature: float) -> None:
    frame = Generate(1, prompt, Sampling(10, temperature, seed, stop="\n"))
    line = encode(frame)
    assert line.count(b"\n") == 1
    assert decode(line) == frame


@pytest.mark.parametrize(
    "frame",
    [
        Cancel(7),
        Loaded(512),
        NotLoaded("why"),
        Written(3, "漢\n\x00", 5, ""),
        Refused(2, "PROMPT_TOO_LONG", {"a": "b"}),
    ],
)
def test_every_frame_comes_out_as_it_went_in(frame: Cancel | Loaded | NotLoaded | Written | Refused) -> None:
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"kind": "Cancel"}', b'{"kind": "Nonsense"}', b"\xff", b"llama.cpp: hi"]
)
def test_what_is_no_frame_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # JSON, UTF-8 and shape errors are all ValueErrors, with texts of their own
        decode(line)
