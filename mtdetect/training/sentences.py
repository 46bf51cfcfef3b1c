"""Fit the sentence model: which sentences of a text did a machine rewrite?

Human texts are damaged in part: a spinner rewrites some paragraphs (``degrade.Mixture``), or consecutive lines are replaced by an engine's
version of the same text. Some texts stay as written, others are rewritten completely. A sentence counts as human if the human version
contains it, so a line that the engine did not change, or an unchanged sentence of a spun paragraph, is human.

All texts have the role ``calibrate`` and are judged by experts that have not learnt them (:mod:`mtdetect.training.halves`), so their scores are like
those of new texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
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
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.training import halves
from mtdetect.training.corpus import chance
from mtdetect.training.examples import RATES, Example, Maker, log_uniform

TEXTS = 3000
"""Number of human texts that are spun or kept as written; the labelled sets add some 2,300 texts."""

VERSIONS = 2
"""Number of texts made from each group of the labelled sets."""

WRITTEN, WHOLE = 0.4, 0.15
"""Share of the texts that stay as written, and of those that are rewritten completely; the others are rewritten in part."""

SHARES = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Shares of a text that are rewritten."""

LEAST_LINES = 3
"""Smallest number of lines of a text of which some are replaced by an engine's."""

HELD = 0.25
"""Share of the groups on which the fit is evaluated; the model that is kept is then fitted to all groups."""

C = 0.1
"""``C`` of the regression; ten times more or less makes no difference."""

BATCH = 256


@dataclass(frozen=True)
class Mixed:
    """A text of which a machine may have rewritten a part.

    Attributes
    ----------
    text : str
        The text.
    written : str
        The human version, or several joined by line breaks.
    kind : str
        ``translated`` or ``spun``: what the rewritten sentences are.
    partly : bool
        Whether only a part was rewritten.
    group : str
        Group of the text; its versions share it.
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
        Features of each sentence.
    kind : ndarray of int64, shape (n,)
        0 human, 1 translated, 2 spun.
    text : ndarray of int64, shape (n,)
        Index of the text of each sentence.
    """

    columns: F64
    kind: I64
    text: I64


def spun(people: Sequence[Example], makers: Sequence[Maker]) -> list[Mixed]:
    """Keep some texts as written, spin others completely, and spin some paragraphs of the rest.

    Parameters
    ----------
    people : sequence of Example
        Human texts, of which at most ``TEXTS`` are drawn.
    makers : sequence of callable
        For each family of spinners, a function from a rate to a spinner.
    """
    texts = []
    for example in sorted(people, key=lambda e: chance("sentences", e.group, e.text[:60]))[:TEXTS]:
        key = example.group, example.text[:60]
        draw = chance("sentence role", *key)
        text, partly = example.text, False
        if draw >= WRITTEN:
            maker = makers[int(chance("sentence family", *key) * len(makers))]
            engine = maker(round(log_uniform(*RATES, chance("sentence rate", *key)), 2))
            partly = draw >= WRITTEN + WHOLE
            share = _pick(SHARES, (draw - WRITTEN - WHOLE) / (1 - WRITTEN - WHOLE)) if partly else 1.0
            (text,) = Mixture(engine, share).degrade([text])
        texts.append(Mixed(text, example.text, "spun", partly, example.group))
    return texts


def translated(labelled: Sequence[Example]) -> list[Mixed]:
    """Keep some texts as written, take others from an engine, and replace consecutive lines of the rest by the engine's.

    Parameters
    ----------
    labelled : sequence of Example
        Human texts and machine translations that share groups; spun texts are passed over.

    Returns
    -------
    list of Mixed
        Up to ``VERSIONS`` of each group that has a human text.
    """
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
                share = _pick(SHARES, (draw - WRITTEN - WHOLE) / (1 - WRITTEN - WHOLE))
                size = min(max(1, round(share * len(ours))), len(ours) - 1)
                at = int(chance("run", group, version) * (len(ours) - size + 1))
                machine = "\n".join([*ours[:at], *theirs[at : at + size], *ours[at + size :]])
            texts.append(Mixed(machine, written, "translated", partly, group))
    return texts


def _pick(options: Sequence[float], draw: float) -> float:
    return options[int(draw * len(options))]


def _lines(batch: Batch, k: int) -> list[str]:
    document = batch[k]
    return [document.text[a:b] for a, b in document.sentences.tolist()]


def measure(texts: Sequence[Mixed], lexicon: Lexicon, model: classifier.Classifier) -> Measured:
    """Compute the features of the sentences of mixed texts, and what each sentence is.

    Parameters
    ----------
    texts : sequence of Mixed
        Texts.
    lexicon : Lexicon
        Language tables.
    model : Classifier
        Has not learnt them.
    """
    columns, kinds, owners = [], [], []
    for begin in range(0, len(texts), BATCH):
        part = texts[begin : begin + BATCH]
        batch = read([t.text for t in part], lexicon.vocabulary, identify=False)
        originals = read([t.written for t in part], lexicon.vocabulary, identify=False)
        view = View(batch, lexicon)
        x = model.features(view)
        experts = model.experts(x, model.leaves(x), batch.words)
        columns.append(
            sentences.measure(view, model.candidates, model.weights, model.log_odds(experts), experts)
        )
        owners.append(batch.sentence_doc.astype(np.int64) + begin)
        for k, mixed in enumerate(part):
            known = set(_lines(originals, k))
            of_machine = 1 if mixed.kind == "translated" else 2
            kinds += [0 if line in known else of_machine for line in _lines(batch, k)]
    return Measured(np.vstack(columns), np.array(kinds), np.concatenate(owners))


def joined(parts: Sequence[Measured], texts: Sequence[Sequence[Mixed]]) -> Measured:
    """Sentences of texts that were measured in parts.

    Parameters
    ----------
    parts : sequence of Measured
        Results of :func:`measure`.
    texts : sequence of sequence of Mixed
        Texts of each part.
    """
    before = np.append(0, np.cumsum([len(part) for part in texts]))[:-1]
    return Measured(
        np.vstack([part.columns for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.text + at for part, at in zip(parts, before.tolist(), strict=True)]),
    )


def _fit(measured: Measured, keep: Mask) -> SentenceModel:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=500))
    model.fit(measured.columns[keep], measured.kind[keep])
    scaler, linear = model[0], model[1]
    slopes = linear.coef_ / scaler.scale_
    shifts = linear.intercept_ - slopes @ scaler.mean_
    return SentenceModel(slopes[1:] - slopes[0], shifts[1:] - shifts[0])


def figures(texts: Sequence[Mixed], measured: Measured, keep: Mask, model: SentenceModel) -> dict[str, float]:
    """Evaluate sentence scores.

    Parameters
    ----------
    texts : sequence of Mixed
        The texts.
    measured : Measured
        Their sentences.
    keep : ndarray of bool, shape (n_sentences,)
        Sentences to evaluate.
    model : SentenceModel
        A model that was not fitted to these sentences.

    Returns
    -------
    dict
        ``auc`` and ``ece`` of all sentences; ``at_0.8``, the share that score 0.8 or more; ``right_at_0.8``, the share of these that were
        rewritten; ``auc_within_translated`` and ``auc_within_spun``, the mean AUC inside partly rewritten texts.
    """
    score = model.probabilities(measured.columns[keep])
    rewritten, owner = measured.kind[keep] > 0, measured.text[keep]
    high = score >= 0.8
    within: dict[str, list[float]] = defaultdict(list)
    for number in np.unique(owner).tolist():
        own = owner == number
        if texts[number].partly and 0 < rewritten[own].sum() < own.sum():
            within[texts[number].kind].append(float(roc_auc_score(rewritten[own], score[own])))
    values = {
        "sentences": len(score),
        "auc": float(roc_auc_score(rewritten, score)),
        "ece": expected_calibration_error(score, rewritten),
        "at_0.8": float(high.mean()),
        "right_at_0.8": float(rewritten[high].mean()) if high.any() else 0.0,
        **{f"auc_within_{kind}": float(np.mean(areas)) for kind, areas in sorted(within.items())},
    }
    return {name: round(value, 4) for name, value in values.items()}


def fit_sentences(
    folder: Path,
    people: Sequence[Example],
    labelled: Sequence[Example],
    makers: Sequence[Maker],
    lexicon: Lexicon,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Fit the sentence model for the classifier in a folder, and write it to that folder's manifest.

    Parameters
    ----------
    folder : Path
        Folder of the classifier, with the experts that have not learnt a half beside it.
    people, labelled : sequence of Example
        Examples from ``examples.people`` and ``examples.labelled``; only those with the role ``calibrate`` are used.
    makers : sequence of callable
        For each family of spinners, a function from a rate to a spinner.
    lexicon : Lexicon
        Language tables that the classifier was trained with.
    progress : callable
        Called with each progress message.

    Returns
    -------
    dict
        The manifest, with ``sentences`` in it.

    Raises
    ------
    ModelError
        If the folder has no readable model, or those experts are missing.
    """
    model, arrays, manifest = classifier.load(folder)
    judging = halves.load(folder, model)
    own, known = ([e for e in part if e.role == "calibrate"] for part in (people, labelled))
    texts = spun(own, makers) + translated(known)
    progress(f"sentences of {len(texts):,} texts")
    parts = [[texts[k] for k in rows.tolist()] for rows in halves.divided([t.group for t in texts])]
    texts = [mixed for part in parts for mixed in part]
    measured = joined([measure(part, lexicon, of) for part, of in zip(parts, judging, strict=True)], parts)
    held = np.array([chance("held sentences", t.group) < HELD for t in texts])[measured.text]
    held_out = figures(texts, measured, held, _fit(measured, ~held))
    progress("sentences held out: " + ", ".join(f"{name} {value:g}" for name, value in held_out.items()))
    final = _fit(measured, np.ones(len(held), bool))
    facts = {key: value for key, value in manifest.items() if key not in ("format", "files")}
    facts["sentences"] = {
        "columns": list(sentences.COLUMNS),
        "weights": final.weights.tolist(),
        "intercepts": final.intercepts.tolist(),
        "held_out": held_out,
    }
    return artifacts.write(folder, {name: np.array(array) for name, array in arrays.items()}, facts)
