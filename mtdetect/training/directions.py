"""Fitting the model of directions, which asks the translation engine (``mtdetect.comparison.direction_model``).

The pair model is fitted on the same pairs, so what it says of them is taken out-of-fold, with whole test sets, spinners, engines and
domains left out, and the fit here keeps those folds. What the Firefox engines made teaches nothing: the engine that is asked is one of
them and would recognise its own writing.
"""

from __future__ import annotations

import hashlib
import platform
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize

import mtdetect
from mtdetect import artifacts
from mtdetect.comparison import consulting, direction_model
from mtdetect.comparison.alignment import align
from mtdetect.comparison.consulting import Versions
from mtdetect.comparison.direction_model import CONSTANTS, DIFFERENCES
from mtdetect.comparison.model import DIRECTED, METHODS, class_probabilities
from mtdetect.comparison.sides import Side
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.retranslation import asking, columns, files, shared
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64
from mtdetect.training import SEED, pair_fit
from mtdetect.training.corpus import chance
from mtdetect.training.pairs import collect, measured
from mtdetect.training.retranslation import pack, unpacked
from mtdetect.training.text_pairs import TextPair

MOST_PAIRS = {
    "mt_train": 180,
    "essays_round_trip_train": 40,
    "round_trips_gathered_train": 105,
    "language_model_rewrites_train": 120,
    "wiki_round_trip_train": 40,
    "claims_round_trip_train": 15,
    "sentences_mt_post_edit_train": 15,
    "spinner": 45,
    "spinner short": 21,
    "apertium": 40,
    "desk": 15,
}
"""Pairs of each corpus that the engine is asked about, spread evenly over its environments. Twice as many give the same log-loss on the other
folds (0.30 of neural copies)."""

METHOD_WEIGHTS = {"neural": 1.0, "rules": 0.02, "spinning": 0.3, "rewriting": 0.4, "editing": 0.02}
"""Total weight of the pairs of each method. To the engine a rule-based round trip is as improbable as spun text, the opposite of a neural one; today's
copies are neural. With equal weights the log-loss of the directions of development sets of translations is 0.32, with these 0.21, without the engine 0.31.
Copies that look rule-based are therefore not asked about, nor learnt from."""

SAME_C, DIFFER_C = 0.01, 0.02
"""Inverse strength of the regularisation of the weights of means and of differences; five times more or less makes no difference."""

RIGHT = 0.955
"""Least share of right directions, out-of-fold, where a direction is given. The folds leave out whole test sets and domains, and are harder than the
development sets, where 98 % of the given directions are right."""

SURE = 0.995
"""Share of right directions, of the pair model alone, from which ``auto`` does not ask the engine."""


class Asked(NamedTuple):
    """Pairs that the engine was asked about; in every pair of a directed method the suspect is the copy.

    Attributes
    ----------
    corpora : ndarray of str
        Corpus of each.
    method, folds : ndarray of int64
        Method and fold of each.
    given : ndarray, shape (n, 2, len(METHODS))
        Log-probabilities by a pair model that has not seen the fold.
    odds : ndarray of float64
        Its calibrated log-odds of the direction.
    same, differ : ndarray of float64
        What the engine says (:func:`mtdetect.comparison.direction_model.measure`).
    tokens : ndarray of float64
        How much of each pair it was asked about (:func:`mtdetect.comparison.direction_model.tokens_of`).
    """

    corpora: Any
    method: I64
    folds: I64
    given: F64
    odds: F64
    same: F64
    differ: F64
    tokens: F64


def fit_directions(
    data: Path,
    pairs_folder: Path,
    output: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None],
    *,
    jobs: int = 1,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Fit the model of directions, and write it.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    pairs_folder : Path
        Folder of the pair model that it will be used with, which was fitted on the same corpora.
    output : Path
        Folder to write to.
    lexicon : Lexicon
        Language tables.
    progress : callable
        Told what is going on.
    jobs : int
        Processes.
    cache : Path, optional
        Folder that keeps what the engine says, for the next time.

    Returns
    -------
    dict
        The manifest, with the figures of cross-validation.

    Raises
    ------
    InputError
        If a corpus is missing, unreadable or too small.
    EngineError
        If Apertium is missing or fails.
    MissingExtraError
        If the translation engine is not installed.
    """
    files.require(None)
    pairs = collect(data, lexicon, jobs=jobs, progress=progress)
    known = pair_fit.Known(pairs)
    at = np.flatnonzero(known.copy)
    pair_fit.require_enough(data, known.method[at])
    copies = [pairs[k] for k in at.tolist()]
    found = measured(copies, lexicon, jobs=jobs, progress=progress)
    progress("fitting the pair model out-of-fold")
    by_pairs = pair_fit.Copies(copies, found, known.method[at], known.folds[at])
    return write_directions(copies, by_pairs, pairs_folder, output, lexicon, progress, jobs=jobs, cache=cache)


def write_directions(
    copies: Sequence[TextPair],
    by_pairs: pair_fit.Copies,
    pairs_folder: Path,
    output: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None],
    *,
    jobs: int = 1,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Ask the engine about some copies, fit the model of directions on its answers, and write it.

    Parameters
    ----------
    copies : sequence of TextPair
        The copies.
    by_pairs : Copies
        What the pair model says of them out-of-fold.
    pairs_folder, output, lexicon, progress, jobs, cache
        As for :func:`fit_directions`.

    Returns
    -------
    dict
        The manifest.
    """
    asked = ask(copies, by_pairs, lexicon, progress, jobs=jobs, cache=cache)
    progress(f"fitting on {len(asked.method):,} pairs")
    arrays, figures = fit(asked)
    for name, by_corpus in figures.items():
        progress(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in by_corpus.items()))
    progress("thresholds: " + ", ".join(f"{value:.2f}" for value in arrays["thresholds"]))
    engine = files.folder(None)
    facts = {
        "name": "directions",
        "version": mtdetect.__version__,
        "made_with": "mtdetect train DATA --stage directions",
        "seed": SEED,
        "pairs": artifacts.sha256(pairs_folder / artifacts.MANIFEST),
        "engine": {name: artifacts.sha256(engine / name) for name in sorted(files.CHECKSUMS)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "columns": [list(columns.NAMES), list(DIFFERENCES), list(METHODS)],
        "constants": CONSTANTS,
        "asked": dict(sorted(Counter(asked.corpora.tolist()).items())),
        "figures": figures,
    }
    return artifacts.write(output, arrays, facts)


def ask(
    copies: Sequence[TextPair],
    by_pairs: pair_fit.Copies,
    lexicon: Lexicon,
    progress: Callable[[str], None],
    *,
    jobs: int,
    cache: Path | None,
) -> Asked:
    """Ask the engine about some copies. Parameters as for :func:`write_directions`."""
    by_rules = direction_model.by_rules(by_pairs.shares.sum(axis=1))
    chosen = [k for k in sample(copies) if not by_rules[k]]
    progress(f"asking the engine about {len(chosen):,} pairs")
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
    parts = [[copies[k] for k in chosen[start : start + BATCH]] for start in range(0, len(chosen), BATCH)]
    answered = Parallel(n_jobs=jobs)(delayed(answers)(part, lexicon, cache) for part in parts)
    found = [one for part in answered for one in part]
    at = np.array([k for k, one in zip(chosen, found, strict=True) if one is not None])
    rows = [direction_model.measure(one) for one in found if one is not None]
    return Asked(
        by_pairs.corpora[at],
        by_pairs.method[at],
        by_pairs.folds[at],
        direction_model.log_shares(by_pairs.shares[at]),
        by_pairs.odds[at],
        np.array([same for same, _ in rows]),
        np.array([differ for _, differ in rows]),
        np.array([direction_model.tokens_of(one) for one in found if one is not None]),
    )


def fit(asked: Asked) -> tuple[dict[str, F64], dict[str, Any]]:
    """Fit the model of directions.

    Parameters
    ----------
    asked : Asked
        Pairs that the engine was asked about.

    Returns
    -------
    arrays : dict of str to ndarray
        Attributes of :class:`~mtdetect.comparison.direction_model.DirectionModel`.
    figures : dict
        Out-of-fold quality with the engine and without it, by corpus.
    """
    # What no pair has, as few tokens of such entropy may be among them, says nothing; its weights stay 0.
    unmeasured = np.isnan(asked.same).all(axis=0)
    fill = np.nanmedian(np.where(unmeasured, 0.0, asked.same), axis=0)
    full = np.where(np.isnan(asked.same), fill, asked.same)
    same_scale = pair_fit.scale_of(full)
    same = direction_model.scaled_means(asked.same, fill, same_scale)
    differ_scale = np.sqrt((asked.differ**2).mean(axis=0)) + 1e-6
    differ = direction_model.scaled_differences(asked.differ, differ_scale)
    weight = _weights(asked.method)
    shares = np.zeros_like(asked.given)
    for k in np.unique(asked.folds):
        train = asked.folds != k
        found = _fit(asked.given[train], same[train], differ[train], asked.method[train], weight[train])
        shares[~train] = _shares(asked.given[~train], same[~train], differ[~train], found)
    odds = direction_model.odds_of(shares)
    directed = asked.method < len(DIRECTED)
    long = directed & ~np.isin(asked.corpora, pair_fit.SHORT_CORPORA)
    much = asked.tokens >= direction_model.MUCH
    slopes = np.array([pair_fit.slope_of(odds[own & long], weight[own & long]) for own in (~much, much)])
    odds *= slopes[much.astype(np.int64)]
    rewritten = np.exp(asked.given).sum(axis=1).argmax(axis=1) == METHODS.index("rewriting")
    neural = long & (asked.method == METHODS.index("neural"))
    # What is told to be rewritten may be a translation, whose sides would be taken for each other.
    of_told = [
        pair_fit.direction_threshold(odds[own], weight[own], RIGHT)
        for own in (long & rewritten, neural & ~rewritten)
    ]
    threshold = np.where(rewritten, *of_told)
    alone = pair_fit.direction_threshold(asked.odds[neural], weight[neural], RIGHT)
    sure = pair_fit.direction_threshold(asked.odds[long], weight[long], SURE)
    figures = {}
    for name, own, least in (("with the engine", odds, threshold), ("without", asked.odds, alone)):
        given = np.abs(own) >= least
        figures[f"direction given {name}"] = pair_fit.by_corpus(asked.corpora, directed, given)
        figures[f"direction right where given {name}"] = pair_fit.by_corpus(
            asked.corpora, directed & given, own > 0
        )
    trust, of_same, of_differ = _fit(asked.given, same, differ, asked.method, weight)
    arrays = {
        "trust": np.array([trust]),
        "fill": fill,
        "same_scale": same_scale,
        "same_weights": of_same,
        "differ_scale": differ_scale,
        "differ_weights": of_differ,
        "slopes": slopes,
        "thresholds": np.array([*of_told, sure]),
    }
    return arrays, figures


def _weights(method: I64) -> F64:
    """Weights whose totals are those of ``METHOD_WEIGHTS``."""
    count = np.bincount(method, minlength=len(METHODS))
    totals = np.array([METHOD_WEIGHTS[name] for name in METHODS])
    weight = (totals / np.maximum(count, 1))[method]
    return np.asarray(weight / weight.mean())


Weights = tuple[float, F64, F64]
"""Trust in the pair model, weights of means, weights of differences."""


def _fit(given: F64, same: F64, differ: F64, method: I64, weight: F64) -> Weights:
    """Fit the regression."""
    n, rows, width = len(method), same.shape[1], differ.shape[1]
    target = np.zeros((n, 2, len(METHODS)))
    directed = method < len(DIRECTED)
    target[np.flatnonzero(directed), 0, method[directed]] = 1.0
    for side in (0, 1):
        target[np.flatnonzero(~directed), side, method[~directed]] = 0.5
    penalty = np.full((len(METHODS), rows), 1 / SAME_C)
    penalty[:, -1] = 0.0
    strength = np.concatenate([[0.0], penalty.ravel(), np.full(len(DIRECTED) * width, 1 / DIFFER_C)])

    def unpack(w: F64) -> Weights:
        cut = 1 + len(METHODS) * rows
        return float(w[0]), w[1:cut].reshape(-1, rows), w[cut:].reshape(-1, width)

    def loss(w: F64) -> tuple[float, F64]:
        shares = _shares(given, same, differ, unpack(w))
        value = -float(weight @ (target * np.log(np.maximum(shares, 1e-300))).sum(axis=(1, 2)))
        wrong = (shares - target) * weight[:, None, None]
        of_same = wrong.sum(axis=1).T @ same
        of_differ = (wrong[:, 0] - wrong[:, 1])[:, : len(DIRECTED)].T @ differ
        slope = np.concatenate([[float((wrong * given).sum())], of_same.ravel(), of_differ.ravel()])
        return value + float(strength @ w**2) / 2, slope + strength * w

    begin = np.zeros(len(strength))
    begin[0] = 1.0
    return unpack(minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)


def _shares(given: F64, same: F64, differ: F64, weights: Weights) -> F64:
    """Probabilities of methods and directions of each pair."""
    trust, of_same, of_differ = weights
    return class_probabilities(same @ of_same.T, differ @ of_differ.T, trust * given)


def sample(pairs: Sequence[TextPair]) -> list[int]:
    """Choose copies to ask about: indices of pairs. Those that a Firefox engine made are left out: the one that is asked is one of them.

    Parameters
    ----------
    pairs : sequence of TextPair
        Pairs of any kind; only copies of the corpora in ``MOST_PAIRS`` are chosen.

    Returns
    -------
    list of int
        Their indices into ``pairs``, ascending.
    """
    by_environment: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for k, pair in enumerate(pairs):
        if pair.is_copy and pair.corpus in MOST_PAIRS and "bergamot" not in pair.tool:
            by_environment[pair.corpus][pair.environment].append(k)
    chosen: list[int] = []
    for corpus, environments in by_environment.items():
        most = MOST_PAIRS[corpus] // len(environments)
        for own in environments.values():
            order = sorted(own, key=lambda k: chance("directions", pairs[k].suspect, pairs[k].original))
            chosen += order[:most]
    return sorted(chosen)


BATCH = 40
"""Pairs that are aligned, and that the engine is asked about, at a time."""


def answers(
    pairs: Sequence[TextPair], lexicon: Lexicon, cache: Path | None
) -> list[tuple[TextScores, TextScores] | None]:
    """What the engine says of the aligned sentences of some pairs, from the cache where it is there; None where there is nothing to ask about.

    Parameters
    ----------
    pairs : sequence of TextPair
        Pairs of texts, which are aligned in one batch.
    lexicon : Lexicon
        Language tables, for the alignment.
    cache : Path or None
        Folder with a file of each answer, which is read or written. It must exist. None keeps nothing.

    Returns
    -------
    list of (TextScores, TextScores) or None
        For each pair, what the engine says of its suspect and of its original.

    Raises
    ------
    InputError
        If a file of the cache is damaged.
    MissingExtraError
        If the engine has to be asked and is not installed.
    ModelError
        If the engine has to be asked and is damaged.
    """
    chosen = _versions(pairs, lexicon)
    paths = [None if cache is None else cache / f"{_key(own)}.npz" for own in chosen]
    known = [unpacked(path) if path is not None and path.exists() else None for path in paths]
    unknown = [k for k, own in enumerate(chosen) if known[k] is None and own.suspect]
    if unknown:
        for k, both in zip(unknown, consulting.ask([chosen[k] for k in unknown], shared()), strict=True):
            known[k] = list(both)
            if (path := paths[k]) is not None:
                pack(path, both)
    return [None if own is None else (own[0], own[1]) for own in known]


def _versions(pairs: Sequence[TextPair], lexicon: Lexicon) -> list[Versions]:
    """The aligned sentences of each pair that the engine is asked about."""
    texts = [text for pair in pairs for text in (pair.suspect, pair.original)]
    view = View(read(texts, lexicon.vocabulary, identify=False), lexicon)
    return [consulting.choose(align(Side(view, 2 * k), Side(view, 2 * k + 1))) for k in range(len(pairs))]


def _key(versions: Versions) -> str:
    """Name of the answers on some versions in the cache."""
    text = "\x1d".join([asking.FINGERPRINT, *("\x1e".join(side) for side in versions)])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
