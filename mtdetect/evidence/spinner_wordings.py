"""Wordings and words of web spinners as evidence: "the place" for "where", "as a result of" for "because", "enterprise" for "business".

:mod:`mtdetect.model.spinner_wordings` decides which are reported; this module adds their spans and the suggestion.
"""

from __future__ import annotations

from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.text.capitals import with_capitals_of
from mtdetect.verdict import Evidence

KIND = "wording"


def find(view: View, model: SpinnerWordings) -> list[list[Evidence]]:
    """Find the wordings and words of web spinners that are reported of each text.

    Parameters
    ----------
    view : View
        The batch.
    model : SpinnerWordings
        The wordings.

    Returns
    -------
    list of list of Evidence
        Evidence of each text.
    """
    found: list[list[Evidence]] = [[] for _ in range(len(view))]
    s, batch = view.stream, view.batch
    for item in model.reported(view):
        doc, ends = int(s.doc[item.first]), s.token[[item.first, item.last]]
        start, end = batch.spans(doc, batch.tokens.start[ends], batch.tokens.end[ends])
        text = batch.texts[doc][int(start[0]) : int(end[1])]
        original = with_capitals_of(text, item.original)
        found[doc].append(Evidence(int(start[0]), int(end[1]), text, KIND, item.weight, original))
    return found
