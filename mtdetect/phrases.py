"""Deprecated import path of :mod:`mtdetect.evidence.phrases`."""

from __future__ import annotations

import warnings

from mtdetect.evidence.phrases import Matcher, Phrase, listed, load, merged

__all__ = ["Matcher", "Phrase", "listed", "load", "merged"]

warnings.warn(
    "mtdetect.phrases is deprecated; import mtdetect.evidence.phrases", DeprecationWarning, stacklevel=2
)
