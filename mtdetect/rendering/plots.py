"""Plots of an evaluation: ROC curve, calibration, and scores by length."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mtdetect.errors import InputError, MissingExtraError
from mtdetect.evaluation.metrics import Evaluation, length_band
from mtdetect.model.calibration import BANDS
from mtdetect.verdict import CLASSES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def require_matplotlib() -> None:
    """Check that matplotlib is installed, before a long evaluation starts.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("--plots needs matplotlib: pip install 'mtdetect[plots]'") from error


def plot(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Draw the ROC curve, the calibration and the scores by length.

    Parameters
    ----------
    evaluation : Evaluation
        Of labelled texts.
    folder : Path
        Gets ``roc.png``, ``calibration.png`` and ``score_by_length.png``. Created if it does not exist.

    Returns
    -------
    list of Path
        The files drawn.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InputError
        If the folder cannot be written.
    """
    require_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    plots = {"roc": _draw_roc, "calibration": _draw_calibration, "score_by_length": _draw_lengths}
    made = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in plots.items():
            above_signature = ConstrainedLayoutEngine(rect=(0, 0.03, 1, 0.97))
            figure = Figure(figsize=(6.4, 4.8), layout=above_signature)
            draw(evaluation, figure)
            figure.text(0.01, 0.012, evaluation.signature.line(), fontsize=5, color="grey")
            made.append(folder / f"{name}.png")
            figure.savefig(made[-1], dpi=150)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    return made


def _draw_roc(evaluation: Evaluation, figure: Figure) -> None:
    """True-positive rate against false-positive rate. The axis is logarithmic because small false-positive rates matter most."""
    axes = figure.add_subplot()
    labels = np.array(evaluation.labels)
    human = np.sort(evaluation.scores[labels == "original"])
    for name in CLASSES[1:]:
        machines = np.sort(evaluation.scores[labels == name])
        if len(machines) and len(human):
            at = np.append(np.unique(evaluation.scores)[::-1], -np.inf)
            false = 1 - np.searchsorted(human, at, side="right") / len(human)
            true = 1 - np.searchsorted(machines, at, side="right") / len(machines)
            axes.step(np.maximum(false, 1e-4), true, where="post", label=f"{name} ({len(machines):,})")
    axes.axvline(evaluation.signature.fpr, color="grey", linewidth=0.8, linestyle=":")
    axes.set(
        xscale="log",
        xlim=(5e-4, 1),
        ylim=(0, 1.02),
        xlabel="false-positive rate",
        ylabel="true-positive rate",
    )
    if axes.has_data() and axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right")


def _draw_calibration(evaluation: Evaluation, figure: Figure) -> None:
    """Share of machine texts among texts of similar score, against that score."""
    axes = figure.add_subplot()
    machine = np.array(evaluation.labels) != "original"
    bins = np.minimum((evaluation.scores * 15).astype(int), 14)
    filled = np.unique(bins)
    predicted = [evaluation.scores[bins == k].mean() for k in filled]
    observed = [machine[bins == k].mean() for k in filled]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
    axes.plot(predicted, observed, marker="o")
    for k, x, y in zip(filled, predicted, observed, strict=True):
        axes.annotate(
            f"{(bins == k).sum():,}", (x, y), textcoords="offset points", xytext=(4, -9), fontsize=7
        )
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="score", ylabel="share of machine texts")


def _draw_lengths(evaluation: Evaluation, figure: Figure) -> None:
    """Distribution of the scores in each length band."""
    axes = figure.add_subplot()
    labels = np.array(evaluation.labels)
    lengths = np.array([length_band(words) for words in evaluation.words])
    bands = [band for band in map(length_band, (0, *BANDS)) if (lengths == band).any()]
    present = [name for name in CLASSES if (labels == name).any()]
    for offset, name in enumerate(present):
        inside = [evaluation.scores[(labels == name) & (lengths == band)] for band in bands]
        places = np.arange(len(bands)) + 0.25 * (offset - (len(present) - 1) / 2)
        shown = [k for k, scores in enumerate(inside) if len(scores)]
        colour = f"C{offset}"
        axes.boxplot(
            [inside[k] for k in shown],
            positions=places[shown],
            widths=0.2,
            showfliers=False,
            patch_artist=True,
            boxprops={"facecolor": colour, "alpha": 0.4},
            medianprops={"color": colour},
        )
        axes.plot([], [], color=colour, linewidth=6, alpha=0.4, label=name)
    axes.set_xticks(range(len(bands)), bands)
    axes.set(ylim=(-0.02, 1.02), xlabel="words", ylabel="score")
    figure.legend(loc="outside upper center", ncols=len(present))
