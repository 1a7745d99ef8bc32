"""Choose a token from logits with a seeded generator; the native sampler re-seeds at every token and cannot be trusted to."""

import numpy as np
from numpy.typing import NDArray

from inference_service.domain.generation import Sampling

# Below this the likeliest token has all the weight, and dividing by it overflows.
COLDEST = 1e-3


def choose(logits: NDArray[np.float32], sampling: Sampling, generator: np.random.Generator) -> int:
    """Return a token id: the likeliest below COLDEST, else drawn from the top_k and top_p likeliest."""
    if sampling.temperature < COLDEST:
        return int(np.argmax(logits))
    count = min(sampling.top_k, len(logits)) if sampling.top_k > 0 else len(logits)
    # A stable sort makes ties, and so the whole text, the same on every machine.
    best = np.argsort(-logits, kind="stable")[:count]
    scaled = logits[best].astype(np.float64) / sampling.temperature
    weights = np.exp(scaled - scaled.max())
    weights /= weights.sum()
    kept = int(np.searchsorted(np.cumsum(weights), sampling.top_p)) + 1
    weights = weights[:kept] / weights[:kept].sum()
    return int(best[:kept][np.searchsorted(np.cumsum(weights), generator.random(), side="right").clip(max=kept - 1)])
