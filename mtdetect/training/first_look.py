"""Fitting the first look (``mtdetect.model.first_look``).

Only calibration texts are used, with the claims of experts that have not learnt them (:mod:`mtdetect.training.halves`): on texts that they have learnt, claims are too high. Human texts, machine
translations of every engine and set, and what our own spinners make of a part of the human texts. Rule-based translations are left out: to make them would
take longer than everything else, and without them 1.0 instead of 0.4 % of those with p-values up to ``OPEN`` end early. Thresholds, the curve in the
manifest and p-values come from predictions for each text by trees that have not seen its group.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

import mtdetect
from mtdetect import artifacts
from mtdetect.evidence import outside_features
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model import calibration, classifier, first_look, loading
from mtdetect.model.classifier import SPINNING
from mtdetect.model.first_look import CLAIMS, COLUMNS, CONSTANTS, LOST, OPEN
from mtdetect.model.quality import placed
from mtdetect.model.scoring import Model
from mtdetect.model.trees import Trees
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.clauses import FRAGMENTS, share_in_clauses
from mtdetect.training import SEED, examples, halves
from mtdetect.training.corpus import chance
from mtdetect.training.examples import POPULATIONS, Example
from mtdetect.training.fit import export_trees
from mtdetect.training.quality import ALPHA, RANGE
from mtdetect.verdict import SHORT

DEGRADED = 0.5
"""Share of the human texts of which our own engines make degraded ones."""

TREES: dict[str, Any] = {
    "max_iter": 75,
    "learning_rate": 0.15,
    "max_leaf_nodes": 15,
    "max_bins": 63,
    "l2_regularization": 10.0,
    "min_samples_leaf": 60,
    "early_stopping": False,
    "random_state": 0,
}
"""With 100 trees of 31 leaves, 25.1 instead of 26.4 % of human texts go on at ``LOST`` = 0.01, and the files are nearly three times as large."""

MOST_ODDS = 4.0
"""Claims are clipped to this before trees learn them: beyond it they are sure."""

FOLDS = 4

GRID = 200
"""Claims at which p-values are recorded: quantiles of those of human texts."""

LEAST_OPEN = 200
"""Texts with small p-values that a length band needs for a threshold of its own; otherwise that of all bands holds."""

CURVE = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05)
"""Shares lost at which the manifest says how many texts go on."""

BATCH = 512


class Measured(NamedTuple):
    """What is known of the texts that a first look can decide on.

    Attributes
    ----------
    chosen : list of Example
        Texts of enough words, most of them in sentences.
    x : ndarray of float64, shape (n, len(COLUMNS))
        What the first look sees.
    claims : ndarray of float64, shape (n, len(CLAIMS))
        After a full measurement.
    p_values, comet : ndarray of float64, shape (n,)
        The same, and the quality that it estimates, as COMET.
    words : ndarray of int64, shape (n,)
    spun : ndarray of float64, shape (n,)
        Nats of evidence outside the features.
    reported : ndarray of bool, shape (n,)
        Texts of which such evidence is reported, which always go on.
    """

    chosen: list[Example]
    x: F64
    claims: F64
    p_values: F64
    comet: F64
    words: I64
    spun: F64
    reported: Mask


def fit_first_look(
    data: Path,
    model: Path,
    output: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Fit the first look of a model, and write it.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    model : Path
        Folder of the model whose claims are predicted, with the experts that have not learnt a half beside it.
    output : Path
        Folder to write to.
    lexicon : Lexicon
        Language tables.
    progress : callable
        Told what is going on.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    InputError
        If a corpus is missing or unreadable.
    ModelError
        If the folder holds no readable model, or those experts are missing.
    """
    of_texts = loading.load(model)
    judging = halves.models(model, of_texts)
    progress("reading the corpora")
    held = examples.held_out(data)
    altered = examples.altered(held, DEGRADED)
    held += examples.degraded(altered, data, lexicon, jobs=1, progress=progress, round_trips=False)
    progress(f"measuring {len(held):,} texts")
    parts = [
        measure([held[k] for k in rows.tolist()], one)
        for rows, one in zip(halves.divided([e.group for e in held]), judging, strict=True)
    ]
    known = joined(parts)
    progress("trees, thresholds and p-values")
    trees, unseen = fit_trees(known)
    predicted = first_look.with_evidence(unseen, known.spun).max(axis=1)
    highest = np.where(known.reported, np.inf, predicted)
    human = np.array([e.label == "original" for e in known.chosen])
    is_open = known.p_values <= OPEN
    thresholds = thresholds_of(highest, known.words, is_open, LOST)
    grid = np.unique(np.quantile(predicted[human], np.linspace(0, 1, GRID)))
    facts = {
        "name": "first_look",
        "version": mtdetect.__version__,
        "made_with": "mtdetect train DATA --stage first-look",
        "seed": SEED,
        "model": of_texts.info.sha256,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "columns": COLUMNS,
        "constants": CONSTANTS,
        "thresholds": thresholds.tolist(),
        "baselines": {name: forest.baseline for name, forest in trees.items()},
        "depths": {name: forest.depth for name, forest in trees.items()},
        "quality": fit_quality(known.x, known.comet),
        "curve": [curve_at(share, highest, known.words, human, is_open) for share in CURVE],
        "examples": {"people": int(human.sum()), "machines": int((~human).sum())},
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "grid": grid,
        "tails": tails(
            grid, highest[human], known.words[human], [e for e in known.chosen if e.label == "original"]
        ),
    }
    for name, forest in trees.items():
        arrays |= forest.arrays(name)
    return artifacts.write(output, arrays, facts)


def measure(given: Sequence[Example], model: Model) -> Measured:
    """Measure texts cheaply and in full.

    Parameters
    ----------
    given : sequence of Example
        Texts that the model has not learnt from.
    model : Model
        The model.
    """
    chosen: list[Example] = []
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    of_quality = model.quality
    for start in range(0, len(given), BATCH):
        batch = given[start : start + BATCH]
        view = View(read([e.text for e in batch], model.lexicon.vocabulary, identify=False), model.lexicon)
        words = view.batch.words
        keep = np.flatnonzero((words >= SHORT) & (share_in_clauses(view.batch) >= FRAGMENTS))
        linear = model.classifier.linear(view)
        spun = outside_features.weigh(view, model.spinner_wordings)
        scores = model.score(view, spun, linear)
        claims = classifier.claims(scores.experts, model.classifier.slopes, model.classifier.shifts)
        translation = np.delete(claims, SPINNING, axis=1).max(axis=1)
        found = (
            first_look.columns(view, linear),
            np.column_stack([translation, claims[:, SPINNING]]),
            model.calibration.p_values(scores.log_odds, words),
            of_quality.comet(scores.features),
            words,
            spun,
            outside_features.are_reported(view, model.spinner_wordings),
        )
        parts.append(tuple(column[keep] for column in found))
        chosen += [batch[k] for k in keep.tolist()]
    return Measured(chosen, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def joined(parts: Sequence[Measured]) -> Measured:
    """Texts that were measured in parts.

    Parameters
    ----------
    parts : sequence of Measured
        Results of :func:`measure`; their texts follow each other in this order.
    """
    columns: Any = [np.concatenate(column) for column in zip(*(part[1:] for part in parts), strict=True)]
    return Measured([e for part in parts for e in part.chosen], *columns)


def fit_trees(known: Measured) -> tuple[dict[str, Trees], F64]:
    """Grow the trees.

    Parameters
    ----------
    known : Measured
        All texts, with claims by experts that have not learnt them.

    Returns
    -------
    trees : dict of str to Trees
        For each of ``CLAIMS``.
    unseen : ndarray of float64, shape (n, len(CLAIMS))
        Prediction for each text by trees that have not seen its group.
    """
    fold = np.array([int(FOLDS * chance("first look", e.group)) for e in known.chosen])
    trees, unseen = {}, np.zeros(known.claims.shape)
    for k, name in enumerate(CLAIMS):
        target = np.clip(known.claims[:, k], -MOST_ODDS, MOST_ODDS)
        for out in range(FOLDS):
            rest = fold != out
            part = HistGradientBoostingRegressor(**TREES).fit(known.x[rest], target[rest])
            unseen[~rest, k] = part.predict(known.x[~rest])
        whole = HistGradientBoostingRegressor(**TREES).fit(known.x, target)
        trees[name] = export_trees(whole, range(len(COLUMNS)))
    return trees, unseen


def thresholds_of(highest: F64, words: I64, is_open: Mask, lost: float) -> F64:
    """Threshold of each length band, so that a share of the open texts falls below it.

    Parameters
    ----------
    highest : ndarray of float64, shape (n,)
        Larger prediction of each text.
    words : ndarray of int64, shape (n,)
        Lengths.
    is_open : ndarray of bool, shape (n,)
        Texts that a full measurement leaves open.
    lost : float
        Share of them.

    Returns
    -------
    ndarray of float64, shape (n_bands,)
        At most 0: a text that ends early must be more likely original than not.
    """
    bands = calibration.band(words)
    thresholds = np.full(len(calibration.BANDS), np.quantile(highest[is_open], lost))
    for k in range(len(thresholds)):
        own = is_open & (bands == k + 1)
        if own.sum() >= LEAST_OPEN:
            thresholds[k] = np.quantile(highest[own], lost)
    return np.minimum(thresholds, 0.0)


def curve_at(lost: float, highest: F64, words: I64, human: Mask, is_open: Mask) -> dict[str, float]:
    """Which shares of the texts would go on, and which of the open ones would end early, if ``LOST`` were another.

    Parameters
    ----------
    lost : float
        Share of the open texts that may end early.
    highest, words, is_open
        As for :func:`thresholds_of`.
    human : ndarray of bool, shape (n,)
        Texts by people; the others are machines'.

    Returns
    -------
    dict of str to float
        ``lost`` itself; shares of people's and of machines' texts that go on; shares of the open ones among them that end early.
    """
    on = highest >= thresholds_of(highest, words, is_open, lost).take(calibration.band(words) - 1)
    return {
        "lost": lost,
        "people_measured": round(float(on[human].mean()), 4),
        "machines_measured": round(float(on[~human].mean()), 4),
        "open_people_lost": round(float((~on)[human & is_open].mean()), 4),
        "open_machines_lost": round(float((~on)[~human & is_open].mean()), 4),
    }


def tails(grid: F64, highest: F64, words: I64, people: Sequence[Example]) -> npt.NDArray[np.float32]:
    """P-values of the claims of a grid in each length band, by the rule of :mod:`mtdetect.model.calibration`.

    Parameters
    ----------
    grid : ndarray of float64, shape (n,)
        Claims.
    highest, words : ndarray, shape (m,)
        Larger prediction and length of each human text.
    people : sequence of Example
        The texts.

    Returns
    -------
    ndarray of float32, shape (n_bands, n)
    """
    sources = sorted({e.source for e in people})
    texts = calibration.Calibration(
        highest.astype(np.float32),
        words.astype(np.int32),
        np.array([sources.index(e.source) for e in people], np.int16),
        np.array([POPULATIONS.index(e.population) for e in people], np.int8),
    )
    rows = [texts.p_values(grid.astype(np.float32), np.full(len(grid), n)) for n in calibration.BANDS]
    return np.array(rows, np.float32)


def fit_quality(x: F64, comet: F64) -> dict[str, Any]:
    """Fit what predicts the estimated quality; entries of the manifest, as :class:`mtdetect.model.quality.Quality` reads them.

    Parameters
    ----------
    x : ndarray of float64, shape (n, len(COLUMNS))
        What the first look sees of each text; NaN for what cannot be measured.
    comet : ndarray of float64, shape (n,)
        COMET that the whole model estimates for it.
    """
    low, middle, high = np.nanquantile(x, (RANGE[0], 0.5, RANGE[1]), axis=0)
    model = Ridge(ALPHA).fit(placed(x, low, middle, high), comet)
    return {
        "low": low.tolist(),
        "middle": middle.tolist(),
        "high": high.tolist(),
        "weights": model.coef_.tolist(),
        "shift": float(model.intercept_),
    }
