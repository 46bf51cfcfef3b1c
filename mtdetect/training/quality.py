"""Fit the model of quality to the published scores of engines.

Every translated text is given the COMET score of its engine on its test set and language. Test sets differ in difficulty more than engines
in skill, and what a text is about says which test set it is from; so the distance of an engine from the others on the same set
counts ``WITHIN``-fold.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from mtdetect.errors import InputError
from mtdetect.model.quality import placed
from mtdetect.text.arrays import F64
from mtdetect.training.examples import Example

Key = tuple[str, str, str]

WITHIN = 2.0
"""On the development set the rank correlation with COMET, over engines of one set and language, is 0.50 with 1, 0.63 with 2, 0.62 with 4;
over all engines, sets and languages 0.72, 0.71, 0.70."""

ALPHA = 10.0
RANGE = (0.005, 0.995)
"""Quantiles of a column outside which its values count no more."""

SCORES = "engine_scores.jsonl"


def engine_scores(data: Path) -> dict[Key, float]:
    """COMET by test set, language and engine.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    path = data / "quality" / SCORES
    try:
        with path.open(encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        return {(r["set"], r["lang"], r["system"]): float(r["comet"]) for r in records if r.get("comet")}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: {error}") from error


def keys(examples: Sequence[Example]) -> list[Key]:
    """Test set, language and engine of each example; empty strings for what is no engine's."""
    return [
        (e.environment.rpartition("/")[2], e.stratum, e.tool)
        if e.source == "mt_train" and e.label != "original"
        else ("", "", "")
        for e in examples
    ]


def fit_quality(of: Sequence[Key], x: F64, scores: dict[Key, float]) -> dict[str, Any]:
    """Fit the model.

    Parameters
    ----------
    of : sequence of tuple
        What each text is from, as :func:`keys` gives it.
    x : ndarray, shape (n_texts, n_columns)
        Features of the texts.
    scores : dict
        As :func:`engine_scores` reads them.

    Returns
    -------
    dict
        For the manifest.
    """
    known = [k for k, key in enumerate(of) if key in scores]
    target = np.array([scores[of[k]] for k in known])
    sets: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, k in enumerate(known):
        sets[of[k][:2]].append(row)
    mean = np.zeros(len(known))
    for rows in sets.values():
        mean[rows] = target[rows].mean()
    columns = x[known]
    low, middle, high = np.nanquantile(columns, (RANGE[0], 0.5, RANGE[1]), axis=0)
    model = Ridge(ALPHA).fit(placed(columns, low, middle, high), mean + WITHIN * (target - mean))
    return {
        "low": low.tolist(),
        "middle": middle.tolist(),
        "high": high.tolist(),
        "weights": model.coef_.tolist(),
        "shift": float(model.intercept_),
        "texts": len(known),
    }
