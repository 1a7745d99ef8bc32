"""Instruments that more than one part of servicekit shares the making of."""

from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Observation

# OpenTelemetry's own for durations in seconds; the SDK's defaults are meant for milliseconds.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


class Observed:
    """The callback of an observable instrument: asks everything alive for its values when they are collected."""

    def __init__(self) -> None:
        self._owners: WeakKeyDictionary[Any, Callable[[Any], Iterable[Observation]]] = WeakKeyDictionary()

    def add(self, owner: Any, values: Callable[[Any], Iterable[Observation]]) -> None:
        """Ask `values(owner)` as long as `owner` lives. It runs in the exporter's thread and must not wait."""
        self._owners[owner] = values

    def __call__(self, options: CallbackOptions) -> list[Observation]:
        """What the SDK asks for."""
        return [value for owner, values in list(self._owners.items()) for value in values(owner)]
