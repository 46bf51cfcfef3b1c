"""Comparing two texts: align, measure, conclude."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mtdetect.comparison import measures as measuring
from mtdetect.comparison.alignment import Alignment, align, similarities
from mtdetect.comparison.measures import Pair
from mtdetect.comparison.model import MAKERS, PairModel, load_pairs, probability
from mtdetect.comparison.result import Comparison, Direction, Relation
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import Change, changes, substitutions
from mtdetect.errors import InputError
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.text.arrays import F64

LARGEST = 15_000_000
"""Characters of a text that is compared, at most: a long novel."""

Text = str | bytes | None

_RELATIONS: dict[str, Relation] = {
    "neural": "machine_translated",
    "rules": "machine_translated",
    "spinning": "spun",
    "desk": "edited",
}


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
        Of the texts, for the answer and for errors.
    model : PairModel, optional
        The one that comes with the package if not given.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If one of them is no English prose, or too long.
    """
    told = [name or default for name, default in zip(names, ("the suspect", "the original"), strict=True)]
    for name, text in zip(told, (suspect, original), strict=True):
        if len(text or "") > LARGEST:
            raise InputError(f"{name}: longer than {LARGEST:,} characters; compare it in parts")
    view = View(read([suspect, original], lexicon.vocabulary), lexicon)
    for name, why in zip(told, view.batch.reason, strict=True):
        if why is not None:
            raise InputError(f"{name}: is no English prose ({why})")
    return compare_documents(Side(view, 0), Side(view, 1), names=names, model=model)


def compare_documents(
    suspect: Side,
    original: Side,
    *,
    names: tuple[str | None, str | None] = (None, None),
    model: PairModel | None = None,
    styles: tuple[F64, F64] | None = None,
) -> Comparison:
    """Compare two texts that have been read.

    Parameters
    ----------
    suspect, original : Side
        The texts: ``Side(View(batch, lexicon), index)``, of one batch or of two.
    names : tuple of str, optional
        Of the texts, for the answer.
    model : PairModel, optional
        The one that comes with the package if not given.
    styles : tuple of ndarray, optional
        Rows of ``measures.dense`` of the two, where the caller has them; measured if not given.

    Returns
    -------
    Comparison
    """
    # One of the two orders is worked out and the other is its mirror image, so that the answers agree to the last digit.
    if (suspect.text, suspect.words) > (original.text, original.words):
        turned = (styles[1], styles[0]) if styles is not None else None
        return compare_documents(
            original, suspect, names=(names[1], names[0]), model=model, styles=turned
        ).mirrored()
    model = model or load_pairs()
    alignment = align(suspect, original)
    pair = Pair(alignment)
    relation, is_copy, confidence = _related(pair, model)
    direction: Direction = "unclear"
    direction_odds = 0.0
    found: list[Change] = []
    if is_copy:
        measures = pair.measures()
        found = measures.changes
        if relation != "verbatim":
            style = _style(suspect, original) if styles is None else styles[0] - styles[1]
            direction_odds = model.direction_odds(
                measures, style, model.makers(measures.kind, alignment.kept)
            )
        # What an editor changed says nothing of who was first.
        if relation in ("machine_translated", "spun") and abs(direction_odds) >= model.thresholds[1]:
            direction = "suspect_is_copy" if direction_odds > 0 else "original_is_copy"
    return Comparison(
        names[0],
        names[1],
        relation,
        is_copy,
        direction,
        confidence,
        alignment.copied,
        alignment.covered,
        alignment.links,
        substitutions(alignment, found),
        direction_odds,
    )


def placed(
    comparison: Comparison, suspect: Text, original: Text, lexicon: Lexicon
) -> tuple[tuple[Side, Side], list[Change]]:
    """Read two texts again, to show where what a comparison told of them stands.

    Parameters
    ----------
    comparison : Comparison
        Of the two texts.
    suspect, original : str or bytes
        The texts, as they were compared.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    sides : tuple of Side
        The texts.
    changes : list of Change
        Where aligned sentences differ; none if there is no copy.
    """
    view = View(read([suspect, original], lexicon.vocabulary, identify=False), lexicon)
    sides = Side(view, 0), Side(view, 1)
    if not comparison.is_copy:
        return sides, []
    return sides, changes(Alignment(*sides, comparison.alignment, similarities(*sides)))


@dataclass(frozen=True, slots=True)
class Kinship:
    """How two texts are related, without direction and wordings.

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


def relate_documents(suspect: Side, original: Side, *, model: PairModel | None = None) -> Kinship:
    """Say how two texts that have been read are related, in half of the time that :func:`compare_documents` takes.

    Parameters
    ----------
    suspect, original : Side
        The texts: ``Side(View(batch, lexicon), index)``, of one batch or of two.
    model : PairModel, optional
        The one that comes with the package if not given.

    Returns
    -------
    Kinship
        As :func:`compare_documents` tells it.
    """
    if (suspect.text, suspect.words) > (original.text, original.words):
        turned = relate_documents(original, suspect, model=model)
        return replace(turned, copied=turned.covered, covered=turned.copied)
    alignment = align(suspect, original)
    return Kinship(*_related(Pair(alignment), model or load_pairs()), alignment.copied, alignment.covered)


def _related(pair: Pair, model: PairModel) -> tuple[Relation, bool, float]:
    """Relation, whether one is a copy, and how likely that is right."""
    same = _is_verbatim(pair.alignment)
    odds = model.copy_odds(pair.copy)
    if same or odds >= float(model.thresholds[0]):
        return (
            _relation(pair.alignment, model.makers(pair.kind, pair.alignment.kept)),
            True,
            1.0 if same else probability(odds),
        )
    return "related" if model.related_odds(pair.copy) > 0 else "unrelated", False, 1 - probability(odds)


VERBATIM = 0.97
"""Share of the aligned words in identical sentences from which nothing was changed but the choice of sentences."""


def _is_verbatim(alignment: Alignment) -> bool:
    """Whether the two are the same words in the same order."""
    a, b = alignment.suspect, alignment.original
    return a.words > 0 and a.words == b.words and bool(np.array_equal(a.hash, b.hash))


def _relation(alignment: Alignment, makers: F64) -> Relation:
    size = alignment.suspect.size
    aligned = [(int(size[list(link.suspect)].sum()), link.similarity) for link in alignment.links]
    total = sum(words for words, _ in aligned)
    if total and sum(words for words, similarity in aligned if similarity == 1.0) >= VERBATIM * total:
        return "verbatim"
    shares: dict[Relation, float] = {}
    for maker, share in zip(MAKERS, makers, strict=True):
        shares[_RELATIONS[maker]] = shares.get(_RELATIONS[maker], 0.0) + float(share)
    return max(shares, key=lambda name: shares[name])


def _style(suspect: Side, original: Side) -> F64:
    """Style of the suspect less that of the original."""
    if suspect.view is original.view:
        rows = measuring.dense(suspect.view)
        return np.asarray(rows[suspect.index] - rows[original.index])
    return np.asarray(
        measuring.dense(suspect.view)[suspect.index] - measuring.dense(original.view)[original.index]
    )
