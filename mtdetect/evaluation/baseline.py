"""Drift: is today's model worse than a saved baseline, on any group of texts?

A new model that is better on the whole may have lost one engine or one kind of writer, and a blended number hides it. Both models
are compared on the same texts, group by group; the noise of a difference comes from drawing groups of texts anew,
the same draw for both (a paired bootstrap), so that what both find hard does not count as noise. With a hundred
comparisons some look bad by chance: the bound is Bonferroni's, so that a model that is no worse fails one time in twenty.
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
from mtdetect.text.arrays import F64, I64

Mask = npt.NDArray[np.bool_]

FORMAT = "mtdetect evaluation baseline 1"

LEVEL = 0.05
"""Chance that a model which is no worse is called worse somewhere."""

DRAWS = 400

LEAST_CLUSTERS = 20
"""Groups of texts below which a bootstrap says nothing of its noise; what is smaller is not compared."""

FIGURES = ("auc", "found", "alarms")
"""Area under the curve; share of machines flagged; share of people flagged, the one that must not rise."""


@dataclass(frozen=True)
class Baseline:
    """What a model said of some texts.

    Attributes
    ----------
    signature : dict
        As :class:`~mtdetect.evaluation.metrics.Signature` had it.
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
    """One figure of one group, then and now.

    Attributes
    ----------
    group : str
        ``all``, or a dimension and a value such as ``tool: google``.
    figure : str
        One of ``FIGURES``.
    texts : int
        Texts compared.
    before, after : float
        The figure by the baseline and by today's model.
    noise : float
        The difference that chance alone exceeds one time in twenty, over all comparisons together.
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
class Drift:
    """Today's model against a baseline.

    Attributes
    ----------
    baseline : str
        Model of the baseline: name, version and digest.
    texts : int
        Texts that both judged.
    changes : tuple of Change
        Every comparison, the whole set first.
    """

    baseline: str
    texts: int
    changes: tuple[Change, ...]

    @property
    def worse(self) -> tuple[Change, ...]:
        """What got worse beyond noise."""
        return tuple(change for change in self.changes if change.worse)

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        changes = [
            {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(change).items()}
            for change in self.changes
        ]
        return {"baseline": self.baseline, "texts": self.texts, "worse": len(self.worse), "changes": changes}


def baseline_of(evaluation: Evaluation) -> bytes:
    """An evaluation as a baseline file holds it: digests and scores, no text.

    Parameters
    ----------
    evaluation : Evaluation
        What is to be remembered.
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
        raise InputError(f"{path}: is no baseline; 'mtdetect evaluate --save' writes one") from error
    try:
        if held["format"] != FORMAT:
            raise ValueError("another format")
        rows = [(str(digest), float(score), bool(flag)) for digest, score, flag in held["texts"]]
        model = held["signature"]["model"]
        if not all(isinstance(model[key], str) for key in ("name", "version", "sha256")):
            raise ValueError("no model")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: is no baseline of this version; make it anew with 'mtdetect evaluate --save'"
        ) from error
    return Baseline(
        held["signature"],
        {digest: score for digest, score, _ in rows},
        frozenset(digest for digest, _, flag in rows if flag),
    )


def compare(evaluation: Evaluation, baseline: Baseline) -> Drift:
    """Compare today's figures with a baseline, on the texts that both judged.

    Parameters
    ----------
    evaluation : Evaluation
        Today's.
    baseline : Baseline
        As :func:`load` read it.

    Returns
    -------
    Drift

    Raises
    ------
    InputError
        If they share no text, or were made at different error budgets.
    """
    digests = [_digest(one) for one in evaluation.texts]
    known = np.array([digest in baseline.scores for digest in digests], bool)
    if not known.any():
        raise InputError("the baseline was made of other texts; evaluate the same files, or save a new one")
    if baseline.signature.get("fpr") != evaluation.signature.fpr:
        raise InputError(
            f"the baseline was made at --fpr {baseline.signature.get('fpr')}; evaluate at the same one"
        )
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
    return Drift(f"{model['name']}:{model['version']}:{model['sha256'][:12]}", len(texts), tuple(changes))


def _groups(texts: list[Labelled]) -> Iterator[tuple[str, Mask]]:
    for dimension, name, own in members(texts):
        yield f"{dimension}: {name}", own


@dataclass(frozen=True)
class _Both:
    """Two models' answers on the same texts; rows are baseline and today."""

    machine: Mask
    clusters: I64
    scores: F64
    flagged: npt.NDArray[np.bool_]
    seed: int

    def figures(self, own: Mask) -> Iterator[tuple[str, tuple[int, float, float, float]]]:
        """Each figure that a group has: texts, before, after, standard deviation of the difference."""
        people = own & ~self.machine
        machines = own & self.machine
        if self._enough(machines):
            yield "found", self._share(machines)
            # A tool has no people: they are those of the whole set.
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
    """Name of a text in a baseline; the label is part of it, for a person's text may stand there as a machine's, too."""
    return hashlib.blake2b(f"{one.label}\n{one.text}".encode("utf-8", "replace"), digest_size=12).hexdigest()
