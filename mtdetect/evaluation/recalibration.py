"""Recalibration: makes a calibration profile from a user's own human texts, and measures what it changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect.errors import UsageError
from mtdetect.model.calibration import BANDS, OwnCalibration, band
from mtdetect.model.calibration_profile import LEAST_TEXTS, CalibrationProfile
from mtdetect.text.arrays import F64
from mtdetect.verdict import SHORT

if TYPE_CHECKING:
    from mtdetect.detector import Detector, Text


CONFIDENCE = 0.95

SUSPICIOUS = 5
"""Texts that are named for a look: one machine's text among the clean ones costs more than it brings."""


@dataclass(frozen=True)
class BandChange:
    """What a profile changes for texts of some length.

    Attributes
    ----------
    words : str
        The lengths, such as ``80-150``; ``all`` for every length together.
    texts : int
        Own texts of these lengths.
    before, after : int
        How many of them are flagged by the shipped calibration, and by the profile when each is judged by the others.
    before_bounds, after_bounds : tuple of float
        Exact binomial bounds (Clopper and Pearson, Biometrika 1934) of both shares, at 95 %.
    threshold_before, threshold_after : float or None
        Least score that is flagged, from 0 to 1, in the middle of the band; None for all lengths together.
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
    """A profile, and what it changes.

    Attributes
    ----------
    profile : CalibrationProfile
    fpr : float
        Error budget at which the changes are told.
    bands : tuple of BandChange
        By length, all together last.
    skipped : dict of str to int
        Texts that could not serve, by reason.
    suspicious : tuple of (str, float)
        Texts that score highest, with their scores: were they really clean?
    """

    profile: CalibrationProfile
    fpr: float
    bands: tuple[BandChange, ...]
    skipped: dict[str, int]
    suspicious: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "texts": len(self.profile.scores),
            "fpr": self.fpr,
            "skipped": self.skipped,
            "bands": [one.to_dict() for one in self.bands],
            "highest": [{"id": name, "score": round(score, 6)} for name, score in self.suspicious],
        }


def recalibrate(
    texts: Iterable[tuple[str, Text]],
    detector: Detector,
    *,
    fpr: float,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Recalibration:
    """Score clean texts of one's own and make a profile of them.

    Parameters
    ----------
    texts : iterable of (str, str or bytes)
        Ids and texts; people's English, none of it degraded.
    detector : Detector
        Whose model the profile is for; without a profile itself.
    fpr : float
        Error budget at which the changes are told; the profile serves for every budget.
    jobs : int
        Processes.
    progress : callable
        Told after each text how many are done.

    Returns
    -------
    Recalibration

    Raises
    ------
    UsageError
        If fewer than ``LEAST_TEXTS`` can serve.
    """
    names: list[str] = []

    def contents() -> Iterable[Text]:
        for name, text in texts:
            names.append(name)
            yield text

    kept: list[int] = []
    odds: list[float] = []
    words: list[int] = []
    skipped: dict[str, int] = {}
    for k, verdict in enumerate(detector.score_many(contents(), fpr=fpr, evidence=False, jobs=jobs)):
        progress(k + 1)
        if verdict.label == "unsupported" or verdict.words < SHORT:
            why = str(verdict.reason) if verdict.label == "unsupported" else f"fewer than {SHORT} words"
            skipped[why] = skipped.get(why, 0) + 1
            continue
        kept.append(k)
        odds.append(_log_odds(verdict.score))
        words.append(verdict.words)
    if len(kept) < LEAST_TEXTS:
        rest = f" ({sum(skipped.values())} more could not serve)" if skipped else ""
        raise UsageError(
            f"{len(kept)} texts{rest}: calibrating needs {LEAST_TEXTS} clean English texts or more"
        )
    profile = CalibrationProfile(detector.model.sha256, np.array(odds), np.array(words, np.int64))
    highest = np.argsort(-profile.scores, kind="stable")[:SUSPICIOUS]
    return Recalibration(
        profile,
        fpr,
        tuple(_changes(profile, detector, fpr)),
        dict(sorted(skipped.items())),
        tuple((names[kept[k]], _probability(float(profile.scores[k]))) for k in highest.tolist()),
    )


def _changes(profile: CalibrationProfile, detector: Detector, fpr: float) -> Iterable[BandChange]:
    shipped = detector.calibration
    own = OwnCalibration(shipped, profile.scores, profile.words)
    flagged = [shipped.p_values(profile.scores, profile.words) <= fpr, own.leave_one_out() <= fpr]
    # Both rules ask for a score of one half, too (``verdict.judge``).
    flagged = [one & (profile.scores >= 0) for one in flagged]
    bands = band(profile.words)
    names = [f"{low}-{high}" for low, high in pairwise(BANDS)] + [f"{BANDS[-1]}+"]
    for k, name in enumerate(names, 1):
        inside = bands == k
        if inside.any():
            middle = int(np.median(profile.words[inside]))
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
    """Least score from one half up at which a text of that length is flagged, to 1 in 1,000; None if none is."""
    odds = np.linspace(0.0, math.log(0.9999 / 0.0001), 2000)
    passes = p_values(odds, np.full(len(odds), words)) <= fpr
    return round(_probability(float(odds[passes.argmax()])), 4) if passes.any() else None


def binomial_bounds(hits: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact bounds of a share (Clopper and Pearson, Biometrika 1934).

    Parameters
    ----------
    hits, n : int
        So many of so many.
    confidence : float
        Probability that the bounds hold the true share, at least.

    Returns
    -------
    tuple of float
    """
    from scipy.special import betaincinv

    rest = (1 - confidence) / 2
    low = float(betaincinv(hits, n - hits + 1, rest)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - rest)) if hits < n else 1.0
    return low, high


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-12), 1 - 1e-12)
    return math.log(bounded / (1 - bounded))


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
