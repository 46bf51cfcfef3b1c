"""The regression check: is the present model worse than a saved baseline on any group of texts?

A model that is better on average may be worse on one engine or one kind of writer. Both models are compared on the same texts,
group by group. The noise of each difference comes from a paired bootstrap over groups of texts, the same draw for both models, so
that texts which both find hard do not count as noise. Among a hundred comparisons some look bad by chance, so the bound is
Bonferroni's: a model that is no worse fails one time in twenty.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.errors import InputError
from mtdetect.evaluation.metrics import Evaluation, Labelled, area_of_ranks, members
from mtdetect.text.arrays import F64, I64, Mask

FORMAT = "mtdetect evaluation baseline 1"

LEVEL = 0.05
"""Probability that a model which is no worse is called worse on some group."""

DRAWS = 400

LEAST_CLUSTERS = 20
"""Fewest groups of texts that are compared: with fewer, a bootstrap says nothing about the noise."""

FIGURES = ("auc", "found", "alarms")
"""Area under the curve; true-positive rate; false-positive rate, the one that must not rise."""


@dataclass(frozen=True)
class Baseline:
    """The scores of some texts by one model.

    Attributes
    ----------
    signature : dict
        Its :class:`~mtdetect.evaluation.metrics.Signature`.
    scores : dict of str to float
        Score of each text by its digest.
    flagged : set of str
        Digests of the texts that were flagged.
    """

    signature: dict[str, Any]
    scores: dict[str, float]
    flagged: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one group, by both models.

    Attributes
    ----------
    group : str
        ``all``, or a dimension and a value such as ``tool: google``.
    figure : str
        One of ``FIGURES``.
    texts : int
        Texts compared.
    before, after : float
        The figure by the baseline and by the present model.
    noise : float
        Size of a difference that chance exceeds one time in twenty, over all comparisons together.
    worse : bool
        Whether it got worse by more than that.
    """

    group: str
    figure: str
    texts: int
    before: float
    after: float
    noise: float
    worse: bool


@dataclass(frozen=True, slots=True)
class RegressionCheck:
    """The present model compared with a baseline.

    Attributes
    ----------
    baseline : str
        Model of the baseline: name, version and digest.
    texts : int
        Texts that both models scored.
    changes : tuple of Change
        All comparisons; the whole set comes first.
    """

    baseline: str
    texts: int
    changes: tuple[Change, ...]

    @property
    def worse(self) -> tuple[Change, ...]:
        """The changes for the worse that exceed the noise."""
        return tuple(change for change in self.changes if change.worse)

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        changes = [
            {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(change).items()}
            for change in self.changes
        ]
        return {"baseline": self.baseline, "texts": self.texts, "worse": len(self.worse), "changes": changes}


def baseline_of(evaluation: Evaluation) -> bytes:
    """Write an evaluation as a baseline file: digests and scores, no text.

    Parameters
    ----------
    evaluation : Evaluation
        The evaluation to save.
    """
    held = {
        "format": FORMAT,
        "signature": evaluation.to_dict()["signature"],
        "texts": [
            [_digest(one), round(score, 6), int(flagged)]
            for one, score, flagged in zip(
                evaluation.texts, evaluation.scores.tolist(), evaluation.flagged.tolist(), strict=True
            )
        ],
    }
    return json.dumps(held, separators=(",", ":")).encode() + b"\n"


def load(path: str | Path) -> Baseline:
    """Read a baseline that ``mtdetect evaluate --save`` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    InputError
        If it cannot be read or is no baseline.
    """
    try:
        held = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not a baseline; 'mtdetect evaluate --save' writes one") from error
    try:
        if held["format"] != FORMAT:
            raise ValueError("another format")
        rows = [(str(digest), float(score), bool(flag)) for digest, score, flag in held["texts"]]
        model = held["signature"]["model"]
        if not all(isinstance(model[key], str) for key in ("name", "version", "sha256")):
            raise ValueError("no model")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: is not a baseline of this version; make it again with 'mtdetect evaluate --save'"
        ) from error
    return Baseline(
        held["signature"],
        {digest: score for digest, score, _ in rows},
        frozenset(digest for digest, _, flag in rows if flag),
    )


def compare(evaluation: Evaluation, baseline: Baseline) -> RegressionCheck:
    """Compare an evaluation with a baseline, on the texts that both have.

    Parameters
    ----------
    evaluation : Evaluation
        By the present model.
    baseline : Baseline
        From :func:`load`.

    Returns
    -------
    RegressionCheck

    Raises
    ------
    InputError
        If they share no text, or were made at different error budgets or with different use of the engine.
    """
    digests = [_digest(one) for one in evaluation.texts]
    known = np.array([digest in baseline.scores for digest in digests], bool)
    if not known.any():
        raise InputError("the baseline was made of other texts; evaluate the same files, or save a new one")
    if baseline.signature.get("fpr") != evaluation.signature.fpr:
        raise InputError(
            f"the baseline was made at --fpr {baseline.signature.get('fpr')}; evaluate at the same one"
        )
    consulted = baseline.signature.get("retranslate", "never")
    if consulted != evaluation.signature.retranslate:
        raise InputError(f"the baseline was made with --retranslate {consulted}; evaluate with the same")
    shared = [digest for digest, kept in zip(digests, known, strict=True) if kept]
    texts = [one for one, kept in zip(evaluation.texts, known, strict=True) if kept]
    both = _Both(
        np.array([one.label != "original" for one in texts]),
        np.unique([one.group for one in texts], return_inverse=True)[1],
        np.stack([[baseline.scores[digest] for digest in shared], evaluation.scores[known]]),
        np.stack([[digest in baseline.flagged for digest in shared], evaluation.flagged[known]]),
        evaluation.signature.seed,
    )
    found = [
        (group, figure, *measured)
        for group, own in [("all", np.ones(len(texts), bool)), *_groups(texts)]
        for figure, measured in both.figures(own)
    ]
    quantile = NormalDist().inv_cdf(1 - LEVEL / max(len(found), 1))
    changes = []
    for group, figure, size, before, after, deviation in found:
        loss = after - before if figure == "alarms" else before - after
        noise = quantile * deviation
        changes.append(Change(group, figure, size, before, after, noise, loss > noise + 1e-9))
    model = baseline.signature["model"]
    return RegressionCheck(
        f"{model['name']}:{model['version']}:{model['sha256'][:12]}", len(texts), tuple(changes)
    )


def _groups(texts: list[Labelled]) -> Iterator[tuple[str, Mask]]:
    for dimension, name, own in members(texts):
        yield f"{dimension}: {name}", own


@dataclass(frozen=True)
class _Both:
    """Scores of the same texts by two models; the first row is the baseline."""

    machine: Mask
    clusters: I64
    scores: F64
    flagged: npt.NDArray[np.bool_]
    seed: int

    def figures(self, own: Mask) -> Iterator[tuple[str, tuple[int, float, float, float]]]:
        """Each figure of a group: texts, before, after, standard deviation of the difference."""
        people = own & ~self.machine
        machines = own & self.machine
        if self._enough(machines):
            yield "found", self._share(machines)
            # A group by tool has no human texts, so those of the whole set serve.
            against = people if self._enough(people) else ~self.machine
            if self._enough(against):
                yield "auc", self._area(machines | against)
        if self._enough(people):
            yield "alarms", self._share(people)

    def _enough(self, own: Mask) -> bool:
        return len(np.unique(self.clusters[own])) >= LEAST_CLUSTERS

    def _draws(self, own: Mask) -> tuple[I64, F64]:
        """Cluster of each text, and how often each draw takes each cluster."""
        cluster = np.unique(self.clusters[own], return_inverse=True)[1]
        count = int(cluster.max()) + 1
        chances = np.full(count, 1 / count)
        return cluster, np.random.default_rng(self.seed).multinomial(count, chances, size=DRAWS).astype(float)

    def _share(self, own: Mask) -> tuple[int, float, float, float]:
        cluster, draws = self._draws(own)
        flagged = self.flagged[:, own].astype(np.float64)
        change = np.bincount(cluster, flagged[1] - flagged[0])
        drawn = (draws @ change) / (draws @ np.bincount(cluster))
        before, after = flagged.mean(axis=1).tolist()
        return int(own.sum()), before, after, float(drawn.std())

    def _area(self, own: Mask) -> tuple[int, float, float, float]:
        cluster, draws = self._draws(own)
        machine = self.machine[own]
        old, new = (np.unique(scores, return_inverse=True)[1] for scores in self.scores[:, own])
        drawn = [
            area_of_ranks(new, machine, draw[cluster]) - area_of_ranks(old, machine, draw[cluster])
            for draw in draws
        ]
        once = np.ones(len(machine))
        before, after = area_of_ranks(old, machine, once), area_of_ranks(new, machine, once)
        deviation = float(np.nanstd(drawn))
        return int(own.sum()), before, after, 0.0 if math.isnan(deviation) else deviation


def _digest(one: Labelled) -> str:
    """Digest that names a text in a baseline; it covers the label, because one text can occur with two labels."""
    return hashlib.blake2b(f"{one.label}\n{one.text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
