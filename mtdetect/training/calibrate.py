"""Calibration of the model: what it says of human texts that its experts have not learnt.

Every text is scored as at work, with the evidence outside the features, by the experts that have not learnt its half
(:mod:`mtdetect.training.halves`). So p-values are calibrated for exactly what they are asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.evidence import outside_features
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model import classifier
from mtdetect.model.classifier import Classifier
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.clauses import FRAGMENTS, share_in_clauses
from mtdetect.training import halves
from mtdetect.training.examples import POPULATIONS, Example

BATCH = 256


def fit_calibration(
    folder: Path, held: Sequence[Example], lexicon: Lexicon, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Score the human calibration texts, and add the scores to the model in a folder.

    Parameters
    ----------
    folder : Path
        Folder of the model, with the experts that have not learnt a half beside it.
    held : sequence of Example
        Texts that calibrate; human ones are used.
    lexicon : Lexicon
        Language tables that the model was trained with.
    progress : callable
        Told what is going on.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ModelError
        If the folder has no readable model, or those experts are missing.
    """
    model, arrays, manifest = classifier.load(folder)
    judging = halves.load(folder, model)
    wordings = SpinnerWordings.load(manifest)
    people = [e for e in held if e.label == "original"]
    progress(f"calibrating on {len(people):,} texts")
    odds, words = np.zeros(len(people)), np.zeros(len(people), np.int64)
    judged = np.zeros(len(people), bool)
    for rows, experts in zip(halves.divided([e.group for e in people]), judging, strict=True):
        texts = [people[k].text for k in rows.tolist()]
        odds[rows], words[rows], judged[rows] = scored(texts, experts, wordings, lexicon)
    people = [e for e, own in zip(people, judged.tolist(), strict=True) if own]
    sources = sorted({e.source for e in people})
    scores: dict[str, npt.NDArray[Any]] = {
        "calibration_scores": odds[judged].astype(np.float32),
        "calibration_words": words[judged].astype(np.int32),
        "calibration_source": np.array([sources.index(e.source) for e in people], np.int16),
        "calibration_population": np.array([POPULATIONS.index(e.population) for e in people], np.int8),
    }
    facts = {key: value for key, value in manifest.items() if key not in ("format", "files")}
    facts |= {"sources": sources, "populations": list(POPULATIONS)}
    kept = {name: np.array(array) for name, array in arrays.items()}
    return artifacts.write(folder, {**kept, **scores}, facts)


def scored(
    texts: Sequence[str], experts: Classifier, wordings: SpinnerWordings, lexicon: Lexicon
) -> tuple[F64, I64, Mask]:
    """Log-odds and lengths of texts, and which of them have enough sentences to be judged.

    Parameters
    ----------
    texts : sequence of str
        Texts, scored in batches of ``BATCH``.
    experts : Classifier
        Experts that have not learnt these texts.
    wordings : SpinnerWordings
        Wordings of web spinners: evidence outside the features.
    lexicon : Lexicon
        Language tables that the model was trained with.

    Returns
    -------
    odds : ndarray of float64, shape (n_texts,)
        Log-odds that each text is degraded, in nats.
    words : ndarray of int64, shape (n_texts,)
        Lengths in words.
    judged : ndarray of bool, shape (n_texts,)
        Whether at least ``FRAGMENTS`` of the words stand in sentences with a clause word.
    """
    odds, words, judged = [np.zeros(0)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    for start in range(0, len(texts), BATCH):
        view = View(read(texts[start : start + BATCH], lexicon.vocabulary, identify=False), lexicon)
        x = experts.features(view)
        strengths = experts.experts(x, experts.leaves(x), view.batch.words)
        odds.append(experts.log_odds(strengths, outside_features.weigh(view, wordings)))
        words.append(view.batch.words.astype(np.int64))
        judged.append(share_in_clauses(view.batch) >= FRAGMENTS)
    return np.concatenate(odds), np.concatenate(words), np.concatenate(judged)
