"""Tuned constants: the numbers in the code that shape what the trained models see.

A model is trained on features that were measured with these numbers. If one of them changes, the features shift under the trained
weights, and no checksum of a file shows it. So training writes their values into the model's manifest, and loading compares them.

Not in the list: numbers that only affect speed or memory, numbers that turn a result into an answer (calibration, the scale of
``quality``), and those of ``mtdetect.evidence``, which decide what is shown and not what is measured. ``tests/test_tuned_constants.py``
fails if a number of ``mtdetect.features`` or ``mtdetect.model`` is in neither group.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdetect.errors import ModelError
from mtdetect.features import (
    bigrams,
    collocations,
    consistency,
    fluency,
    gains,
    lexicon,
    names,
    ngrams,
    readability,
    substitution,
    surface_errors,
    view,
    wordclass,
)
from mtdetect.model import candidates, classifier, sentences, source_language
from mtdetect.text import hashing, vocabulary
from mtdetect.text import sentences as sentence_splitting

TUNED = {
    sentence_splitting: "WRAPPED_LINE",
    hashing: "GOLDEN_RATIO",
    vocabulary: "LEAST_LETTERS MOST_CHANGES",
    bigrams: "DISCOUNT BACKOFF FLOOR",
    collocations: "MARGINS",
    consistency: "PREFIX",
    fluency: "UNSEEN_EDGES TAILS ODD_FUNCTION ODD EXPECTED_UNSEEN",
    gains: "WORST_FIT PER_FIT PER_WORST PER_CONTENT PER_CAPITAL SUSPICION MOST_NATS",
    lexicon: "PER_COSINE PER_LISTED PER_SPUN COMPARED PER_DEGREE PER_SPINNER PER_CAPITAL_HABIT",
    names: "MOST_LEAD",
    ngrams: "SLOT_BITS CHECK_BITS PER_WORDS LEAST_WORDS _MARKS",
    readability: "LONG",
    substitution: "LEAST_SKIP MOST_SKIP MOST_CAPITAL PER_LIKENESS NOTHING",
    surface_errors: "LONGEST_ORPHAN MOST_SMALL FORGIVING",
    view: "TRIGRAM_DISCOUNT TRIGRAM_BACKOFF TRIGRAM_POWER TRIGRAM_FLOOR",
    wordclass: "OWN_CLASS BANDS",
    candidates: "FALSE_SHARES FEW SPINNER_WEIGHT PRIOR_REPLACED PRIOR_WORDS SURE ROUNDS COMPANY LEAST_COMPANY SURELY",
    classifier: "ONE_PERCENT HINGES MIDDLES STYLE STYLE_LIMIT",
    sentences: "REACH MOST_ODDS LEAST_STRENGTH MOST_STRENGTH",
    source_language: "BITS",
}
"""Names of the constants, by module."""


def present() -> dict[str, Any]:
    """Collect the values that the code has now.

    Returns
    -------
    dict
        From ``module.NAME``, without the leading ``mtdetect.``, to numbers and lists as JSON has them.
    """
    found = {
        f"{module.__name__.removeprefix('mtdetect.')}.{name}": getattr(module, name)
        for module, several in TUNED.items()
        for name in several.split()
    }
    plain: dict[str, Any] = json.loads(json.dumps(found, default=lambda array: array.tolist()))
    return plain


def check(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Compare the constants of the code with those that a model was trained with.

    Parameters
    ----------
    folder : Path
        The model's, for the message.
    manifest : mapping
        Its ``constants`` are what :func:`present` returned at training.

    Raises
    ------
    ModelError
        If one differs, or the manifest has no record of it; names the first.
    """
    recorded = manifest.get("constants")
    if not isinstance(recorded, dict):
        raise ModelError(f"{folder}: the model lacks 'constants'; reinstall or train again")
    now = present()
    for name in sorted(now.keys() | recorded.keys()):
        then, value = (json.dumps(side[name]) if name in side else "none" for side in (recorded, now))
        if then != value:
            raise ModelError(
                f"{folder}: was trained with {name} = {then}, this version has {value}; train again"
            )
