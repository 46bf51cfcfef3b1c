"""A small translation engine, asked how it would have written a text.

Machine-translated English is what a translation engine would have written itself; people's English is less so, spun English much less.
So the text is translated into Portuguese, and the way back is asked, token by token, how probable the *given* text is. The idea is that
of GLTR (Gehrmann, Strobelt and Rush 2019) with a translation model in place of a language model, and of detection by round-trip
similarity (Nguyen-Son et al. 2021) with probabilities in place of a comparison of words.

- :mod:`~mtdetect.features.retranslation.files` finds and checks the files of the engine;
- :mod:`~mtdetect.features.retranslation.marian` reads their formats;
- :mod:`~mtdetect.features.retranslation.network` computes the network;
- :mod:`~mtdetect.features.retranslation.engine` translates, and scores given translations;
- :mod:`~mtdetect.features.retranslation.asking` chooses sentences of a text and scores them: :func:`scores`;
- :mod:`~mtdetect.features.retranslation.columns` measures the answers: the features of :mod:`mtdetect.model.retranslation`.

The engine is the extra ``retranslate``. A detector imports this package only when it consults the engine.
"""

from __future__ import annotations

from mtdetect.features.retranslation import files
from mtdetect.features.retranslation.asking import TextScores, clock, scores, scores_in_batch
from mtdetect.features.retranslation.columns import first_choices, gaps, measure
from mtdetect.features.retranslation.engine import Engine, TokenScores, Translator, shared

__all__ = [
    "Engine",
    "TextScores",
    "TokenScores",
    "Translator",
    "clock",
    "files",
    "first_choices",
    "gaps",
    "measure",
    "scores",
    "scores_in_batch",
    "shared",
]
