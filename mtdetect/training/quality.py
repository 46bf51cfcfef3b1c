"""Fit the quality model to published scores of translation engines.

The target of a translated text is the COMET score of its engine on its test set and language. Scores differ more between test sets than
between engines, and a text's topic reveals its test set. So an engine's difference from the mean of its set counts ``WITHIN`` times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from mtdetect.errors import InputError
from mtdetect.model.quality import placed
from mtdetect.text.arrays import F64
from mtdetect.training import corpus
from mtdetect.training.examples import Example

Key = tuple[str, str, str]

WITHIN = 2.0
"""Rank correlation with COMET on the development set with 1, 2 and 4: 0.50, 0.63 and 0.62 among engines of one set and language; 0.72, 0.71 and
0.70 over all engines, sets and languages."""

ALPHA = 10.0
RANGE = (0.005, 0.995)
"""Quantiles to which the values of a column are clipped."""

SCORES = "engine_scores.jsonl"


def engine_scores(data: Path) -> dict[Key, float]:
    """COMET by test set, language and engine.

    Parameters
    ----------
    data : Path
        Folder of the corpora, in which ``quality/engine_scores.jsonl`` is read; records without a score are passed over.

    Raises
    ------
    InputError
        If the file cannot be read or is damaged.
    """
    path = data / "quality" / SCORES
    records = list(corpus.records(path))
    try:
        return {(r["set"], r["lang"], r["system"]): float(r["comet"]) for r in records if r.get("comet")}
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(f"{path}: {error}") from error


def keys(examples: Sequence[Example]) -> list[Key]:
    """Test set, language and engine of each example; empty strings for other texts.

    Parameters
    ----------
    examples : sequence of Example
        Of any source; only machine translations of ``mt_train`` have a key.
    """
    return [
        (e.environment.rpartition("/")[2], e.stratum, e.tool)
        if e.source == "mt_train" and e.label != "original"
        else ("", "", "")
        for e in examples
    ]


def fit_quality(keys: Sequence[Key], x: F64, scores: dict[Key, float]) -> dict[str, Any]:
    """Fit the model.

    Parameters
    ----------
    keys : sequence of tuple
        Test set, language and engine of each text, as returned by :func:`keys`.
    x : ndarray, shape (n_texts, n_columns)
        Features of the texts.
    scores : dict
        COMET by key, as returned by :func:`engine_scores`.

    Returns
    -------
    dict
        Entries of the model's manifest.
    """
    known = [k for k, key in enumerate(keys) if key in scores]
    target = np.array([scores[keys[k]] for k in known])
    sets: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, k in enumerate(known):
        sets[keys[k][:2]].append(row)
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
