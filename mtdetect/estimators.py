"""Deprecated import path of :mod:`mtdetect.integrations.sklearn`."""

from __future__ import annotations

import warnings

from mtdetect.features.transformers import texts_of
from mtdetect.integrations.sklearn import AdaptedClassifier, DetectorClassifier, VerdictTransformer

__all__ = ["AdaptedClassifier", "DetectorClassifier", "VerdictTransformer", "texts_of"]

warnings.warn(
    "mtdetect.estimators is deprecated; import mtdetect.integrations.sklearn",
    DeprecationWarning,
    stacklevel=2,
)
