"""Which model is chosen on which machine, and which ones make room for it."""

from dataclasses import replace

import pytest

from inference_service.domain.models import (
    MEBIBYTE,
    Held,
    Machine,
    ModelCard,
    PromptFormat,
    Task,
    instruction,
    select_optimal_models,
    to_make_room,
)
from inference_service.errors import ModelInUse, ModelTooLarge

GIB = 1024 * MEBIBYTE
NANO = ModelCard("nano", "p", "llama", "Q8_0", 512, "own", "nano.gguf", 2 * MEBIBYTE, parameters=2)
SEVEN = ModelCard(
    "seven-q4", "p", "llama", "Q4_K_M", 4096, "l", "7q4.gguf", 4 * GIB, tasks=(Task.TEXT, Task.SUMMARY), parameters=6700
)
FINE = replace(SEVEN, name="seven-q8", quantization="Q8_0", size_bytes=7 * GIB)
THIRTEEN = replace(SEVEN, name="thirteen", size_bytes=8 * GIB, parameters=13000)
CARDS = (NANO, SEVEN, FINE, THIRTEEN)
ALL = frozenset(card.name for card in CARDS)
LARGE, MIDDLE, SMALL = Machine(64 * GIB, 16), Machine(6 * GIB, 4), Machine(GIB, 2)


def _names(
    task: Task, machine: Machine, installed: frozenset[str] = ALL, loaded: frozenset[str] = frozenset()
) -> list[str]:
    return [card.name for card in select_optimal_models(CARDS, task, machine, installed, loaded)]


def test_more_parameters_come_first_then_the_finest_quantisation() -> None:
    assert _names(Task.TEXT, LARGE) == ["thirteen", "seven-q8", "seven-q4", "nano"]


def test_a_loaded_one_is_preferred_to_another_file_of_the_same_model() -> None:
    assert _names(Task.TEXT, LARGE, loaded=frozenset(["seven-q4"])) == ["thirteen", "seven-q4", "seven-q8", "nano"]


def test_what_does_not_fit_or_would_be_too_slow_is_not_chosen() -> None:
    assert _names(Task.TEXT, MIDDLE) == ["seven-q4", "nano"]
    assert _names(Task.TEXT, SMALL) == ["nano"]
    assert _names(Task.TEXT, Machine(64 * GIB, 1)) == ["nano"]


def test_only_models_for_the_task_that_are_on_the_machine_are_chosen() -> None:
    assert _names(Task.LINES, LARGE) == ["nano"]
    assert _names(Task.SUMMARY, LARGE, installed=frozenset(["nano", "seven-q4"])) == ["seven-q4"]
    assert _names(Task.SUMMARY, LARGE, installed=frozenset(["nano"])) == []


def _held(card: ModelCard, used_at: float, requests: int = 0, pinned: bool = False) -> Held:
    return Held(card, used_at, requests, pinned)


def test_nobody_leaves_while_there_is_room() -> None:
    assert to_make_room(SEVEN, [_held(NANO, 1, pinned=True)], 2, LARGE) == ()


def test_the_least_recently_used_idle_ones_leave_and_no_more_than_needed() -> None:
    held = [_held(NANO, 9, pinned=True), _held(SEVEN, 2), _held(FINE, 1, requests=1), _held(THIRTEEN, 3)]
    assert to_make_room(replace(SEVEN, name="new"), held, 4, LARGE) == (SEVEN,)
    tight = Machine(20 * GIB, 16)
    assert to_make_room(replace(SEVEN, name="new"), held, 9, tight) == (SEVEN, THIRTEEN)


def test_a_model_larger_than_what_is_left_beside_the_pinned_one_is_refused() -> None:
    with pytest.raises(ModelTooLarge, match="needs about 9830 MiB and models may use 6141 MiB"):
        to_make_room(THIRTEEN, [_held(NANO, 1, pinned=True)], 2, MIDDLE)


def test_models_at_work_are_waited_for() -> None:
    with pytest.raises(ModelInUse, match="'seven-q8' is working on 3 requests"):
        to_make_room(SEVEN, [_held(FINE, 1, requests=3)], 1, LARGE)


def test_instructions_follow_the_format_of_the_model() -> None:
    assert instruction(PromptFormat.LLAMA2, "Do it.") == "[INST] Do it. [/INST]"
    assert instruction(PromptFormat.PLAIN, "Do it.") == "Do it.\n"


def test_what_a_model_remembers_counts_as_memory_for_each_request_at_a_time() -> None:
    remembering = replace(SEVEN, size_bytes=0, cache_bytes_per_token=1024)
    assert Machine(GIB, 2, context=8192, places=1).takes(remembering) == 4096 * 1024
    assert Machine(GIB, 2, context=1024, places=4).takes(remembering) == 4096 * 1024
