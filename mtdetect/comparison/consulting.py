"""What a translation engine says of two texts: which of them would it have written?

Of two versions of one sentence, a translation engine's is nearer to what such an engine writes, and a spinner's is farther from it. The
engine is asked about the aligned sentences of both texts that differ. Both say the same, so their subject cancels in the difference,
which it does not where a text stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from mtdetect.comparison.alignment import Alignment
from mtdetect.features.retranslation import asking
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.features.retranslation.engine import Engine

MOST_WORDS = 160
"""Words of each text, in aligned sentences that differ, that the engine is asked about."""


class Versions(NamedTuple):
    """Aligned sentences of two texts, in the same order.

    Attributes
    ----------
    suspect, original : list of str
        Their text.
    """

    suspect: list[str]
    original: list[str]


def choose(alignment: Alignment) -> Versions:
    """Choose aligned sentences to ask about: those that differ, spread over the texts.

    Parameters
    ----------
    alignment : Alignment
        Of the two texts.

    Returns
    -------
    Versions
        In the order of the suspect; empty if nothing differs, or nothing that does is fit to be asked about.
    """
    sides = (alignment.suspect, alignment.original)
    spans = [side.view.batch[side.index].sentences for side in sides]
    found: list[list[str]] = []
    words: list[int] = []
    for link in alignment.links:
        rows = sorted(link.suspect), sorted(link.original)
        sizes = [int(side.size[own].sum()) for side, own in zip(sides, rows, strict=True)]
        in_one_piece = all(own[-1] - own[0] == len(own) - 1 for own in rows)
        if not in_one_piece or min(sizes) == 0 or max(sizes) > asking.LONGEST:
            continue
        texts = [
            side.view.batch.without_tags(side.index, int(of_side[own[0], 0]), int(of_side[own[-1], 1]))
            for side, of_side, own in zip(sides, spans, rows, strict=True)
        ]
        unfit = not all(map(asking.is_fit, texts)) or (
            alignment.suspect.view.batch.markup and any(map(asking.is_marked_up, texts))
        )
        if texts[0] != texts[1] and not unfit:
            found.append(texts)
            words.append(max(sizes))
    chosen = [found[k] for k in asking.spread(np.array(words, np.int64), MOST_WORDS).tolist()]
    return Versions([texts[0] for texts in chosen], [texts[1] for texts in chosen])


def ask(pairs: Sequence[Versions], engine: Engine) -> list[tuple[TextScores, TextScores]]:
    """Ask the engine about pairs of texts.

    Parameters
    ----------
    pairs : sequence of Versions
        From :func:`choose`.
    engine : Engine
        The engine.

    Returns
    -------
    list of (TextScores, TextScores)
        What it says of the suspect and of the original of each. Their spans are empty: the sentences stand in no text.
    """
    sides = [side for versions in pairs for side in versions]
    begun = perf_counter()
    scored = iter(engine.score([sentence for side in sides for sentence in side]))
    asking.clock.add(perf_counter() - begun)
    nowhere = np.zeros((0, 2), np.int64)
    answers = [TextScores(nowhere, [next(scored) for _ in side], side) for side in sides]
    return list(zip(answers[::2], answers[1::2], strict=True))
