"""Calibration profile: scores of a user's own human texts, from which p-values come instead of the shipped calibration set.

The shipped calibration keeps the error budget for every kind of writer. A user who knows the writers can calibrate on these alone.
A profile holds log-odds and lengths, no text, and works only with the model that scored the texts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtdetect.errors import InputError
from mtdetect.text.arrays import F64, I64
from mtdetect.verdict import MODES, Mode

FORMAT = "mtdetect calibration profile 1"

LEAST_TEXTS = 200
"""Fewer texts are too few to estimate a rate of 1 %."""


@dataclass(frozen=True)
class CalibrationProfile:
    """Scores of a user's own human texts.

    Attributes
    ----------
    model : str
        SHA-256 of the manifest of the model that scored them.
    scores : ndarray of float64, shape (n,)
        Log-odds that each text is degraded.
    words : ndarray of int64, shape (n,)
        Their lengths.
    retranslate : str
        When the translation engine was consulted about them; it has to be consulted in the same way about the texts to judge.
    retranslation : str or None
        SHA-256 of the manifest of the joint model that scored them, if the engine was consulted.
    """

    model: str
    scores: F64
    words: I64
    retranslate: Mode = "never"
    retranslation: str | None = None

    def to_json(self) -> bytes:
        """Give the content of a profile file."""
        held = {
            "format": FORMAT,
            "model": self.model,
            "scores": np.round(self.scores, 4).tolist(),
            "words": self.words.tolist(),
            "retranslate": self.retranslate,
            "retranslation": self.retranslation,
        }
        return json.dumps(held, separators=(",", ":")).encode() + b"\n"


def load(path: str | Path) -> CalibrationProfile:
    """Read a profile that ``mtdetect calibrate`` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    CalibrationProfile

    Raises
    ------
    InputError
        If it cannot be read or is no profile.
    """
    try:
        held = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no calibration profile; 'mtdetect calibrate' writes one") from error
    try:
        if held["format"] != FORMAT:
            raise ValueError("another format")
        scores = np.array(held["scores"], np.float64)
        words = np.array(held["words"], np.int64)
        sound = scores.ndim == 1 and scores.shape == words.shape and bool(np.isfinite(scores).all())
        if not sound or len(scores) < LEAST_TEXTS or not isinstance(held["model"], str):
            raise ValueError("not what was written")
        # Profiles of earlier versions were made without the engine, and say nothing of it.
        retranslate, retranslation = held.get("retranslate", "never"), held.get("retranslation")
        if retranslate not in MODES or (retranslate == "never") != (retranslation is None):
            raise ValueError("not what was written")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: is no calibration profile of this version; make it anew with 'mtdetect calibrate'"
        ) from error
    return CalibrationProfile(held["model"], scores, words, retranslate, retranslation)
