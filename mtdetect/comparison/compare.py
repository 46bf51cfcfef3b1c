"""Compare two texts: align their sentences, compute features, apply the pair model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mtdetect.comparison import measures as measuring
from mtdetect.comparison.alignment import Alignment, align, similarities
from mtdetect.comparison.measures import Pair
from mtdetect.comparison.model import METHODS, PairModel, load_pairs, probability
from mtdetect.comparison.result import Comparison, Direction, Relation
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import Change, count_substitutions, find_changes
from mtdetect.errors import InputError
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.text.arrays import F64

LARGEST = 15_000_000
"""Most characters of a compared text: a long novel."""

Text = str | bytes | None

_RELATIONS: dict[str, Relation] = {
    "neural": "machine_translated",
    "rules": "machine_translated",
    "spinning": "spun",
    "editing": "edited",
}
"""Relation for each of ``METHODS``."""


def compare_texts(
    suspect: Text,
    original: Text,
    lexicon: Lexicon,
    *,
    names: tuple[str | None, str | None] = (None, None),
    model: PairModel | None = None,
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
    model : PairModel, optional
        The shipped one by default.

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
    view = View(read([suspect, original], lexicon.vocabulary), lexicon)
    for name, why in zip(shown, view.batch.reason, strict=True):
        if why is not None:
            raise InputError(f"{name}: is no English prose ({why})")
    return compare_documents(Side(view, 0), Side(view, 1), names=names, model=model)


def compare_documents(
    suspect: Side,
    original: Side,
    *,
    names: tuple[str | None, str | None] = (None, None),
    model: PairModel | None = None,
) -> Comparison:
    """Compare two texts that are already read.

    Parameters
    ----------
    suspect, original : Side
        The texts: ``Side(View(batch, lexicon), index)``, of one batch or of two.
    names : tuple of str, optional
        Names of the texts, for the result.
    model : PairModel, optional
        The shipped one by default.

    Returns
    -------
    Comparison
    """
    # Only one of the two orders is computed and the other is its mirror image, so that both agree to the last digit.
    if _is_swapped(suspect, original):
        return compare_documents(original, suspect, names=(names[1], names[0]), model=model).mirrored()
    model = model or load_pairs()
    alignment = align(suspect, original)
    pair = Pair(alignment)
    relation, is_copy, confidence = _related(pair, model)
    direction: Direction = "unclear"
    direction_odds = 0.0
    if is_copy and relation != "verbatim":
        methods = model.methods(pair.kind, alignment.kept)
        direction_odds = model.direction_odds(pair.measures(), _style(suspect, original), methods)
        # An editor's changes do not show which text was first.
        if relation in ("machine_translated", "spun") and abs(direction_odds) >= model.thresholds[1]:
            direction = "suspect_is_copy" if direction_odds > 0 else "original_is_copy"
    return Comparison(
        suspect=names[0],
        original=names[1],
        relation=relation,
        is_copy=is_copy,
        direction=direction,
        confidence=confidence,
        copied=alignment.copied,
        covered=alignment.covered,
        alignment=alignment.links,
        substitutions=count_substitutions(alignment, pair.changes if is_copy else []),
        direction_odds=direction_odds,
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
    view = View(read([suspect, original], lexicon.vocabulary, identify=False), lexicon)
    sides = Side(view, 0), Side(view, 1)
    if not comparison.is_copy:
        return sides, []
    return sides, find_changes(Alignment(*sides, comparison.alignment, similarities(*sides)))


@dataclass(frozen=True, slots=True)
class PairRelation:
    """Relation of two texts: a :class:`Comparison` without direction, alignment and substitutions.

    Attributes
    ----------
    relation : str
        One of ``RELATIONS``.
    is_copy : bool
        Whether one text was made from the other, or both from the same.
    confidence : float
        Probability that ``is_copy`` is right, 0 to 1.
    copied, covered : float
        Share of the suspect's and of the original's words in aligned sentences.
    """

    relation: Relation
    is_copy: bool
    confidence: float
    copied: float
    covered: float


def relate_documents(suspect: Side, original: Side, *, model: PairModel | None = None) -> PairRelation:
    """Determine the relation of two texts that are already read, in half the time of :func:`compare_documents`.

    Parameters
    ----------
    suspect, original : Side
        The texts: ``Side(View(batch, lexicon), index)``, of one batch or of two.
    model : PairModel, optional
        The shipped one by default.

    Returns
    -------
    PairRelation
        With the values that :func:`compare_documents` gives.
    """
    if _is_swapped(suspect, original):
        mirrored = relate_documents(original, suspect, model=model)
        return replace(mirrored, copied=mirrored.covered, covered=mirrored.copied)
    alignment = align(suspect, original)
    relation, is_copy, confidence = _related(Pair(alignment), model or load_pairs())
    return PairRelation(relation, is_copy, confidence, alignment.copied, alignment.covered)


def _is_swapped(suspect: Side, original: Side) -> bool:
    """Whether the two texts are in the order that is not computed."""
    return (suspect.text, suspect.words) > (original.text, original.words)


def _related(pair: Pair, model: PairModel) -> tuple[Relation, bool, float]:
    """Relation, whether there is a copy, and the probability that this is right."""
    same = _is_identical(pair.alignment)
    odds = model.copy_odds(pair.copy)
    if same or odds >= float(model.thresholds[0]):
        relation = _copy_relation(pair.alignment, model.methods(pair.kind, pair.alignment.kept))
        return relation, True, 1.0 if same else probability(odds)
    return "related" if model.related_odds(pair.copy) > 0 else "unrelated", False, 1 - probability(odds)


VERBATIM = 0.97
"""Share of the aligned words in identical sentences from which a copy is verbatim: only whole sentences were added, dropped or moved."""


def _is_identical(alignment: Alignment) -> bool:
    """Whether the two texts have the same words in the same order."""
    a, b = alignment.suspect, alignment.original
    return a.words > 0 and a.words == b.words and bool(np.array_equal(a.hash, b.hash))


def _copy_relation(alignment: Alignment, methods: F64) -> Relation:
    """Most probable relation of a copy."""
    size = alignment.suspect.size
    aligned = [(int(size[list(link.suspect)].sum()), link.similarity) for link in alignment.links]
    total = sum(words for words, _ in aligned)
    if total and sum(words for words, similarity in aligned if similarity == 1.0) >= VERBATIM * total:
        return "verbatim"
    shares: dict[Relation, float] = {}
    for method, share in zip(METHODS, methods, strict=True):
        shares[_RELATIONS[method]] = shares.get(_RELATIONS[method], 0.0) + float(share)
    return max(shares, key=lambda name: shares[name])


def _style(suspect: Side, original: Side) -> F64:
    """Style features of the suspect minus those of the original."""
    if suspect.view is original.view:
        rows = measuring.dense(suspect.view)
        return np.asarray(rows[suspect.index] - rows[original.index])
    return np.asarray(
        measuring.dense(suspect.view)[suspect.index] - measuring.dense(original.view)[original.index]
    )
