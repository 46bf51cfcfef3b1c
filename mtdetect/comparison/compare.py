"""Compare two texts: align their sentences, compute features, apply the pair model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mtdetect.comparison import measures as measuring
from mtdetect.comparison.alignment import Alignment, align, similarities
from mtdetect.comparison.measures import KIND, Pair
from mtdetect.comparison.model import METHODS, load_pairs, probability
from mtdetect.comparison.result import Comparison
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import Change, count_substitutions, find_changes
from mtdetect.errors import InputError
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.text.arrays import F64
from mtdetect.verdict import Direction, Relation

if TYPE_CHECKING:
    from mtdetect.comparison.direction_model import Consultation

LARGEST = 15_000_000
"""Most characters of a compared text: a long novel."""

Text = str | bytes | None

_RELATIONS: dict[str, Relation] = {
    "neural": "machine_translated",
    "rules": "machine_translated",
    "spinning": "spun",
    "rewriting": "paraphrased",
    "editing": "edited",
}
"""Relation for each of ``METHODS``."""


def compare_texts(
    suspect: Text,
    original: Text,
    lexicon: Lexicon,
    *,
    names: tuple[str | None, str | None] = (None, None),
    consultation: Consultation | None = None,
) -> Comparison:
    """Compare two texts.

    Parameters
    ----------
    suspect, original : str or bytes
        English prose.
    lexicon : Lexicon
        Language tables.
    names : tuple of str, optional
        Names of the texts, for the result and for error messages.
    consultation : Consultation, optional
        How a translation engine is consulted about the direction; none is by default.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If one of them is not English prose, or too long.
    """
    shown = [name or default for name, default in zip(names, ("the suspect", "the original"), strict=True)]
    for name, text in zip(shown, (suspect, original), strict=True):
        if len(text or "") > LARGEST:
            raise InputError(f"{name}: longer than {LARGEST:,} characters; compare it in parts")
    view = View(read([suspect, original], lexicon.vocabulary, markup=True), lexicon)
    for name, why in zip(shown, view.batch.reason, strict=True):
        if why is not None:
            raise InputError(f"{name}: is no English prose ({why})")
    return compare_documents(Side(view, 0), Side(view, 1), names=names, consultation=consultation)


def compare_documents(
    suspect: Side,
    original: Side,
    *,
    names: tuple[str | None, str | None] = (None, None),
    consultation: Consultation | None = None,
) -> Comparison:
    """Compare two texts that are already read.

    Parameters
    ----------
    suspect, original : Side
        The texts: ``Side(View(batch, lexicon), index)``, of one batch or of two.
    names : tuple of str, optional
        Names of the texts, for the result.
    consultation : Consultation, optional
        How a translation engine is consulted about the direction; none is by default.

    Returns
    -------
    Comparison
    """
    # Only one of the two orders is computed and the other is its mirror image, so that both agree to the last digit.
    if _is_swapped(suspect, original):
        return compare_documents(
            original, suspect, names=(names[1], names[0]), consultation=consultation
        ).mirrored()
    model = load_pairs()
    alignment = align(suspect, original)
    pair = Pair(alignment)
    same = _is_identical(alignment)
    odds = model.copy_odds(pair.copy)
    is_copy = same or odds >= float(model.thresholds[0])
    relation: Relation = "related" if model.related_odds(pair.copy) > 0 else "unrelated"
    direction: Direction = "unclear"
    direction_odds = 0.0
    retranslated = False
    if is_copy:
        if same or _is_verbatim(alignment):
            relation = "verbatim"
        else:
            making = model.making(pair.measures(), _style(suspect, original), alignment.kept)
            relation = _copy_relation(pair, making.methods)
            direction_odds, threshold = making.direction_odds, float(model.thresholds[1])
            opinion = None if consultation is None else consultation.opinion(making, alignment)
            if opinion is not None:
                (direction_odds, threshold), retranslated = opinion, True
            if abs(direction_odds) >= threshold:
                direction = "suspect_is_copy" if direction_odds > 0 else "original_is_copy"
    return Comparison(
        suspect=names[0],
        original=names[1],
        relation=relation,
        is_copy=is_copy,
        direction=direction,
        confidence=1.0 if same else probability(odds if is_copy else -odds),
        copied=alignment.copied,
        covered=alignment.covered,
        alignment=alignment.links,
        substitutions=count_substitutions(alignment, pair.changes if is_copy else []),
        direction_odds=direction_odds,
        retranslated=retranslated,
    )


def locate_changes(
    comparison: Comparison, suspect: Text, original: Text, lexicon: Lexicon
) -> tuple[tuple[Side, Side], list[Change]]:
    """Find the positions of a comparison's changes in its texts, for display: a :class:`Comparison` does not hold them.

    Parameters
    ----------
    comparison : Comparison
        Result for the two texts.
    suspect, original : str or bytes
        The compared texts.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    sides : tuple of Side
        The texts.
    changes : list of Change
        Where aligned sentences differ; empty if there is no copy.
    """
    view = View(read([suspect, original], lexicon.vocabulary, identify=False, markup=True), lexicon)
    sides = Side(view, 0), Side(view, 1)
    if not comparison.is_copy:
        return sides, []
    return sides, find_changes(Alignment(*sides, comparison.alignment, similarities(*sides)))


def _is_swapped(suspect: Side, original: Side) -> bool:
    """Whether the two texts are in the order that is not computed."""
    return (suspect.text, suspect.words) > (original.text, original.words)


VERBATIM = 0.97
"""Share of the aligned words in identical sentences from which a copy is verbatim: only whole sentences were added, dropped or moved."""


MOST_KEPT = 0.2
"""Largest share of changed words among the aligned ones of a copy that is edited, not paraphrased, whoever changed them."""


def _is_identical(alignment: Alignment) -> bool:
    """Whether the two texts have the same words in the same order."""
    a, b = alignment.suspect, alignment.original
    return a.words > 0 and a.words == b.words and bool(np.array_equal(a.hash, b.hash))


def _is_verbatim(alignment: Alignment) -> bool:
    """Whether nearly all aligned words are in identical sentences."""
    size = alignment.suspect.size
    aligned = [(int(size[list(link.suspect)].sum()), link.similarity) for link in alignment.links]
    total = sum(words for words, _ in aligned)
    identical = sum(words for words, similarity in aligned if similarity == 1.0)
    return total > 0 and identical >= VERBATIM * total


def _copy_relation(pair: Pair, methods: F64) -> Relation:
    """Most probable relation of a copy."""
    shares: dict[Relation, float] = {}
    for method, share in zip(METHODS, methods, strict=True):
        shares[_RELATIONS[method]] = shares.get(_RELATIONS[method], 0.0) + float(share)
    best = max(shares, key=lambda name: shares[name])
    if best == "paraphrased" and pair.kind[KIND.index("changed")] <= MOST_KEPT:
        return "edited"
    return best


def _style(suspect: Side, original: Side) -> F64:
    """Style features of the suspect minus those of the original."""
    rows = suspect.view.once(measuring.dense), original.view.once(measuring.dense)
    return np.asarray(rows[0][suspect.index] - rows[1][original.index])
