"""Shared by the benchmarks of training: the examples with their features, and out-of-fold scores of the n-gram models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import Lexicon, shipped
from mtdetect.model import classifier
from mtdetect.model.loading import shipped_folder
from mtdetect.training import examples, fit, halves, ngram_counts
from mtdetect.training.candidates import is_for_candidates

JUDGED = 1
"""Half of the calibration texts that the experts are not fitted to."""


def report(line: str) -> None:
    """Print a progress message on stderr."""
    print(line, file=sys.stderr, flush=True)


@dataclass
class Rig:
    """Examples with their features, and the out-of-fold scores of the n-gram models.

    Attributes
    ----------
    train, held : list of Example
        Examples to learn from, and one half of those that calibrate, as for the experts that judge this half (``mtdetect.training.halves``).
    data, measured : Measured
        Their features.
    seen, unseen : ndarray, shape (n, len(NGRAM_MODELS))
        N-gram scores of both, each by a model that was not fitted to the example.
    """

    train: list[examples.Example]
    held: list[examples.Example]
    data: fit.Measured
    measured: fit.Measured
    seen: npt.NDArray[np.float64]
    unseen: npt.NDArray[np.float64]

    @classmethod
    def build(cls, folder: Path, *, jobs: int, held: Sequence[examples.Example] | None = None) -> Rig:
        """Collect the examples and measure them; ``held`` replaces the calibration texts."""
        lexicon: Lexicon = shipped()
        train, calibrate = examples.collect(folder, lexicon, jobs=jobs, progress=report)
        train = [e for e in train if not is_for_candidates(e)]
        train += [e for e in calibrate if halves.teaches(e) and halves.half(e.group) != JUDGED]
        others = list(held) if held is not None else [e for e in calibrate if halves.half(e.group) == JUDGED]
        candidates = classifier.load(shipped_folder())[0].candidates
        report(f"measuring {len(train) + len(others):,} texts")
        keys = ngram_counts.frequent([e.text for e in train], lexicon)
        data = fit.measure(train, lexicon, candidates, keys, teach=True)
        measured = fit.measure(others, lexicon, candidates, keys)
        seen, unseen = [], []
        for name in classifier.NGRAM_MODELS:
            report(f"n-grams: {name}")
            weights, intercept, scores = fit.fit_ngrams(name, data)
            seen.append(scores)
            unseen.append(measured.sparse @ weights + intercept)
        return cls(train, others, data, measured, np.column_stack(seen), np.column_stack(unseen))

    def columns(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Columns of the trees, for ``train`` and ``held``."""
        return (
            classifier.joined(self.data.dense, self.data.candidates, self.seen, self.data.words),
            classifier.joined(
                self.measured.dense, self.measured.candidates, self.unseen, self.measured.words
            ),
        )
