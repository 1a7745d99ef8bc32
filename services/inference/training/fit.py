"""Fits a softmax regression over hashed features and writes it as `inference_service.classifiers` keeps it."""

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from inference_service.classifiers import __file__ as package

OUT = Path(package).parent
MOST_ROUNDS = 1000


def fit(
    name: str,
    learned_from: Mapping[str, object],
    vectors: Sequence[Mapping[int, float]],
    labels: Sequence[str],
    weights: Sequence[float],
    buckets: int,
    **how,
) -> None:
    """Writes NAME.bin, one signed byte a weight, and NAME.json, which keeps `learned_from`. The same input gives the same files.

    Raises ConvergenceWarning where the fit was stopped halfway: what it gives then hangs on the last example.
    """
    warnings.simplefilter("error", ConvergenceWarning)
    model = LogisticRegression(max_iter=MOST_ROUNDS, **how)
    with threadpool_limits(1):  # how many cores a machine has decides in which order it adds up, and so the last bits
        model.fit(_matrix(vectors, buckets), labels, sample_weight=weights)
    scales = np.abs(model.coef_).max(axis=1) / 127
    quantised = np.round(model.coef_ / scales[:, None]).astype(np.int8)
    (OUT / f"{name}.bin").write_bytes(quantised.tobytes())
    about = {
        **learned_from,
        "classes": [str(label) for label in model.classes_],
        "biases": [round(float(bias), 6) for bias in model.intercept_],
        "scales": [round(float(scale), 8) for scale in scales],
    }
    (OUT / f"{name}.json").write_text(json.dumps(about, indent=2) + "\n")
    print(f"{len(labels)} examples, {quantised.nbytes} bytes")


def _matrix(vectors: Sequence[Mapping[int, float]], buckets: int) -> csr_matrix:
    rows, columns, values = [], [], []
    for row, vector in enumerate(vectors):
        rows += [row] * len(vector)
        columns += list(vector)
        values += list(vector.values())
    return csr_matrix((values, (rows, columns)), shape=(len(vectors), buckets))
