"""Trains a model from the corpora, whole or a stage of it."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import sklearn

import mtdetect
from mtdetect import artifacts, verification
from mtdetect.degrade import Apertium
from mtdetect.errors import ModelError
from mtdetect.features import lexicon
from mtdetect.features.lexicon import Lexicon
from mtdetect.training import SEED, corpus, examples, halves
from mtdetect.training.calibrate import fit_calibration
from mtdetect.training.candidates import fit_candidates, is_for_candidates
from mtdetect.training.fit import fit
from mtdetect.training.pairs import fit_pairs
from mtdetect.training.quality import SCORES, engine_scores
from mtdetect.training.sentences import fit_sentences
from mtdetect.training.spinner_wordings import fit_spinner_wordings, spinner_words
from mtdetect.training.tables import build_tables


def train_sentences(
    data: Path, folder: Path, words: Lexicon, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Fit the model of sentences to the classifier of a folder, and add it there.

    Parameters
    ----------
    data : Path
        Folder laid out as the corpora are.
    folder : Path
        A model that :func:`train` made.
    words : Lexicon
        The language tables that it was trained with.
    progress : callable
        Told what is going on, a line at a time.

    Returns
    -------
    dict
        The manifest of the model.

    Raises
    ------
    InputError
        If a corpus is missing or unreadable.
    ModelError
        If the folder holds no readable model.
    """
    people, labelled = examples.people(data), examples.labelled(data)
    return fit_sentences(folder, people, labelled, examples.spinners(data, words), words, progress)


def train_calibration(
    data: Path, folder: Path, words: Lexicon, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Calibrate the model of a folder anew. Parameters, return value and errors as for :func:`train_sentences`."""
    progress("reading the corpora")
    return fit_calibration(folder, examples.held_out(data), words, progress)


def train(
    data: Path,
    output: Path,
    *,
    jobs: int = 1,
    tables: bool = False,
    pairs: bool = False,
    progress: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Make the English model, and on request the language tables, from the corpora.

    Parameters
    ----------
    data : Path
        Folder laid out as the corpora are: ``human/``, ``labelled/``, ``phrases/``.
    output : Path
        Folder for the model; with ``tables``, the tables go into ``tables`` beside it.
    jobs : int
        Processes for what can be divided.
    tables : bool
        Count the language tables anew instead of using those that are installed.
    pairs : bool
        Fit the model that compares two texts, too; it goes into ``pairs`` beside the output.
    progress : callable
        Told what is going on, a line at a time.

    Returns
    -------
    dict
        The manifest of the model.

    Raises
    ------
    InputError
        If a corpus is missing or unreadable.
    EngineError
        If Apertium is missing or fails.
    """
    folder = lexicon.FOLDER
    if tables:
        folder = output.parent / "tables"
        build_tables(data, folder, progress)
    words = lexicon.Lexicon.load(folder)
    scores = engine_scores(data)
    progress("reading the corpora")
    train_set, held = examples.collect(data, words, jobs=jobs, progress=progress)
    facts = _facts(data, folder)
    progress("candidates")
    makers = examples.spinners(data, words)
    candidates = fit_candidates(
        [e for e in train_set if is_for_candidates(e) and e.of_first_sets and e.label == "original"],
        [e for e in held if e.of_first_sets and e.label == "original"],
        makers,
        words,
    )
    progress("wordings of spinners")
    wordings = fit_spinner_wordings(
        (e for e in train_set if e.label == "original" and e.environment.startswith("people/")), words
    )
    facts |= {"spinner_wordings": wordings, "spinner_words": spinner_words(wordings, words)}
    train_set = [e for e in train_set if not is_for_candidates(e)]
    # A model that is there stays whole until the new one is.
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as temporary:
        made = Path(temporary, output.name)
        fit(train_set, held, words, candidates, made, facts, scores, progress, jobs=jobs)
        train_sentences(data, made, words, progress)
        manifest = fit_calibration(made, held, words, progress)
        for k in range(halves.HALVES):
            artifacts.move(halves.folder(made, k), halves.folder(output, k))
        artifacts.move(made, output)
    if pairs:
        fit_pairs(data, output.parent / "pairs", words, progress, jobs=jobs)
    if not tables:  # new tables are judged with once they are installed
        try:
            verification.record(output)
        except ModelError as error:  # the model of comparison may be due, too
            progress(f"verdicts for selfcheck are not recorded: {error}")
    return manifest


def _facts(data: Path, tables: Path) -> dict[str, Any]:
    """What the manifest says of how a model is made: command, seed, and checksums of all that goes into it."""
    names = (
        *(f"{name}.jsonl.gz" for name in (*examples.LABELLED, examples.POST_EDITED)),
        *examples.GATHERED,
        f"{examples.BY_LANGUAGE_MODELS}.jsonl.gz",
    )
    inputs = [
        *(data / "labelled" / name for name in names),
        data / "quality" / SCORES,
        *corpus.human_files(data),
    ]
    return {
        "name": "en",
        "version": mtdetect.__version__,
        "made_with": "mtdetect train DATA --output trained/en",
        "seed": SEED,
        "inputs": {path.name: artifacts.sha256(path) for path in inputs},
        "tables": artifacts.sha256(tables / artifacts.MANIFEST),
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scikit-learn": sklearn.__version__,
            "apertium": [Apertium(chain).version() for chain in examples.ROUND_TRIPS],
        },
    }
