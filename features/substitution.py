"""Candidate substitutions: words that may have replaced another word, with their feature columns.

A candidate is a content word that fits a neighbour badly and whose suspicion score is high enough (``gains.suspects``). From
its columns the candidate model (``mtdetect.model.candidates``) estimates how likely the word is a machine's substitute. The
columns measure how badly it fits and how much better its likeliest alternative would; whether similar words occur beside
such neighbours (affinity, which predicts pairs that the tables lack); whether it comes from another register than its
neighbour and its text ("misfortune" beside "function"); and whether thesauri or people prefer the word.

Contributions were measured on 1,000 tortured phrases for tuning, in neutral sentences against the right wordings, at 0.5 reports
per 1,000 human words: fit and gain alone find 2 %; with affinity, registers and degrees 5 %; with spinners' preferences
13 %; with one error rate for each text instead of one threshold (``mtdetect.model.candidates``) 56 %.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.columns import in_order
from mtdetect.features.lexicon import unpack
from mtdetect.text.arrays import F32, F64, I64
from mtdetect.text.segments import sums
from mtdetect.text.vocabulary import FIRST_WORD, MOST_CHANGES

if TYPE_CHECKING:
    from mtdetect.features.lexicon import Lexicon
    from mtdetect.features.view import View


COLUMNS = (
    "fit_left",
    "fit_right",
    "log_count",
    "log_count_before",
    "log_count_after",
    "content_before",
    "content_after",
    "seen_left",
    "seen_right",
    "gain_left",
    "gain_right",
    "likeness",
    "commoner",
    "listed",
    "mean_gain",
    "affinity_left",
    "affinity_right",
    "degree",
    "register_before",
    "register_after",
    "register_of_text",
    "capital",
    "capital_usual",
    "skip_left",
    "skip_right",
    "triples",
)


@dataclass(frozen=True)
class Candidates:
    """The candidates of a batch.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Positions in the stream, ascending.
    columns : ndarray of float64, shape (n, len(COLUMNS))
        NaN where a neighbour is not a content word. In column-major order, because columns are read one by one.
    """

    at: I64
    columns: F64


def candidates(view: View) -> Candidates:
    """Find and measure the candidates of a batch.

    Parameters
    ----------
    view : View
        The batch.
    """
    s, lexicon = view.stream, view.lexicon
    at, likeliest = view.gains.at, view.gains.likeliest
    fit_left = view.fit_left.take(at)
    word, before, after = (side.take(at).astype(np.int64) for side in (s.ids, s.before, s.after))
    log_count = lexicon.log_counts.take
    beside, behind = lexicon.compared.take(before), lexicon.compared.take(after)

    def between(use: npt.NDArray[np.bool_], *measures: Any, left: Any, right: Any) -> list[F32]:
        where = np.flatnonzero(use)
        left, right = left.take(where), right.take(where)
        columns = []
        for measure in measures:
            values = np.full(len(at), np.nan, np.float32)
            values[where] = measure(left, right)
            columns.append(values)
        return columns

    def apart(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        distance = lexicon.registers.take(left, axis=0) - lexicon.registers.take(right, axis=0)
        return np.einsum(
            "ij->i", np.abs(distance, out=distance)
        )  # five times as fast as sum() for so few columns

    own = np.flatnonzero(view.compared)
    registers = lexicon.registers.take(s.ids.take(own), axis=0)
    first = np.searchsorted(own, view.first)
    total = np.stack([sums(column, first) for column in registers.T], axis=1)
    of_text = total / np.maximum(np.diff(first), 1)[:, None]
    affinity_left, apart_left = between(beside, lexicon.affinity, apart, left=before, right=word)
    affinity_right, apart_right = between(behind, lexicon.affinity, apart, left=word, right=after)
    columns = {
        "fit_left": fit_left,
        "fit_right": view.fit.take(at) - fit_left,
        "log_count": log_count(word),
        "log_count_before": log_count(before),
        "log_count_after": log_count(after),
        "content_before": beside,
        "content_after": behind,
        "seen_left": np.log1p(view.bigram_left.take(at)),
        "seen_right": np.log1p(view.bigram_right.take(at)),
        "gain_left": np.clip(likeliest.left, -15, 15),
        "gain_right": np.clip(likeliest.right, -15, 15),
        "likeness": likeliest.likeness,
        "commoner": log_count(likeliest.number) - log_count(word),
        "listed": likeliest.listed,
        "mean_gain": likeliest.mean_gain,
        "affinity_left": affinity_left,
        "affinity_right": affinity_right,
        "degree": lexicon.degrees.take(word),
        "register_before": apart_left,
        "register_after": apart_right,
        "register_of_text": np.abs(
            lexicon.registers.take(word, axis=0) - of_text.take(s.doc.take(at), axis=0)
        ).sum(axis=1),
        "capital": view.capital.take(at),
        "capital_usual": lexicon.capital.take(word) / 255,
        **_beyond(view, at),
    }
    return Candidates(at, np.stack(in_order(columns, COLUMNS), dtype=np.float64).T)


LEAST_SKIP, MOST_SKIP = -4.0, 6.0
"""Limits of the lift of words two apart, in nats."""


def _beyond(view: View, at: I64) -> dict[str, npt.NDArray[Any]]:
    """Columns of words two positions away: lifts with the candidate (NaN where undefined), and log counts of the triples around it.

    They raise the AUC on tortured phrases by 0.006 and cost little, because the fluency block has looked up the counts.
    """
    s, counts = view.stream, view.lexicon.counts
    one, two = (np.minimum(at + k, max(len(s.ids) - 1, 0)) for k in (1, 2))
    next_is_near = ~s.last.take(at)
    second_is_near = next_is_near & ~s.last.take(one)

    def lift(first: npt.NDArray[Any], second: npt.NDArray[Any], seen: F32, use: Any) -> npt.NDArray[Any]:
        known = use & (first >= FIRST_WORD) & (second >= FIRST_WORD)
        chance = counts.take(first) * (counts.take(second) / view.lexicon.total)
        nats = np.log((seen + 0.1) / (chance + 0.1))
        return np.where(known, np.clip(nats, LEAST_SKIP, MOST_SKIP), np.nan)

    word, skip, trigram = s.ids.take(at), view.skip, view.trigram
    triples = np.log1p(trigram.take(at))
    triples += np.log1p(trigram.take(one)) * next_is_near
    triples += np.log1p(trigram.take(two)) * second_is_near
    return {
        "skip_left": lift(s.before2.take(at), word, skip.take(at), True),
        "skip_right": lift(word, s.ids.take(two), skip.take(two), second_is_near),
        "triples": triples,
    }


MOST_CAPITAL = 190
"""Share of capitals within sentences, of 255, above which a word is a proper name, which spinners do not replace."""

PER_LIKENESS = 14.0
"""Nats for a unit of cosine, against the strength of the resulting pair. With 8, "Holiday Villa" would become "Holiday Inn"."""

NOTHING = -50.0
"""Score of a pair for which there is no alternative."""


@dataclass(frozen=True)
class Pairs:
    """Unseen pairs of neighbours in which changing one word results in a common pair.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Position of the left word in the stream, ascending.
    side : ndarray of int64, shape (n,)
        Which word to change: 0 left, 1 right.
    wording : ndarray of int64, shape (n,)
        Id of the word that takes its place.
    score : ndarray of float64, shape (n,)
        PMI plus half the log count of the resulting pair, minus a penalty for the dissimilarity of the two words, in nats.
    likeness : ndarray of float32, shape (n,)
        Cosine of the word found and the wording; 1 for misspelt words.
    lead : ndarray of float64, shape (n,)
        Nats to the next best wording; 0 for misspelt words.
    """

    at: I64
    side: I64
    wording: I64
    score: F64
    likeness: npt.NDArray[np.floating[Any]]
    lead: F64


def name_pairs(view: View) -> Pairs:
    """Capitalised pairs in which one word has an alternative that makes a known name ("Getty Pictures").

    Names are so rare and so often unknown that the fit of their words is no evidence, and most spinners leave them alone. The
    score therefore depends on the resulting name, which must be one that people often write.

    Parameters
    ----------
    view : View
        The batch.
    """
    s, lexicon, capital = view.stream, view.lexicon, view.capital
    at = _unseen_pairs(view)
    at = at[capital[at] & capital[at + 1]]
    rows = np.arange(len(at))
    wordings, scores, cosines, seconds = [], [], [], []
    for side in (0, 1):
        word, other = s.ids[at + side].astype(np.int64), s.ids[at + 1 - side].astype(np.int64)
        wording, cosine = np.zeros(len(at), np.int64), np.zeros(len(at))
        most, second = np.full(len(at), NOTHING), np.full(len(at), NOTHING)
        common = np.flatnonzero(lexicon.capital.take(word) <= MOST_CAPITAL)
        word, other = word.take(common), other.take(common)
        option = lexicon.alternatives.take(word, axis=0).astype(np.int64)
        likeness, _ = unpack(lexicon.plausible.take(word, axis=0))
        beside = np.broadcast_to(other[:, None], option.shape)
        pair = (option, beside) if side == 0 else (beside, option)
        score = np.full(option.shape, NOTHING)
        usual = lexicon.are_collocations(*pair) & (option != 0)
        strength, n = _strength(lexicon, pair[0][usual], pair[1][usual])
        score[usual] = np.where(n == 0, NOTHING, strength + PER_LIKENESS * (likeness[usual] - 1))
        best = score.argmax(axis=1)
        which = np.arange(len(common))
        wording[common] = option[which, best]
        most[common] = score[which, best]
        cosine[common] = likeness[which, best]
        score[which, best] = NOTHING
        second[common] = score.max(axis=1, initial=NOTHING)
        wordings.append(wording)
        scores.append(most)
        cosines.append(cosine)
        seconds.append(second)
    side_of_best = np.argmax(scores, axis=0)
    score = np.max(scores, axis=0)
    second = np.maximum(np.max(seconds, axis=0), np.min(scores, axis=0))
    keep = score > NOTHING
    best_of = (side_of_best[keep], rows[keep])
    return Pairs(
        at[keep],
        side_of_best[keep],
        np.array(wordings)[best_of],
        score[keep],
        np.array(cosines)[best_of],
        (score - second)[keep],
    )


def spelling_pairs(view: View) -> Pairs:
    """Pairs in which one word may be a misspelling of a word that makes a collocation ("blood cuts").

    A misspelling keeps the first and the last letter and changes one or two between. A difference in the ending alone is
    grammar, not spelling.

    Parameters as for :func:`name_pairs`.
    """
    s, lexicon, capital = view.stream, view.lexicon, view.capital
    at = _unseen_pairs(view)
    at = at[~(capital[at] | capital[at + 1])]
    outline = lexicon.vocabulary.outline
    best = Pairs(
        at,
        np.zeros(len(at), np.int64),
        np.zeros(len(at), np.int64),
        np.full(len(at), NOTHING),
        np.ones(len(at), np.float32),
        np.zeros(len(at)),
    )
    for side in (0, 1):
        word, other = s.ids[at + side].astype(np.int64), s.ids[at + 1 - side].astype(np.int64)
        which, option = lexicon.collocates(other, side, outline.take(word))
        another = option != word[which]
        which, option = which[another], option[another]
        close = lexicon.vocabulary.nearly_spelt(word[which], option, MOST_CHANGES)
        which, option = which[close], option[close]
        pairs = zip(word[which].tolist(), option.tolist(), strict=True)
        alike = np.fromiter(itertools.starmap(lexicon.vocabulary.is_misspelling, pairs), bool, len(which))
        which, option = which[alike], option[alike]
        pair = (option, other[which]) if side == 0 else (other[which], option)
        score = _strength(lexicon, *pair)[0]
        for k, number, value in zip(which.tolist(), option.tolist(), score.tolist(), strict=True):
            if value > best.score[k]:
                best.side[k], best.wording[k], best.score[k] = side, number, value
    keep = best.score > NOTHING
    return Pairs(*(getattr(best, field.name)[keep] for field in fields(Pairs)))


def _strength(lexicon: Lexicon, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> tuple[F64, F64]:
    """PMI plus half the log count of pairs, and their counts."""
    n = lexicon.pairs(lexicon.bigram, left, right).astype(np.float64)
    seen = np.log(np.maximum(n, 0.1))
    return 1.5 * seen + np.log(lexicon.total) - lexicon.log_counts[left].astype(
        np.float64
    ) - lexicon.log_counts[right], n


def _unseen_pairs(view: View) -> I64:
    """Positions of the left words of adjacent content words that are unseen as a pair."""
    s = view.stream
    known = view.compared
    together = known[:-1] & known[1:] & ~s.last[:-1] & (s.token[1:] == s.token[:-1] + 1)
    return np.flatnonzero(together & (view.bigram_right[:-1] == 0))
