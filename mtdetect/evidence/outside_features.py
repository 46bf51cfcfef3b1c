"""Evidence of spinning outside the classifier's features, as nats added to the log-odds of spun text.

The classifier cannot learn it: homographs and raw spin syntax are too rare in the training texts, and our imitations of web spinners use more of their words
than real pages do. Calibration texts are scored with this evidence, so p-values allow for what people have of it.
"""

from __future__ import annotations

import numpy as np

from mtdetect.evidence import homographs, surface_errors
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.text.arrays import F64, Mask

DECISIVE = homographs.MOST
"""Nats at which this evidence alone decides the label, even of a short text."""


def weigh(view: View, wordings: SpinnerWordings) -> F64:
    """Weigh the evidence of spinning in each text, in nats, shape (n_texts,).

    Parameters
    ----------
    view : View
        The batch.
    wordings : SpinnerWordings
        The wordings of web spinners.
    """
    return homographs.weigh(view) + wordings.evidence_for_spinning(view) + DECISIVE * _raw(view)


def are_reported(view: View, wordings: SpinnerWordings) -> Mask:
    """Whether any of it is reported of each text, shape (n_texts,). Parameters as for :func:`weigh`."""
    return (homographs.weigh(view) > 0) | wordings.are_reported(view) | _raw(view)


def _raw(view: View) -> Mask:
    """Texts with raw spin syntax."""
    return view.once(_has_spin_syntax)


def _has_spin_syntax(view: View) -> Mask:
    return np.array([surface_errors.is_spin_syntax(text) for text in view.batch.texts], bool)
