"""Evidence of spinning that the classifier cannot learn, as nats that it adds to the log-odds of spun text.

Homographs and raw spin syntax are too rare in training texts, and the wordings of web spinners are function words that the features of
substituted words do not look at. Human texts have next to none of the three, so their scores stay as they are.
"""

from __future__ import annotations

import numpy as np

from mtdetect.evidence import homographs, surface_errors
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.text.arrays import F64

DECISIVE = homographs.MOST
"""Nats from which this evidence decides by itself, even in a short text."""


def weigh(view: View, wordings: SpinnerWordings) -> F64:
    """Weigh the evidence of each text of a batch, shape (n_texts,).

    Parameters
    ----------
    view : View
        The batch.
    wordings : SpinnerWordings
        Wordings of web spinners.
    """
    raw = np.array([surface_errors.is_spin_syntax(text) for text in view.batch.texts], bool)
    return homographs.weigh(view) + wordings.evidence_for_spinning(view) + DECISIVE * raw
