"""Loading a model from its folder, with every check that it fits this version of the code."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mtdetect import artifacts
from mtdetect.errors import ModelError
from mtdetect.features import lexicon
from mtdetect.model import classifier, tuned_constants
from mtdetect.model.calibration import Calibration
from mtdetect.model.quality import Quality
from mtdetect.model.scoring import Model
from mtdetect.model.sentences import SentenceModel
from mtdetect.model.source_language import SourceLanguageModel
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.verdict import ModelInfo

if TYPE_CHECKING:
    from mtdetect.model.first_look import FirstLook
    from mtdetect.model.retranslation import RetranslationModel

SHIPPED = "en"
"""Folder, in ``mtdetect.trained``, of the model that comes with the package."""

JOINT = "retranslation"
"""Folder, beside that of a model, of the joint model that belongs to it (:mod:`mtdetect.model.retranslation`)."""

FIRST_LOOK = "first_look"
"""Folder, beside that of a model, of the first look that belongs to it (:mod:`mtdetect.model.first_look`)."""


def shipped_folder() -> Path:
    """Find the folder of the model that comes with the package."""
    from mtdetect import trained

    return (Path(str(trained.__file__)).parent / SHIPPED).resolve()


def load(folder: Path) -> Model:
    """Load a model.

    Parameters
    ----------
    folder : Path
        Where ``mtdetect train`` wrote it.

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If a file is missing or altered, or the model was trained with other features, tuned constants or language tables than
        those of this version.
    """
    of_texts, arrays, manifest = classifier.load(folder)
    tuned_constants.check(folder, manifest)
    try:
        tables = lexicon.shipped()
        if manifest["tables"] != artifacts.sha256(lexicon.FOLDER / artifacts.MANIFEST):
            raise ModelError(
                f"{folder}: was trained with other language tables than those installed; train again"
            )
        calibration = Calibration(
            *(np.array(arrays[f"calibration_{name}"]) for name in ("scores", "words", "source", "population"))
        )
        digest = artifacts.sha256(folder / artifacts.MANIFEST)
        return Model(
            lexicon=tables,
            classifier=of_texts,
            quality=Quality.load(manifest),
            source_language=SourceLanguageModel.load(arrays, manifest),
            sentences=SentenceModel.load(manifest),
            spinner_wordings=SpinnerWordings.load(manifest),
            calibration=calibration,
            typical=np.array(arrays["typical"]),
            info=ModelInfo(str(manifest["name"]), str(manifest["version"]), digest),
            folder=folder,
        )
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error


class Joint(NamedTuple):
    """A joint model, and the SHA-256 of its manifest."""

    model: RetranslationModel
    sha256: str


@lru_cache(maxsize=4)
def joint(folder: Path, sha256: str) -> Joint | None:
    """Load the joint model beside a model.

    Parameters
    ----------
    folder : Path
        Of the model.
    sha256 : str
        Of its manifest.

    Returns
    -------
    Joint or None
        None if there is none, or it belongs to another model.

    Raises
    ------
    ModelError
        If it is damaged.
    """
    beside = folder.with_name(JOINT)
    if not _belongs(beside, sha256):
        return None
    from mtdetect.model import retranslation

    return Joint(retranslation.load(beside, sha256), artifacts.sha256(beside / artifacts.MANIFEST))


@lru_cache(maxsize=4)
def first_look(folder: Path, sha256: str) -> FirstLook | None:
    """Load the first look beside a model; all as for :func:`joint`."""
    beside = folder.with_name(FIRST_LOOK)
    if not _belongs(beside, sha256):
        return None
    from mtdetect.model import first_look

    return first_look.load(beside, sha256)


def _belongs(folder: Path, sha256: str) -> bool:
    """Whether a folder holds an artifact that was trained with a model."""
    if not (folder / artifacts.MANIFEST).is_file():
        return False
    _, manifest = artifacts.read(folder)
    return bool(manifest.get("model") == sha256)
