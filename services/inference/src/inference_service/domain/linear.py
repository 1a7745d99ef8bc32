"""A softmax regression over hashed features, small enough to need no library."""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinearModel:
    """`weights` holds a row of signed bytes a class, to be multiplied by the class's `scales`."""

    classes: Sequence[str]
    biases: Sequence[float]
    scales: Sequence[float]
    weights: Sequence[memoryview]

    def chances(self, values: Mapping[int, float]) -> dict[str, float]:
        """How likely each class is, all together 1."""
        scores = [
            bias + scale * sum(row[index] * value for index, value in values.items())
            for bias, scale, row in zip(self.biases, self.scales, self.weights, strict=True)
        ]
        largest = max(scores)
        powers = [math.exp(score - largest) for score in scores]
        return {name: power / sum(powers) for name, power in zip(self.classes, powers, strict=True)}

    def weight(self, name: str, index: int) -> float:
        """How much the feature at `index` speaks for class `name`."""
        place = self.classes.index(name)
        return self.scales[place] * self.weights[place][index]


def index_of(feature: str, buckets: int) -> int:
    return zlib.crc32(feature.encode()) % buckets


def hashed(features: Iterable[str], buckets: int) -> dict[int, float]:
    """A vector of length 1: the damped count of each feature under its hash below `buckets`. Empty when there is none."""
    counts = Counter(index_of(feature, buckets) for feature in features)
    values = {index: math.log1p(count) for index, count in counts.items()}
    length = math.sqrt(sum(value * value for value in values.values()))
    return {index: value / length for index, value in values.items()}
