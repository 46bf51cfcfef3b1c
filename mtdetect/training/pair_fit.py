"""Fit the models of pairs on measured pairs.

As with the detector, every number that a later stage trusts comes from folds that had not learnt the pair: folds leave out whole
test sets, families of spinners and engines where there are several, else texts.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mtdetect.comparison.measures import BITS, Measures
from mtdetect.comparison.model import CLIP, DIRECTED, MAKERS, PairModel, crossed, differences
from mtdetect.text.arrays import F64, I64
from mtdetect.training.corpus import chance
from mtdetect.training.text_pairs import TextPair

FOLDS = 6

CORPUS_LIMIT = 1500
"""Pairs that a corpus counts for, at most, where several are learnt from together."""

COPY_C, KIND_C, GRAM_C, DIRECTION_C = 0.3, 0.3, 30.0, 0.1

RELATED_CALLED_COPIES = 0.001
"""Share of texts on the same subject that may be called copies."""

DIRECTION_RIGHT = 0.975
"""Share of the directions given that must be right, in folds that had not learnt the test set, family or engine: a little more than is
promised, because users' engines are stranger still."""

LARGEST_ODDS = 99.0

SHORT_CORPORA = ("claims_round_trip_train", "sentences_mt_post_edit_train")
"""Of one sentence or a few that people took from the engine: they teach, but no promise is made for them."""

_MAKER_OF = {"apertium": "rules", "spinner": "spinning", "desk": "desk", "allsides": "desk"}
_SUBJECTS = ("allsides", "allsides spun", "essays_round_trip_train", "novels")


def fit(
    pairs: Sequence[TextPair], measured: Sequence[tuple[Measures, F64]]
) -> tuple[PairModel, dict[str, Any]]:
    """Fit all models.

    Parameters
    ----------
    pairs : sequence of TextPair
        The texts.
    measured : sequence of (Measures, ndarray)
        Their measures and differences of style.

    Returns
    -------
    model : PairModel
    figures : dict
        How good each model was on folds it had not learnt.
    """
    corpora = np.array([p.corpus for p in pairs])
    copy = np.array([p.is_copy for p in pairs])
    folds = _folds(pairs)
    weight = _weights(corpora)
    figures: dict[str, Any] = {}

    columns = np.array([m.copy for m, _ in measured])
    scale = _scale(columns)
    x = (columns - scale[0]) / scale[1]
    odds = _out_of_fold(x, copy, folds, weight, COPY_C)
    same_subject = np.isin(corpora, _SUBJECTS) & ~copy
    threshold = max(0.0, float(np.quantile(odds[same_subject], 1 - RELATED_CALLED_COPIES)))
    figures["copies called copies"] = _by(corpora, copy, odds >= threshold)
    figures["others called copies"] = _by(corpora, ~copy, odds >= threshold)
    copy_weights = _linear(x, copy, weight, COPY_C)
    others = ~copy
    related_weights = _linear(x[others], same_subject[others], weight[others], COPY_C)

    maker = np.array([MAKERS.index(_MAKER_OF.get(p.corpus, "neural")) for p in pairs])
    kind_columns = crossed(np.array([m.kind for m, _ in measured]))
    kind_scale = _scale(kind_columns[copy])
    kind_x = (kind_columns - kind_scale[0]) / kind_scale[1]
    made_by = _makers(kind_x, maker, copy, folds, weight)
    figures["makers told"] = _by(corpora, copy, made_by.argmax(axis=1) == maker)
    whole = _multinomial(kind_x[copy], maker[copy], weight[copy])
    kind_weights = np.column_stack([whole.coef_, whole.intercept_])

    parts = [_Direction(k, pairs, measured, (maker == k) & copy, folds) for k in range(len(DIRECTED))]
    directed = copy & (maker < len(DIRECTED))
    all_odds = np.stack([part.judge() for part in parts], axis=1)
    share = made_by[:, : len(DIRECTED)] / np.maximum(
        made_by[:, : len(DIRECTED)].sum(axis=1, keepdims=True), 1e-9
    )
    direction = (share * all_odds).sum(axis=1)
    least = _direction_threshold(direction, corpora, directed, weight)
    given = np.abs(direction) >= least
    figures["direction given"] = _by(corpora, directed, given)
    figures["direction right where given"] = _by(corpora, directed & given, direction > 0)
    grams = np.stack([part.grams for part in parts])
    steps = np.maximum(np.abs(grams).max(axis=1), 1e-9) / 127
    model = PairModel(
        copy_scale=scale,
        copy_weights=copy_weights,
        related_weights=related_weights,
        kind_scale=kind_scale,
        kind_weights=kind_weights,
        gram_weights=np.rint(grams / steps[:, None]).astype(np.int8),
        gram_steps=steps,
        direction_scale=np.stack([part.scale for part in parts]),
        direction_weights=np.stack([part.weights for part in parts]),
        thresholds=np.array([threshold, least]),
    )
    return model, figures


def _folds(pairs: Sequence[TextPair]) -> I64:
    """Fold of each pair: whole test sets, families and engines where there are several, else texts."""
    several = ("mt_train", "spinner", "apertium")
    names = sorted(
        {p.environment for p in pairs if p.corpus in several}, key=lambda name: chance("fold", name)
    )
    number = {name: k % FOLDS for k, name in enumerate(names)}
    return np.array(
        [
            number[p.environment] if p.corpus in several else int(chance("fold", p.original[:200]) * FOLDS)
            for p in pairs
        ]
    )


def _weights(corpora: npt.NDArray[Any]) -> F64:
    weight = np.ones(len(corpora))
    for name in np.unique(corpora):
        own = corpora == name
        weight[own] = min(1.0, CORPUS_LIMIT / own.sum())
    return weight


def _scale(columns: F64) -> F64:
    return np.stack([columns.mean(axis=0), columns.std(axis=0) + 1e-9])


def _linear(x: F64, y: npt.NDArray[Any], weight: F64, c: float) -> F64:
    model = LogisticRegression(C=c, max_iter=2000).fit(x, y, weight)
    return np.append(model.coef_[0], model.intercept_)


def _out_of_fold(x: F64, y: npt.NDArray[Any], folds: I64, weight: F64, c: float) -> F64:
    odds = np.zeros(len(y))
    for k in np.unique(folds):
        w = _linear(x[folds != k], y[folds != k], weight[folds != k], c)
        odds[folds == k] = x[folds == k] @ w[:-1] + w[-1]
    return odds


def _multinomial(x: F64, y: npt.NDArray[Any], weight: F64) -> Any:
    return LogisticRegression(C=KIND_C, max_iter=2000).fit(x, y, weight)


def _makers(x: F64, y: I64, copy: npt.NDArray[np.bool_], folds: I64, weight: F64) -> F64:
    """Probabilities of the makers, by models that have not learnt the pair."""
    result = np.zeros((len(y), len(MAKERS)))
    for k in np.unique(folds):
        known = copy & (folds != k)
        model = _multinomial(x[known], y[known], weight[known])
        result[np.ix_(folds == k, model.classes_)] = model.predict_proba(x[folds == k])
    return result


class _Direction:
    """The model of direction for one kind of maker."""

    def __init__(
        self,
        index: int,
        pairs: Sequence[TextPair],
        measured: Sequence[tuple[Measures, F64]],
        own: npt.NDArray[np.bool_],
        folds: I64,
    ) -> None:
        at = np.flatnonzero(own)
        # The copy stands first in all of them; half are turned, so that the model sees both.
        sign = np.array(
            [1.0 if chance("turn", pairs[k].suspect[:99], k) < 0.5 else -1.0 for k in at.tolist()]
        )
        grams = _sparse([m for m, _ in measured])
        fold = folds[at]
        self.out_of_fold = np.zeros(len(pairs))
        for k in np.unique(fold):
            learnt = fold != k
            weights = _gram_weights(grams[at[learnt]], sign[learnt])
            self.out_of_fold[at[~learnt]] = grams[at[~learnt]] @ weights
        self.grams = _gram_weights(grams[at], sign)
        others = np.setdiff1d(np.arange(len(pairs)), at)
        self.out_of_fold[others] = grams[others] @ self.grams
        rows = _differences(measured, self.out_of_fold)
        self.scale = np.sqrt((rows[at] ** 2).mean(axis=0)) + 1e-6
        self._rows = np.clip(rows / self.scale, -CLIP, CLIP)
        self._folds = {}
        for k in np.unique(fold):
            learnt = fold != k
            self._folds[int(k)] = _unsigned(self._rows[at[learnt]], sign[learnt], DIRECTION_C)
        self.weights = _unsigned(self._rows[at], sign, DIRECTION_C)
        self._fold_of = np.where(own, folds, -1)

    def judge(self) -> F64:
        """Log-odds of all pairs, for those it learnt from by the fold that has not seen them."""
        result = self._rows @ self.weights
        for k, weights in self._folds.items():
            mask = self._fold_of == k
            result[mask] = self._rows[mask] @ weights
        return np.asarray(result)


COMMON, POWER = 50.0, 0.4
"""An n-gram that ``n`` pairs differ in is scaled by ``(n + COMMON) ** -POWER``: the commonest would drown the rest. Without it 80 % of
1,500 pairs of mt_dev were told right by n-grams alone, with it 83 %; powers of 0.25 to 0.5 are as good."""


def _gram_weights(x: Any, sign: F64) -> F64:
    """Weights of the n-grams, common ones held back."""
    scale = (np.bincount(x.indices, minlength=x.shape[1]) + COMMON) ** -POWER
    scale /= np.sqrt((scale[x.indices] ** 2).mean())
    return np.asarray(_unsigned(x.multiply(scale).tocsr(), sign, GRAM_C) * scale)


def _unsigned(x: Any, sign: F64, c: float) -> F64:
    """Weights without a constant, from rows in which the copy comes first, turned by ``sign``."""
    weights = np.zeros(x.shape[1])
    # An n-gram that no pair has gets no weight, and need not be carried through the fit.
    used = np.unique(x.indices) if hasattr(x, "indices") else np.arange(x.shape[1])
    turned = x[:, used].multiply(sign[:, None]).tocsr() if hasattr(x, "indices") else x * sign[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=c, fit_intercept=False, max_iter=300).fit(turned, sign > 0)
    weights[used] = model.coef_[0]
    return weights


def _sparse(measures: Sequence[Measures]) -> Any:
    ends = np.append(0, np.cumsum([len(m.grams) for m in measures]))
    values = np.concatenate([m.excess for m in measures]).astype(np.float32)
    columns = np.concatenate([m.grams for m in measures])
    return csr_matrix((values, columns, ends), shape=(len(measures), 1 << BITS))


def _differences(measured: Sequence[tuple[Measures, F64]], grams: F64) -> F64:
    return np.array([differences(float(g), m, style) for g, (m, style) in zip(grams, measured, strict=True)])


def _direction_threshold(
    odds: F64, corpora: npt.NDArray[Any], directed: npt.NDArray[np.bool_], weight: F64
) -> float:
    """Least odds from which the promise holds, over all corpora of texts together."""
    own = directed & ~np.isin(corpora, SHORT_CORPORA)
    order = np.argsort(-np.abs(odds[own]))
    share = weight[own][order]
    right = np.cumsum(share * (odds[own][order] > 0)) / np.cumsum(share)
    good = np.flatnonzero(right >= DIRECTION_RIGHT)
    # Where nothing holds, nothing is promised.
    return float(np.abs(odds[own][order][good[-1]])) if len(good) else LARGEST_ODDS


def _by(corpora: npt.NDArray[Any], where: npt.NDArray[np.bool_], right: npt.NDArray[Any]) -> dict[str, float]:
    return {
        str(name): round(float(right[where & (corpora == name)].mean()), 4)
        for name in np.unique(corpora[where])
    }
