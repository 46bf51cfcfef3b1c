"""How good is it? Figures on labelled texts, never one blended number.

A machine's text counts as *found* and a person's as a *false alarm*. Two questions are kept apart: how well do the
scores separate the two (area under the curve; share found when the threshold lets a given share of *these* people
through), and what does a caller get who trusts the label at an error budget? The second is the one that can
disappoint, because its threshold was set on other people.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts, inputs
from mtdetect.errors import InputError
from mtdetect.model.calibration import BANDS, expected_calibration_error
from mtdetect.text.arrays import F64, I64
from mtdetect.verdict import CLASSES, DEFAULT_FPR, LABELS, SHORT, ModelInfo, Verdict, check_fpr

if TYPE_CHECKING:
    from mtdetect.detector import Detector


BUDGETS = (0.001, 0.01, 0.05)
"""Shares of people flagged at which the share of machines found is reported."""

RESAMPLES = 500
INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap that bound an interval."""

DIMENSIONS = ("tool", "pivot", "domain", "origin", "length")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with what is known of it.

    Attributes
    ----------
    text : str
        The text.
    label : str
        One of ``CLASSES``.
    group : str
        A text and its altered versions share it; they are resampled together.
    traits : dict of str to str
        Its ``tool``, ``pivot``, ``domain``, ``origin`` and ``length``, as far as they are known.
    """

    text: str
    label: str
    group: str
    traits: dict[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the detector is on some texts.

    Attributes
    ----------
    people, machines : int
        Texts compared. A group that has only one of the two is compared with the other of the whole set.
    auc : float
        Share of pairs in which the machine's text scores higher, ties counted half; NaN without pairs.
    auc_interval : tuple of float
        95 % bootstrap interval; groups of texts are drawn, not texts.
    found : dict of float to float
        Share of machines above the threshold that lets through at most this share of all people of the set; NaN without people.
    found_at_budget : float
        Share of machines whose label is a degraded one, at the caller's error budget.
    false_alarms : float
        Share of people whose label is a degraded one, at the caller's error budget.
    calibration_error : float
        Expected calibration error of the score in the mixture of people and machines that these texts are.
    calibration_error_at_even_odds : float
        The same with people and machines weighed alike, as the score presumes.
    confusion : dict of str to dict of str to int
        Texts of the group itself by what they are, then by the label given.
    """

    people: int
    machines: int
    auc: float
    auc_interval: tuple[float, float]
    found: dict[float, float]
    found_at_budget: float
    false_alarms: float
    calibration_error: float
    calibration_error_at_even_odds: float
    confusion: dict[str, dict[str, int]]

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object; what is undefined is null."""
        return {
            "people": self.people,
            "machines": self.machines,
            "auc": _rounded(self.auc),
            "auc_interval": [_rounded(bound) for bound in self.auc_interval],
            "found": {f"{budget:g}": _rounded(share) for budget, share in self.found.items()},
            "found_at_budget": _rounded(self.found_at_budget),
            "false_alarms": _rounded(self.false_alarms),
            "calibration_error": _rounded(self.calibration_error),
            "calibration_error_at_even_odds": _rounded(self.calibration_error_at_even_odds),
            "confusion": self.confusion,
        }


@dataclass(frozen=True, slots=True)
class Signature:
    """What pins the figures down: two figures with the same one can be compared.

    Attributes
    ----------
    version : str
        Of mtdetect.
    model : ModelInfo
        Which model was judged.
    data : dict of str to str
        SHA-256 of each file by its name.
    fpr : float
        Error budget of the labels.
    min_words : int
        Texts with fewer words were left out.
    limit : int or None
        Texts of each label, at most.
    seed : int
        Of the sample and the bootstrap.
    texts : int
        Texts judged.
    """

    version: str
    model: ModelInfo
    data: dict[str, str]
    fpr: float
    min_words: int
    limit: int | None
    seed: int
    texts: int

    def line(self) -> str:
        """Give it in one line."""
        data = " ".join(f"{name}:{digest[:12]}" for name, digest in self.data.items())
        return (
            f"mtdetect:{self.version} model:{self.model.name}:{self.model.version}:{self.model.sha256[:12]} data:{data} "
            f"fpr:{self.fpr:g} min_words:{self.min_words} limit:{self.limit or 'none'} seed:{self.seed} "
            f"texts:{self.texts}"
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures, whole and by group, with the scores they come from.

    Attributes
    ----------
    signature : Signature
        What pins them down.
    overall : Figures
        Of all texts.
    groups : dict of str to dict of str to Figures
        By dimension (``tool``, ``pivot``, ``domain``, ``origin``, ``length``), then by value.
    scores : ndarray, shape (n,)
        Of each text.
    flagged : ndarray of bool, shape (n,)
        Whether its label is a degraded one, at the error budget.
    texts : sequence of Labelled, length n
        What was judged.
    """

    signature: Signature
    overall: Figures
    groups: dict[str, dict[str, Figures]]
    scores: F64
    flagged: npt.NDArray[np.bool_]
    texts: Sequence[Labelled]

    @property
    def labels(self) -> list[str]:
        """What each text is."""
        return [one.label for one in self.texts]

    @property
    def words(self) -> I64:
        """Length of each text."""
        return np.array([len(one.text.split()) for one in self.texts], dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object of the signature and the figures."""
        return {
            "signature": {**asdict(self.signature), "model": self.signature.model.to_dict()},
            "overall": self.overall.to_dict(),
            "groups": {
                dimension: {name: figures.to_dict() for name, figures in groups.items()}
                for dimension, groups in self.groups.items()
            },
        }


def evaluate(
    paths: Iterable[str],
    detector: Detector,
    *,
    fpr: float = DEFAULT_FPR,
    min_words: int = SHORT,
    limit: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Judge labelled texts and count how often the detector is right.

    Parameters
    ----------
    paths : iterable of str
        JSON Lines files with ``text``, ``label``, and where known ``id``, ``group``, ``tool``, ``pivot``, ``domain`` and
        ``origin``; taken together as one set.
    detector : Detector
        The one judged.
    fpr : float
        Error budget of the labels.
    min_words : int
        Texts with fewer words are left out.
    limit : int, optional
        Texts of each label, at most; all if None.
    seed : int
        Of the sample and the bootstrap.
    progress : callable, optional
        Told the number of texts done and of all texts.

    Returns
    -------
    Evaluation
        Figures with their signature.

    Raises
    ------
    InputError
        If a file cannot be read, a record is broken or has no known label, or no text is left.
    """
    import mtdetect

    check_fpr(fpr)
    files = inputs.expand(paths)
    if inputs.STDIN in files:
        raise InputError("labelled texts are read from files, so that the figures can name them")
    texts = _sample([one for path in files for one in read(path, min_words)], limit, seed)
    if not texts:
        raise InputError(f"{', '.join(files)}: no labelled text of {min_words} words or more")
    verdicts = []
    for verdict in detector.score_many((one.text for one in texts), fpr=fpr, evidence=False):
        verdicts.append(verdict)
        if progress is not None:
            progress(len(verdicts), len(texts))
    signature = Signature(
        version=mtdetect.__version__,
        model=detector.model,
        data={Path(path).name: artifacts.sha256(Path(path)) for path in files},
        fpr=fpr,
        min_words=min_words,
        limit=limit,
        seed=seed,
        texts=len(texts),
    )
    return summarise(texts, verdicts, signature)


def read(path: str, min_words: int = SHORT) -> list[Labelled]:
    """Read labelled texts.

    Parameters
    ----------
    path : str
        JSON Lines, plain or packed.
    min_words : int
        Texts with fewer words are left out.

    Returns
    -------
    list of Labelled
        In the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read, a record is broken or has no known label.
    """
    texts = []
    for raw in inputs.records(path):
        record = inputs.parse(raw)
        label = record.fields.get("label")
        if not isinstance(record.text, str):
            raise InputError(f"{path}: {record.error or 'not JSON Lines'}")
        if label not in CLASSES:
            raise InputError(f"{path}: line {raw.line}: label {label!r} is none of {', '.join(CLASSES)}")
        words = len(record.text.split())
        if words >= min_words:
            traits = {name: record.fields.get(name) for name in DIMENSIONS[:-1]} | {
                "length": length_band(words)
            }
            known = {name: str(trait) for name, trait in traits.items() if trait is not None}
            texts.append(Labelled(record.text, str(label), str(record.fields.get("group", record.id)), known))
    return texts


def summarise(texts: Sequence[Labelled], verdicts: Sequence[Verdict], signature: Signature) -> Evaluation:
    """Turn verdicts on labelled texts into figures.

    Parameters
    ----------
    texts : sequence of Labelled
        What was judged.
    verdicts : sequence of Verdict
        What was said, in the same order.
    signature : Signature
        What pins the figures down.

    Returns
    -------
    Evaluation
        Figures of all texts and of each group.
    """
    truth = np.array([one.label for one in texts])
    machine = truth != "original"
    answer = np.array([verdict.label for verdict in verdicts])
    flagged = np.array([verdict.flagged for verdict in verdicts], dtype=bool)
    scores = np.array([verdict.score for verdict in verdicts], dtype=np.float64)
    clusters = np.unique([one.group for one in texts], return_inverse=True)[1]
    limits = {budget: threshold(scores[~machine], budget) for budget in BUDGETS}

    def figures(own: npt.NDArray[np.bool_]) -> Figures:
        # A tool has no people and a kind of writer no machines: they meet those of the whole set.
        people = own & ~machine if (own & ~machine).any() else ~machine
        machines = own & machine if (own & machine).any() else machine
        both = people | machines
        area, interval = auc_with_interval(scores[both], machine[both], clusters[both], signature.seed)
        return Figures(
            people=int(people.sum()),
            machines=int(machines.sum()),
            auc=area,
            auc_interval=interval,
            found={
                budget: math.nan if math.isnan(limit) else _mean(scores[machines] > limit)
                for budget, limit in limits.items()
            },
            found_at_budget=_mean(flagged[machines]),
            false_alarms=_mean(flagged[people]),
            calibration_error=expected_calibration_error(scores[both], machine[both]),
            calibration_error_at_even_odds=expected_calibration_error(
                scores[both], machine[both], at_even_odds=True
            ),
            confusion=_confusion(truth[own], answer[own]),
        )

    groups: dict[str, dict[str, Figures]] = {dimension: {} for dimension in DIMENSIONS}
    for dimension, name, own in members(texts):
        groups[dimension][name] = figures(own)
    return Evaluation(signature, figures(np.ones(len(texts), bool)), groups, scores, flagged, texts)


def threshold(people: npt.ArrayLike, budget: float) -> float:
    """Find the score that at most a given share of people's texts exceed.

    Parameters
    ----------
    people : array-like, shape (n,)
        Scores of people's texts.
    budget : float
        Share that may exceed it.

    Returns
    -------
    float
        NaN without people.
    """
    falling = -np.sort(-np.asarray(people, dtype=np.float64))
    if not len(falling):
        return math.nan
    # A product such as 0.01 * 300 may fall just short of the whole number it stands for.
    return float(falling[min(math.floor(budget * len(falling) + 1e-9), len(falling) - 1)])


def auc(scores: npt.ArrayLike, machine: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Share of pairs in which the machine's text scores higher than the person's.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Any numbers that can be ordered.
    machine : array-like of bool, shape (n,)
        Which texts are by machines.
    weight : array-like, shape (n,), optional
        How often each text counts.

    Returns
    -------
    float
        0 to 1, ties counted half; NaN if one side is missing.
    """
    by_machine = np.asarray(machine, dtype=bool)
    weights = np.ones(len(by_machine)) if weight is None else np.asarray(weight, dtype=np.float64)
    return area_of_ranks(np.unique(np.asarray(scores), return_inverse=True)[1], by_machine, weights)


def auc_with_interval(
    scores: F64, machine: npt.NDArray[np.bool_], clusters: I64, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """Area under the curve with a bootstrap interval.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Any numbers that can be ordered.
    machine : ndarray of bool, shape (n,)
        Which texts are by machines.
    clusters : ndarray of int, shape (n,)
        Texts of one cluster are drawn together, because versions of one text are no independent trials.
    seed : int
        Of the draws.

    Returns
    -------
    area : float
        As :func:`auc` has it.
    interval : tuple of float
        Both NaN if the area is.
    """
    ranks = np.unique(scores, return_inverse=True)[1]
    area = area_of_ranks(ranks, machine, np.ones(len(scores)))
    if math.isnan(area):
        return area, (math.nan, math.nan)
    clusters = np.unique(clusters, return_inverse=True)[1]
    count = int(clusters.max()) + 1
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    areas = [area_of_ranks(ranks, machine, draw[clusters].astype(np.float64)) for draw in draws]
    low, high = np.nanpercentile([*areas, area], INTERVAL)
    return area, (float(low), float(high))


def _sample(texts: list[Labelled], limit: int | None, seed: int) -> list[Labelled]:
    """At most ``limit`` texts of each label, the same ones whatever the order of the files."""
    if limit is None:
        return texts
    by_label = defaultdict(list)
    for one in sorted(
        texts, key=lambda one: hashlib.sha256(f"{seed}\n{one.text}".encode("utf-8", "replace")).digest()
    ):
        by_label[one.label].append(one)
    return [one for label in CLASSES for one in by_label[label][:limit]]


def members(texts: Sequence[Labelled]) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Groups of texts.

    Parameters
    ----------
    texts : sequence of Labelled
        Of any kind.

    Yields
    ------
    dimension, value : str
        One of ``DIMENSIONS``, and a value in order (lengths by length).
    own : ndarray of bool, shape (n,)
        Which texts have it.
    """
    for dimension in DIMENSIONS:
        values = np.array([one.traits.get(dimension, "") for one in texts])
        names = sorted(set(values.tolist()) - {""})
        if dimension == "length":
            names = [name for name in map(length_band, (0, *BANDS)) if name in names]
        for name in names:
            yield dimension, name, values == name


def length_band(words: int) -> str:
    """Name of a text's length band.

    Parameters
    ----------
    words : int
        Of the text.

    Returns
    -------
    str
        Such as ``80–150``.
    """
    if words < BANDS[0]:
        return f"under {BANDS[0]}"
    for low, high in pairwise(BANDS):
        if words < high:
            return f"{low}–{high}"
    return f"{BANDS[-1]}+"


def area_of_ranks(ranks: I64, machine: npt.NDArray[np.bool_], weight: F64) -> float:
    """Area under the curve as :func:`auc` has it, from ranks (0, 1, …; equal for ties) that many draws share."""
    count = int(ranks.max()) + 1 if len(ranks) else 0
    machines = np.bincount(ranks[machine], weight[machine], minlength=count)
    people = np.bincount(ranks[~machine], weight[~machine], minlength=count)
    pairs = machines.sum() * people.sum()
    if not pairs:
        return math.nan
    below = np.cumsum(people) - people
    return float(machines @ (below + people / 2) / pairs)


def _confusion(truth: npt.NDArray[Any], answer: npt.NDArray[Any]) -> dict[str, dict[str, int]]:
    pairs = Counter(zip(truth.tolist(), answer.tolist(), strict=True))
    return {name: {label: pairs[name, label] for label in LABELS} for name in CLASSES}


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else math.nan


def _rounded(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 4)
