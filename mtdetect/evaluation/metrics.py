"""Metrics on labelled texts, for all texts and by group.

They answer two questions. How well do the scores separate machine from human texts? (AUC, and the true-positive rate at thresholds set on *these*
human texts.) What does a caller get who trusts the label at an error budget? (True- and false-positive rate of the labels.) The second
can be worse, because its thresholds were set on other human texts.
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
from mtdetect.verdict import CLASSES, DEFAULT_FPR, LABELS, SHORT, Mode, ModelInfo, Verdict, check_fpr

if TYPE_CHECKING:
    from mtdetect.detector import Detector


BUDGETS = (0.001, 0.01, 0.05)
"""False-positive rates at which the true-positive rate is reported."""

RESAMPLES = 500
"""Bootstrap samples of an interval."""

INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap samples that bound an interval."""

DIMENSIONS = ("tool", "pivot", "domain", "origin", "length")
"""Traits by which texts are grouped."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled text.

    Attributes
    ----------
    text : str
        The text.
    label : str
        One of ``CLASSES``.
    group : str
        A text and its altered versions share it; the bootstrap draws groups.
    traits : dict of str to str
        Its ``tool``, ``pivot``, ``domain``, ``origin`` and ``length``, where known.
    """

    text: str
    label: str
    group: str
    traits: dict[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Metrics of the detector on some texts.

    Attributes
    ----------
    people, machines : int
        Number of human and of machine texts. If a group has none of one kind, all texts of that kind in the set are used.
    auc : float
        Area under the ROC curve: share of pairs in which the machine text scores higher, ties counted half; NaN without pairs.
    auc_interval : tuple of float
        95 % bootstrap interval; whole groups are drawn.
    found : dict of float to float
        True-positive rate by false-positive rate; the threshold is set on all human texts of the set. NaN without human texts.
    found_at_budget : float
        True-positive rate of the labels at the caller's error budget.
    false_alarms : float
        False-positive rate of the labels at the caller's error budget.
    calibration_error : float
        Expected calibration error of the score on these texts.
    calibration_error_at_even_odds : float
        The same with human and machine texts weighted equally, as the score assumes.
    confusion : dict of str to dict of str to int
        Number of texts of the group by true label, then by assigned label.
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
        """Return a JSON object; undefined values are null."""
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
    """What the metrics depend on; metrics with the same signature can be compared.

    Attributes
    ----------
    version : str
        Version of mtdetect.
    model : ModelInfo
        The evaluated model.
    data : dict of str to str
        SHA-256 of each file, by file name.
    fpr : float
        Error budget of the labels.
    min_words : int
        Texts with fewer words were skipped.
    limit : int or None
        Largest number of texts of each label.
    seed : int
        Random seed of the sample and the bootstrap.
    texts : int
        Number of texts scored.
    retranslate : str
        When the translation engine was consulted.
    """

    version: str
    model: ModelInfo
    data: dict[str, str]
    fpr: float
    min_words: int
    limit: int | None
    seed: int
    texts: int
    retranslate: Mode = "never"

    def line(self) -> str:
        """Return the signature as one line."""
        data = " ".join(f"{name}:{digest[:12]}" for name, digest in self.data.items())
        return (
            f"mtdetect:{self.version} model:{self.model.name}:{self.model.version}:{self.model.sha256[:12]} data:{data} "
            f"fpr:{self.fpr:g} min_words:{self.min_words} limit:{self.limit or 'none'} seed:{self.seed} "
            f"texts:{self.texts} retranslate:{self.retranslate}"
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Metrics of all texts and of each group, with the scores.

    Attributes
    ----------
    signature : Signature
        What the metrics depend on.
    overall : Figures
        Metrics of all texts.
    groups : dict of str to dict of str to Figures
        Metrics by dimension (``tool``, ``pivot``, ``domain``, ``origin``, ``length``), then by value.
    scores : ndarray, shape (n,)
        Score of each text.
    flagged : ndarray of bool, shape (n,)
        Whether each text is flagged at the error budget.
    texts : sequence of Labelled, length n
        The texts.
    """

    signature: Signature
    overall: Figures
    groups: dict[str, dict[str, Figures]]
    scores: F64
    flagged: npt.NDArray[np.bool_]
    texts: Sequence[Labelled]

    @property
    def labels(self) -> list[str]:
        """True label of each text."""
        return [one.label for one in self.texts]

    @property
    def words(self) -> I64:
        """Number of words of each text."""
        return np.array([len(one.text.split()) for one in self.texts], dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return the signature and the metrics as a JSON object."""
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
    retranslate: Mode | None = None,
) -> Evaluation:
    """Score labelled texts and compute metrics.

    Parameters
    ----------
    paths : iterable of str
        JSON Lines files with ``text``, ``label`` and, where known, ``id``, ``group``, ``tool``, ``pivot``, ``domain`` and
        ``origin``; all files form one set.
    detector : Detector
        The detector to evaluate.
    fpr : float
        Error budget of the labels.
    min_words : int
        Texts with fewer words are skipped.
    limit : int, optional
        Largest number of texts of each label; None for no limit.
    seed : int
        Random seed of the sample and the bootstrap.
    progress : callable, optional
        Called with the number of texts scored and the number of all texts.
    retranslate : str, optional
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.

    Returns
    -------
    Evaluation
        Metrics with their signature.

    Raises
    ------
    InputError
        If a file cannot be read, a record is damaged or has an unknown label, or no text is long enough.
    """
    import mtdetect

    check_fpr(fpr)
    files = inputs.expand(paths)
    if inputs.STDIN in files:
        raise InputError(
            "labelled texts cannot come from standard input; give a file, so that its checksum goes into the signature"
        )
    texts = _sample([one for path in files for one in read(path, min_words)], limit, seed)
    if not texts:
        raise InputError(f"{', '.join(files)}: no labelled text of {min_words} words or more")
    verdicts = []
    mode = detector.mode(retranslate)
    for verdict in detector.score_many(
        (one.text for one in texts), fpr=fpr, evidence=False, retranslate=mode
    ):
        verdicts.append(verdict)
        if progress is not None:
            progress(len(verdicts), len(texts))
    signature = Signature(
        version=mtdetect.__version__,
        model=detector.model,
        data=_checksums(files),
        fpr=fpr,
        min_words=min_words,
        limit=limit,
        seed=seed,
        texts=len(texts),
        retranslate=mode if detector.consults(mode) else "never",
    )
    return summarise(texts, verdicts, signature)


def _checksums(files: Sequence[str]) -> dict[str, str]:
    """SHA-256 of each file by its name, or by its path where another file has the same name."""
    names = Counter(Path(path).name for path in files)
    return {
        Path(path).name if names[Path(path).name] == 1 else path: artifacts.sha256(Path(path))
        for path in files
    }


def read(path: str, min_words: int = SHORT) -> list[Labelled]:
    """Read labelled texts.

    Parameters
    ----------
    path : str
        JSON Lines file, plain or compressed.
    min_words : int
        Texts with fewer words are skipped.

    Returns
    -------
    list of Labelled
        In the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read, or a record is damaged or has an unknown label.
    """
    texts = []
    for raw in inputs.records(path):
        record = inputs.parse(raw)
        label = record.fields.get("label")
        if not isinstance(record.text, str):
            raise InputError(f"{path}: {record.error or 'not JSON Lines'}")
        if label not in CLASSES:
            raise InputError(f"{path}: line {raw.line}: label {label!r} is not one of {', '.join(CLASSES)}")
        words = len(record.text.split())
        if words >= min_words:
            traits = {name: record.fields.get(name) for name in DIMENSIONS[:-1]} | {
                "length": length_band(words)
            }
            known = {name: str(trait) for name, trait in traits.items() if trait is not None}
            texts.append(Labelled(record.text, str(label), str(record.fields.get("group", record.id)), known))
    return texts


def summarise(texts: Sequence[Labelled], verdicts: Sequence[Verdict], signature: Signature) -> Evaluation:
    """Compute metrics from the verdicts on labelled texts.

    Parameters
    ----------
    texts : sequence of Labelled
        The texts.
    verdicts : sequence of Verdict
        Their verdicts, in the same order.
    signature : Signature
        What the metrics depend on.

    Returns
    -------
    Evaluation
        Metrics of all texts and of each group.
    """
    truth = np.array([one.label for one in texts])
    machine = truth != "original"
    answer = np.array([verdict.label for verdict in verdicts])
    flagged = np.array([verdict.flagged for verdict in verdicts], dtype=bool)
    scores = np.array([verdict.score for verdict in verdicts], dtype=np.float64)
    clusters = np.unique([one.group for one in texts], return_inverse=True)[1]
    limits = {budget: threshold(scores[~machine], budget) for budget in BUDGETS}

    def figures(own: npt.NDArray[np.bool_]) -> Figures:
        # A tool has no human texts and an origin no machine texts; those of the whole set are used then.
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
    """Find the score that at most a given share of human texts exceeds.

    Parameters
    ----------
    people : array-like, shape (n,)
        Scores of human texts.
    budget : float
        Share of the texts that may exceed the threshold.

    Returns
    -------
    float
        The threshold; NaN without human texts.
    """
    falling = -np.sort(-np.asarray(people, dtype=np.float64))
    if not len(falling):
        return math.nan
    # A product such as 0.01 * 300 may fall just short of the exact whole number.
    return float(falling[min(math.floor(budget * len(falling) + 1e-9), len(falling) - 1)])


def auc(scores: npt.ArrayLike, machine: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Area under the ROC curve: share of pairs in which the machine text scores higher than the human text.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Numbers that can be ordered.
    machine : array-like of bool, shape (n,)
        Whether each text is a machine's.
    weight : array-like, shape (n,), optional
        Weight of each text.

    Returns
    -------
    float
        0 to 1, ties counted half; NaN if there are no human or no machine texts.
    """
    by_machine = np.asarray(machine, dtype=bool)
    weights = np.ones(len(by_machine)) if weight is None else np.asarray(weight, dtype=np.float64)
    return area_of_ranks(np.unique(np.asarray(scores), return_inverse=True)[1], by_machine, weights)


def auc_with_interval(
    scores: F64, machine: npt.NDArray[np.bool_], clusters: I64, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """Area under the ROC curve with a bootstrap interval.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Numbers that can be ordered.
    machine : ndarray of bool, shape (n,)
        Whether each text is a machine's.
    clusters : ndarray of int, shape (n,)
        Cluster of each text. Clusters are drawn as a whole, because versions of one text are not independent.
    seed : int
        Random seed.

    Returns
    -------
    area : float
        The same as :func:`auc`.
    interval : tuple of float
        Lower and upper bound; both NaN if the area is NaN.
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
    """Draw at most ``limit`` texts of each label; the order of the files makes no difference."""
    if limit is None:
        return texts
    by_label = defaultdict(list)
    for one in sorted(
        texts, key=lambda one: hashlib.sha256(f"{seed}\n{one.text}".encode("utf-8", "replace")).digest()
    ):
        by_label[one.label].append(one)
    return [one for label in CLASSES for one in by_label[label][:limit]]


def members(texts: Sequence[Labelled]) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Group texts by their traits.

    Parameters
    ----------
    texts : sequence of Labelled
        The texts.

    Yields
    ------
    dimension, value : str
        One of ``DIMENSIONS`` and one of its values; values are sorted, lengths by number of words.
    own : ndarray of bool, shape (n,)
        Whether each text has this value.
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
        Number of words of the text.

    Returns
    -------
    str
        For example ``80–150``.
    """
    if words < BANDS[0]:
        return f"under {BANDS[0]}"
    for low, high in pairwise(BANDS):
        if words < high:
            return f"{low}–{high}"
    return f"{BANDS[-1]}+"


def area_of_ranks(ranks: I64, machine: npt.NDArray[np.bool_], weight: F64) -> float:
    """Area under the ROC curve, as in :func:`auc`, from ranks (0, 1, …; equal for ties) that bootstrap draws share.

    Parameters
    ----------
    ranks : ndarray of int64, shape (n,)
        Rank of each text's score.
    machine : ndarray of bool, shape (n,)
        Whether each text is a machine's.
    weight : ndarray of float64, shape (n,)
        Weight of each text; in a bootstrap draw, how often it was drawn.

    Returns
    -------
    float
        0 to 1; NaN if the human or the machine texts have no weight.
    """
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
