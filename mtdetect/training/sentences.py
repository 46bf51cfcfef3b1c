"""Fit the model of sentences: which sentences of a text did a machine rework?

People's texts are damaged in part: a spinner reworks some of their paragraphs (``degrade.Mixture``), or a run of lines is
taken from an engine's version of the same text. Some texts stay as written, some are a machine's from end to end. The truth of a
sentence is whether the person's version has it, so a line that an engine left alone, or a spun paragraph's untouched sentence, is a person's.

All texts calibrate: neither the n-gram models nor the trees have seen them, so their scores are what strangers' scores will be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mtdetect import artifacts
from mtdetect.degrade import Mixture
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model import classifier, sentences
from mtdetect.model.calibration import expected_calibration_error
from mtdetect.model.sentences import SentenceModel
from mtdetect.text import Batch, read
from mtdetect.text.arrays import F64, I64
from mtdetect.training.corpus import chance
from mtdetect.training.examples import RATES, Example, Maker, log_uniform

Mask = npt.NDArray[np.bool_]

TEXTS = 3000
"""People's texts that are spun or left alone; the labelled sets add some 2,300."""

VERSIONS = 2
"""Texts made from each group of the labelled sets."""

WRITTEN, WHOLE = 0.4, 0.15
"""Share of the texts that stay as written, and that are a machine's from end to end; of the others a part is."""

SHARES = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Parts of a text that a machine reworks."""

LEAST_LINES = 3
"""Of a text that is mixed line by line."""

HELD = 0.25
"""Share of the groups on which the fit is judged; the model that is kept learns from all of them."""

STRENGTH = 0.1
"""``C`` of the regression: ten times more or less makes no difference."""

BATCH = 256


@dataclass(frozen=True)
class Mixed:
    """A text of which a part may be a machine's.

    Attributes
    ----------
    text : str
    written : str
        People's version, or versions.
    kind : str
        ``translated`` or ``spun``: what the reworked sentences are.
    partly : bool
        Whether both people and a machine have a share in it.
    group : str
    """

    text: str
    written: str
    kind: str
    partly: bool
    group: str


@dataclass(frozen=True)
class Measured:
    """Sentences of mixed texts.

    Attributes
    ----------
    columns : ndarray of float64, shape (n, len(sentences.COLUMNS))
    kind : ndarray of int64, shape (n,)
        0 a person's, 1 translated, 2 spun.
    text : ndarray of int64, shape (n,)
        Which text each stands in.
    """

    columns: F64
    kind: I64
    text: I64


def spun(people: Sequence[Example], makers: Sequence[Maker]) -> list[Mixed]:
    """Spin some paragraphs of some texts, all of others."""
    texts = []
    for example in sorted(people, key=lambda e: chance("sentences", e.group, e.text[:60]))[:TEXTS]:
        key = example.group, example.text[:60]
        draw = chance("sentence role", *key)
        text, partly = example.text, False
        if draw >= WRITTEN:
            maker = makers[int(chance("sentence family", *key) * len(makers))]
            engine = maker(round(log_uniform(*RATES, chance("sentence rate", *key)), 2))
            partly = draw >= WRITTEN + WHOLE
            share = _of(SHARES, (draw - WRITTEN - WHOLE) / (1 - WRITTEN - WHOLE)) if partly else 1.0
            (text,) = Mixture(engine, share).degrade([text])
        texts.append(Mixed(text, example.text, "spun", partly, example.group))
    return texts


def translated(labelled: Sequence[Example]) -> list[Mixed]:
    """Paste a run of an engine's lines into a person's version of the same text."""
    groups: dict[str, tuple[list[Example], list[Example]]] = defaultdict(lambda: ([], []))
    for example in labelled:
        if example.label != "spun":
            groups[example.group][example.label != "original"].append(example)
    texts = []
    for group, (people, machines) in sorted(groups.items()):
        for version in range(VERSIONS if people else 0):
            draw = chance("sentence role", group, version)
            written = "\n".join(e.text for e in people)
            person = min(people, key=lambda e: chance("person", version, e.text[:60])).text
            if draw < WRITTEN or not machines:
                if version == 0:
                    texts.append(Mixed(person, written, "translated", False, group))
                continue
            machine = min(machines, key=lambda e: chance("machine", version, e.tool, e.text[:60])).text
            ours, theirs = person.split("\n"), machine.split("\n")
            partly = draw >= WRITTEN + WHOLE and len(ours) == len(theirs) >= LEAST_LINES
            if partly:
                share = _of(SHARES, (draw - WRITTEN - WHOLE) / (1 - WRITTEN - WHOLE))
                size = min(max(1, round(share * len(ours))), len(ours) - 1)
                at = int(chance("run", group, version) * (len(ours) - size + 1))
                machine = "\n".join([*ours[:at], *theirs[at : at + size], *ours[at + size :]])
            texts.append(Mixed(machine, written, "translated", partly, group))
    return texts


def _of(options: Sequence[float], draw: float) -> float:
    return options[int(draw * len(options))]


def _lines(batch: Batch, k: int) -> list[str]:
    document = batch[k]
    return [document.text[a:b] for a, b in document.sentences.tolist()]


def measure(texts: Sequence[Mixed], lexicon: Lexicon, model: classifier.Classifier) -> Measured:
    """Measure the sentences of mixed texts, and say whose they are."""
    columns, kinds, owners = [], [], []
    for begin in range(0, len(texts), BATCH):
        part = texts[begin : begin + BATCH]
        batch = read([t.text for t in part], lexicon.vocabulary, identify=False)
        originals = read([t.written for t in part], lexicon.vocabulary, identify=False)
        view = View(batch, lexicon)
        experts = model.experts(model.leaves(model.features(view)), batch.words)
        columns.append(
            sentences.measure(view, model.candidates, model.weights, model.log_odds(experts), experts)
        )
        owners.append(batch.sentence_doc.astype(np.int64) + begin)
        for k, mixed in enumerate(part):
            known = set(_lines(originals, k))
            of_machine = 1 if mixed.kind == "translated" else 2
            kinds += [0 if line in known else of_machine for line in _lines(batch, k)]
    return Measured(np.vstack(columns), np.array(kinds), np.concatenate(owners))


def _fit(measured: Measured, keep: Mask) -> SentenceModel:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=500))
    model.fit(measured.columns[keep], measured.kind[keep])
    scaler, linear = model[0], model[1]
    slopes = linear.coef_ / scaler.scale_
    shifts = linear.intercept_ - slopes @ scaler.mean_
    return SentenceModel(slopes[1:] - slopes[0], shifts[1:] - shifts[0])


def figures(texts: Sequence[Mixed], measured: Measured, keep: Mask, model: SentenceModel) -> dict[str, float]:
    """How good the scores of some sentences are.

    Parameters
    ----------
    texts : sequence of Mixed
    measured : Measured
        Their sentences.
    keep : ndarray of bool, shape (n_sentences,)
        Which to ask.
    model : SentenceModel
        Has not learnt from them.

    Returns
    -------
    dict
        ``auc`` and ``ece`` of all; of those with a score of 0.8 or more the share ``at_0.8`` and how many of them are reworked,
        ``right_at_0.8``; mean ``auc_within`` partly translated, and partly spun, texts.
    """
    score = model.probabilities(measured.columns[keep])
    reworked, owner = measured.kind[keep] > 0, measured.text[keep]
    high = score >= 0.8
    within: dict[str, list[float]] = defaultdict(list)
    for number in np.unique(owner).tolist():
        own = owner == number
        if texts[number].partly and 0 < reworked[own].sum() < own.sum():
            within[texts[number].kind].append(float(roc_auc_score(reworked[own], score[own])))
    told = {
        "sentences": len(score),
        "auc": float(roc_auc_score(reworked, score)),
        "ece": expected_calibration_error(score, reworked),
        "at_0.8": float(high.mean()),
        "right_at_0.8": float(reworked[high].mean()) if high.any() else 0.0,
        **{f"auc_within_{kind}": float(np.mean(values)) for kind, values in sorted(within.items())},
    }
    return {name: round(value, 4) for name, value in told.items()}


def fit_sentences(
    folder: Path,
    people: Sequence[Example],
    labelled: Sequence[Example],
    makers: Sequence[Maker],
    lexicon: Lexicon,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Fit the model of sentences to the classifier of a folder, and add it to its manifest.

    Parameters
    ----------
    folder : Path
        Where ``training.fit`` wrote the classifier.
    people, labelled : sequence of Example
        As ``examples.people`` and ``examples.labelled`` give them; only those that calibrate are used.
    makers : sequence of callable
        Families of spinners, from a rate.
    lexicon : Lexicon
        The tables that the classifier was trained with.
    progress : callable
        Told what is going on.

    Returns
    -------
    dict
        The manifest, with ``sentences`` in it.

    Raises
    ------
    ModelError
        If the folder holds no readable model.
    """
    model, arrays, manifest = classifier.load(folder)
    own, known = ([e for e in part if e.role == "calibrate"] for part in (people, labelled))
    texts = spun(own, makers) + translated(known)
    progress(f"sentences of {len(texts):,} texts")
    measured = measure(texts, lexicon, model)
    held = np.array([chance("held sentences", t.group) < HELD for t in texts])[measured.text]
    told = figures(texts, measured, held, _fit(measured, ~held))
    progress("sentences held out: " + ", ".join(f"{name} {value:g}" for name, value in told.items()))
    final = _fit(measured, np.ones(len(held), bool))
    facts = {key: value for key, value in manifest.items() if key not in ("format", "files")}
    facts["sentences"] = {
        "columns": list(sentences.COLUMNS),
        "weights": final.weights.tolist(),
        "intercepts": final.intercepts.tolist(),
        "held_out": told,
    }
    return artifacts.write(folder, {name: np.array(array) for name, array in arrays.items()}, facts)
