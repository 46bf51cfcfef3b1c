"""Recalibration: makes a calibration profile from a user's own human texts and measures its effect."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect.errors import UsageError
from mtdetect.model.calibration import BANDS, NOT_ASKED, OwnCalibration, band
from mtdetect.model.calibration_profile import LEAST_TEXTS, CalibrationProfile
from mtdetect.text.arrays import F64
from mtdetect.verdict import ABSTAIN, SHORT, Mode

if TYPE_CHECKING:
    from mtdetect.detector import Detector, Text


CONFIDENCE = 0.95
"""Confidence level of the bounds of flagged shares."""

SUSPICIOUS = 5
"""Number of highest-scoring texts that are listed for inspection, because a single machine text among the human ones raises the thresholds."""


@dataclass(frozen=True)
class BandChange:
    """Effect of a profile on texts of one length band.

    Attributes
    ----------
    words : str
        The length band, such as ``80-150``, or ``all``.
    texts : int
        Number of the user's texts in the band.
    before, after : int
        Number of texts flagged with the shipped calibration, and with the profile (leave-one-out).
    before_bounds, after_bounds : tuple of float
        Exact 95 % binomial bounds (Clopper and Pearson, Biometrika 1934) of both shares.
    threshold_before, threshold_after : float or None
        Smallest score that is flagged, at the median length in the band; None if there is none, and for ``all``.
    """

    words: str
    texts: int
    before: int
    after: int
    before_bounds: tuple[float, float]
    after_bounds: tuple[float, float]
    threshold_before: float | None
    threshold_after: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "words": self.words,
            "texts": self.texts,
            "flagged_before": self.before,
            "flagged_before_95": [round(bound, 5) for bound in self.before_bounds],
            "flagged_after": self.after,
            "flagged_after_95": [round(bound, 5) for bound in self.after_bounds],
            "threshold_before": self.threshold_before,
            "threshold_after": self.threshold_after,
        }


@dataclass(frozen=True)
class Recalibration:
    """A calibration profile and its effect.

    Attributes
    ----------
    profile : CalibrationProfile
        The profile.
    fpr : float
        Error budget at which the effect was measured.
    bands : tuple of BandChange
        Effect by length band, then on all texts.
    skipped : dict of str to int
        Number of skipped texts, by reason.
    suspicious : tuple of (str, float)
        Ids and scores of the texts that score highest, for a check whether people wrote them.
    smallest : float
        Smallest p-value that a text of any length can get; at smaller budgets nothing is flagged.
    """

    profile: CalibrationProfile
    fpr: float
    bands: tuple[BandChange, ...]
    skipped: dict[str, int]
    suspicious: tuple[tuple[str, float], ...]
    smallest: float

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "texts": len(self.profile.scores),
            "fpr": self.fpr,
            "skipped": self.skipped,
            "bands": [one.to_dict() for one in self.bands],
            "smallest_p_value": self.smallest,
            "highest": [{"id": name, "score": round(score, 6)} for name, score in self.suspicious],
        }


def recalibrate(
    texts: Iterable[tuple[str, Text]],
    detector: Detector,
    *,
    fpr: float,
    retranslate: Mode = "never",
    jobs: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Recalibration:
    """Make a calibration profile from human texts.

    Parameters
    ----------
    texts : iterable of (str, str or bytes)
        Ids and texts: English by people, none of it degraded.
    detector : Detector
        Detector with the shipped calibration; the profile works only with its model.
    fpr : float
        Error budget at which the effect is measured; the profile works for every budget.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`; the profile goes with that.
    jobs : int
        Number of processes.
    progress : callable
        Called after each text with the number of texts scored.

    Returns
    -------
    Recalibration
        The profile and its effect.

    Raises
    ------
    UsageError
        If fewer than ``LEAST_TEXTS`` texts can be used.
    MissingExtraError
        If the engine is to be consulted and is not installed.
    """
    if retranslate != "never":
        detector.consults("always")  # a profile cannot go with an engine that may be missing
    names: list[str] = []

    def contents() -> Iterable[Text]:
        for name, text in texts:
            names.append(name)
            yield text

    kept: list[int] = []
    odds: list[float] = []
    words: list[int] = []
    skipped: dict[str, int] = {}
    verdicts = detector.score_many(contents(), fpr=fpr, evidence=False, jobs=jobs, retranslate=retranslate)
    for k, verdict in enumerate(verdicts):
        progress(k + 1)
        if verdict.label == "unsupported" or verdict.words < SHORT:
            why = str(verdict.reason) if verdict.label == "unsupported" else f"fewer than {SHORT} words"
            skipped[why] = skipped.get(why, 0) + 1
            continue
        if retranslate != "never" and verdict.reason in ABSTAIN:  # the engine is never asked about such texts
            skipped[verdict.reason] = skipped.get(verdict.reason, 0) + 1
            continue
        kept.append(k)
        was_asked = retranslate == "never" or verdict.retranslated
        odds.append(_log_odds(verdict.score) if was_asked else NOT_ASKED)
        words.append(verdict.words)
    if len(kept) < LEAST_TEXTS:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))
        rest = f" ({sum(skipped.values())} more skipped: {why})" if skipped else ""
        raise UsageError(
            f"{len(kept)} text{'' if len(kept) == 1 else 's'}{rest}: calibration needs at least {LEAST_TEXTS} human texts in English of "
            f"{SHORT} words or more"
        )
    profile = CalibrationProfile(
        detector.model.sha256,
        np.array(odds),
        np.array(words, np.int64),
        retranslate,
        None if retranslate == "never" else detector.retranslation,
    )
    own = OwnCalibration(detector.calibration_of(retranslate), profile.scores, profile.words)
    highest = np.argsort(-profile.scores, kind="stable")[:SUSPICIOUS]
    return Recalibration(
        profile,
        fpr,
        tuple(_changes(own, fpr)),
        dict(sorted(skipped.items())),
        tuple((names[kept[k]], _probability(float(profile.scores[k]))) for k in highest.tolist()),
        # That of a text that scores higher than everybody, at the length where it is smallest.
        float(own.p_values(np.full(len(BANDS), np.inf), np.array(BANDS)).min()),
    )


def _changes(own: OwnCalibration, fpr: float) -> Iterable[BandChange]:
    shipped = own.shipped
    flagged = [shipped.p_values(own.scores, own.words) <= fpr, own.leave_one_out() <= fpr]
    # Both calibrations also need a score of 0.5 or more (``verdict.judge``), log-odds of 0.
    flagged = [one & (own.scores >= 0) for one in flagged]
    bands = band(own.words)
    names = [f"{low}-{high}" for low, high in pairwise(BANDS)] + [f"{BANDS[-1]}+"]
    for k, name in enumerate(names, 1):
        inside = bands == k
        if inside.any():
            middle = int(np.median(own.words[inside]))
            limits = [_threshold(one.p_values, middle, fpr) for one in (shipped, own)]
            yield _change(name, inside, flagged, (limits[0], limits[1]))
    yield _change("all", np.ones(len(bands), bool), flagged, (None, None))


def _change(
    name: str,
    inside: npt.NDArray[np.bool_],
    flagged: Sequence[npt.NDArray[np.bool_]],
    limits: tuple[float | None, float | None],
) -> BandChange:
    n = int(inside.sum())
    before, after = (int(one[inside].sum()) for one in flagged)
    return BandChange(name, n, before, after, binomial_bounds(before, n), binomial_bounds(after, n), *limits)


def _threshold(
    p_values: Callable[[npt.NDArray[Any], npt.NDArray[Any]], F64], words: int, fpr: float
) -> float | None:
    """Smallest score of 0.5 or more at which a text of that length is flagged, within 0.001; None if there is none."""
    odds = np.linspace(0.0, math.log(0.9999 / 0.0001), 2000)
    passes = p_values(odds, np.full(len(odds), words)) <= fpr
    return round(_probability(float(odds[passes.argmax()])), 4) if passes.any() else None


def binomial_bounds(hits: int, n: int) -> tuple[float, float]:
    """Exact binomial bounds of a share (Clopper and Pearson, Biometrika 1934).

    Parameters
    ----------
    hits, n : int
        Number of hits among ``n`` trials.

    Returns
    -------
    low, high : float
        The true share is between them with a probability of :data:`CONFIDENCE` or more.
    """
    from scipy.special import betaincinv

    rest = (1 - CONFIDENCE) / 2
    low = float(betaincinv(hits, n - hits + 1, rest)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - rest)) if hits < n else 1.0
    return low, high


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-12), 1 - 1e-12)
    return math.log(bounded / (1 - bounded))


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
