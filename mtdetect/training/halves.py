"""Cross-fitting: calibration texts teach the experts, too, and still are judged by experts that have not learnt them.

The groups that calibrate fall into two halves. For each half, experts are fitted to everything but this half, and judge its texts. From these
judgements claims and p-values are made, and the models that build on them (sentences, first look, retranslation). The experts that ship
learn from both halves. This is in the manner of cross-conformal prediction (Vovk 2015, Annals of Mathematics and Artificial Intelligence 74), but an
approximation without its guarantee: a new text is judged by experts that know more texts than those that judged the calibration texts. What it is worth is measured: with whole sources
held out, 0.9 % of people's texts are flagged at a budget of 1 % (``benchmarks/populations.py``).

Experts that learn from all calibration texts as well rank better, because machines' versions of people's texts are what they lack: the mean AUC of the
expert for translation on eight development sets is 0.868 instead of 0.858, and at 1 % of people flagged 29 % are found instead of 27 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mtdetect.errors import ModelError
from mtdetect.model import classifier
from mtdetect.model.classifier import Classifier
from mtdetect.model.scoring import Model
from mtdetect.text.arrays import I64
from mtdetect.training.corpus import chance
from mtdetect.training.examples import BY_LANGUAGE_MODELS, Example

HALVES = 2

FOLDER = "halves"
"""Folder, beside that of a model, of the experts that have not learnt a half."""


def half(group: str) -> int:
    """Half of a group that calibrates: 0 or 1.

    Parameters
    ----------
    group : str
        Group of an example (``Example.group``).
    """
    return int(chance("half", group) * HALVES)


def teaches(example: Example) -> bool:
    """Whether an example may teach experts: texts of a development set may not.

    Parameters
    ----------
    example : Example
        Any example; its source counts.
    """
    return example.source != BY_LANGUAGE_MODELS


def folder(model: Path, k: int) -> Path:
    """Folder of the experts that have not learnt half ``k``, for the model in a folder.

    Parameters
    ----------
    model : Path
        Folder of the model, such as ``trained/en``; it need not exist.
    k : int
        Number of the half: 0 or 1.
    """
    return model.parent / FOLDER / str(k)


def divided(groups: Sequence[str]) -> list[I64]:
    """Rows of each half, by the groups of the rows.

    Parameters
    ----------
    groups : sequence of str
        Group of each row.

    Returns
    -------
    list of ndarray of int64
        For each half, the indices of its rows, ascending.
    """
    own = np.array([half(group) for group in groups], np.int64)
    return [np.flatnonzero(own == k) for k in range(HALVES)]


def load(model: Path, whole: Classifier) -> list[Classifier]:
    """Load the experts that have not learnt a half.

    Parameters
    ----------
    model : Path
        Folder of the model.
    whole : Classifier
        Classifier of the model.

    Returns
    -------
    list of Classifier
        One for each half.

    Raises
    ------
    ModelError
        If they are missing, or were not made with the model.
    """
    found = []
    for k in range(HALVES):
        path = folder(model, k)
        if not path.exists():
            raise ModelError(f"{path}: no such folder; 'mtdetect train DATA --output {model}' makes it")
        judging, _, manifest = classifier.load(path)
        if manifest.get("half_not_learnt") != k or not (
            np.array_equal(judging.slopes, whole.slopes) and np.array_equal(judging.shifts, whole.shifts)
        ):
            raise ModelError(f"{path}: was not made with {model}; run 'mtdetect train' again")
        found.append(judging)
    return found


def models(folder: Path, whole: Model) -> list[Model]:
    """For each half, the model with experts that have not learnt it. Parameters and errors as for :func:`load`."""
    return [replace(whole, classifier=judging) for judging in load(folder, whole.classifier)]
