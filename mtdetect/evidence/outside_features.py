"""Evidence of spinning outside the classifier's features, as nats added to the log-odds of spun text.

The classifier cannot learn it: homographs and raw spin syntax are too rare in the training texts, and our imitations of web spinners use more of their words
than real pages do. Hardly any human text has one of the three, so calibration does without.
"""

from __future__ import annotations

import numpy as np

from mtdetect.evidence import homographs, surface_errors
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.text.arrays import F64

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
    raw = np.array([surface_errors.is_spin_syntax(text) for text in view.batch.texts], bool)
    return homographs.weigh(view) + wordings.evidence_for_spinning(view) + DECISIVE * raw
