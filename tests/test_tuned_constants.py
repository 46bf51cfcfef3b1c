"""The numbers in the code that shape features are those that the shipped model was trained with."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import mtdetect.features
import mtdetect.model
import mtdetect.trained
from mtdetect.errors import ModelError
from mtdetect.features import fluency, gains
from mtdetect.model import loading, tuned_constants

UNTUNED = {
    "features.bigrams.FREQUENT": "which look-ups are kept",
    "features.first_look.LEAST": "the manifest of the first look records it",
    "features.first_look.LEVELS": "the manifest of the first look records it",
    "features.first_look.MOST": "the manifest of the first look records it",
    "features.gains.MANY": "speed",
    "features.gains.ROWS": "speed",
    "features.lexicon.COUNTS": "what the codes in the tables mean; the tables have a checksum",
    "features.lexicon.COLLOCATION_BITS": "speed",
    "features.lexicon.ROWS": "speed",
    "features.ngrams.KEY_BITS": "the sum of two that are",
    "features.ngrams.MANY": "speed",
    "features.ngrams.MOST_MODELS": "layout of a slot",
    "features.ngrams._WEIGHTS": "layout of a slot",
    "features.richness._APOSTROPHE": "a sign",
    "features.stream.BITS": "layout of a key",
    "features.surface_errors._CONSONANTS": "the alphabet",
    "features.surface_errors._VOWELS": "the alphabet",
    "model.calibration_profile.LEAST_TEXTS": "a limit for users",
    "model.classifier.SPINNING": "a place in EXPERTS",
    "model.retranslation.TRANSLATION": "a place in EXPERTS",
    "model.first_look.LOST": "how many texts end early",
    "model.first_look.OPEN": "the manifest of the first look records it",
    "model.loading.SHIPPED": "a name",
    "model.quality.BEST": "the scale of the answer",
    "model.quality.OF_SPUN": "the scale of the answer",
    "model.quality.WORST": "the scale of the answer",
    "model.retranslation.ASKED": "its own manifest records it",
    "model.scoring.LEAST_TRANSLATED": "when the source language is asked",
    "model.sentences.GAP_SLOPE": "what the engine's answers count in a sentence, not a feature",
    "model.sentences.GAP_TOKENS": "what the engine's answers count in a sentence, not a feature",
    "model.spinner_wordings.MOST": "what evidence counts, not a feature",
    "model.spinner_wordings.LIKELY": "what evidence counts, not a feature",
    "model.spinner_wordings.MOST_OF_WORD": "what evidence counts, not a feature",
    "model.spinner_wordings.MOST_OF_WORDING": "what evidence counts, not a feature",
    "model.spinner_wordings.NOTABLE": "what evidence counts, not a feature",
    "model.spinner_wordings.FEW": "what evidence counts, not a feature",
    "model.spinner_wordings.SEVERAL": "what evidence counts, not a feature",
    "model.spinner_wordings.FAINTNESS": "what evidence counts, not a feature",
    "model.spinner_wordings.FAINT": "what evidence counts, not a feature",
    "model.source_language.LEAST_WORDS": "when the source language is asked",
    "model.source_language.MOST_LANGUAGES": "length of the answer",
}
"""Numbers that no feature depends on, and why."""

WITHOUT_FEATURES = {"model.calibration", "model.trees"}
"""P-values from scores; the speed of trees."""


def numeric(value: object) -> bool:
    """Whether a value is a number, or a tuple or array of some."""
    if isinstance(value, tuple):
        return any(map(numeric, value))
    return isinstance(value, (int, float, np.number)) or (
        isinstance(value, np.ndarray) and value.dtype.kind in "iuf"
    )


def constants() -> set[str]:
    """All numbers that modules of the two packages assign to a name in capitals."""
    found = set()
    for package in (mtdetect.features, mtdetect.model):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
            for node in tree.body:
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                names = [n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name)]
                found |= {
                    f"{info.name.removeprefix('mtdetect.')}.{name}"
                    for name in names
                    if name.isupper() and numeric(getattr(module, name))
                }
    return found


def test_every_number_is_tuned_or_known_not_to_matter() -> None:
    known = set(tuned_constants.present()) | set(UNTUNED)
    assert {name for name in constants() if name.rsplit(".", 1)[0] not in WITHOUT_FEATURES} - known == set()


def test_shipped_model_was_trained_with_them() -> None:
    manifest = Path(mtdetect.trained.__file__).parent / "en" / "manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["constants"] == tuned_constants.present()


@pytest.mark.parametrize(
    ("module", "name", "value", "complaint"),
    [
        (gains, "PER_WORST", 0.57, "features.gains.PER_WORST = 0.56, this version has 0.57"),
        (gains, "PER_FIT", (1.02, 0.9), r"features.gains.PER_FIT = \[1.02, 0.93\], this version has \[1.02, 0.9\]"),
        (fluency, "UNSEEN_EDGES", np.arange(2), r"features.fluency.UNSEEN_EDGES = \[-6.0.*, this version has \[0, 1\]"),
    ],
)  # fmt: skip
def test_a_changed_constant_refuses_the_model(monkeypatch, module, name, value, complaint) -> None:
    monkeypatch.setattr(module, name, value)
    with pytest.raises(ModelError, match=rf"en: was trained with {complaint}; train again$"):
        loading.load(loading.shipped_folder())


def test_a_model_without_a_record_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="the model lacks 'constants'; reinstall or train again"):
        tuned_constants.check(tmp_path, {})
    with pytest.raises(ModelError, match=r"trained with features\.gains\.GONE = 1, this version has none"):
        tuned_constants.check(
            tmp_path, {"constants": {**tuned_constants.present(), "features.gains.GONE": 1}}
        )
