"""Evidence: single words that a machine probably put in another's place, and what stood there.

A forest of small trees gives each site (``features.substitution``) the log-odds that its word is a substitute. People's own
words reach any score now and then, so a score becomes a p-value by comparison with people's sites, and a text reports the
sites that keep its expected share of false reports small (Benjamini and Hochberg, JRSS B 1995): among many sites that look
damaged a half-odd one is reported, alone among a hundred sound ones it is not. What stood there ``mtdetect.evidence.suggestions`` says.

Names and misspelt pairs are judged apart, by where a changed word would lead; of names a logistic regression on what is measured of them
(``features.names``) says how likely one part was replaced. In a text full of damage a half-odd name is
reported as well, in a sound one it is some organisation's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.evidence.suggestions import decode, lattices, transitions
from mtdetect.features.view import View
from mtdetect.model.trees import Trees
from mtdetect.text.dialects import same_word
from mtdetect.text.segments import bounds, sums
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL
from mtdetect.verdict import Evidence

F64 = npt.NDArray[np.float64]

FALSE_SHARES, FEW = (0.15, 0.02, 0.03), 1.9
"""Expected share of false reports among the reports of a text, for each of ``KINDS``, and the number of misfits in a text for which the share
of sites is doubled, because in a sentence the share that comes true is far smaller: among right wordings fewer words are sites at all. On
the 2,655 tortured phrases for tuning, in sentences of a dozen words, and on people's texts: 0.14 with 1.9 finds 61 % with 91.1 % of the reports
right and 0.19 reports in 1,000 words by people, 0.15 with 1.9 62 % with 90.6 % and 0.24, 0.17 with 1.9 63 % with 89.8 % and 0.35, 0.15 with 2.5 63 %
with 89.8 % and 0.24, 0.2 with 1.9 65 % with 88.9 % and 0.54. Pairs are few in a text, so that a small share still reports a lone one."""

SPINNER_WEIGHT = 1.0
"""Nats for a nat of spinners' preference (``Lexicon.favoured``), which comes from so few words that trees that see it learn little else of
our own spinners' texts."""

PRIOR_REPLACED, PRIOR_WORDS = 0.5, 50.0
"""Belief about the share of replaced words before a text is seen: as if half a word of fifty had been."""

SURE = 0.6
"""Probability, given the share of replaced words that the whole text suggests, at which a site or name is reported even if the error
rate of the text would not allow it: in a text full of damage half-odd names are damage."""

IN_SPUN = 0.03
"""P-value at which a site is told in a text that looks spun as a whole. Of the content words that spinners replaced at 5, 10 and 30 % of all words, in 150
texts each, 7.5, 16.5 and 22.9 % are told instead of 4.9, 7.5 and 16.0 %, and 62, 77 and 95 instead of 78, 84 and 97 % of the reports are
right; with 0.02 these are 6.8, 13.5 and 19.9 %, and 68, 80 and 96 %. People's texts hardly ever look spun: theirs stay as they are."""

ROUNDS = 15

COMPANY, LEAST_COMPANY = 0.3, -4.0
"""Share of the stronger neighbouring site's log-odds that a site is credited with, and the least that a neighbour can say."""

SURELY = (0.05, 0.01, 0.001)
"""P-values below which sites are counted as features of the text."""

NAMES = ("share", "odds", *(f"below_{p:g}" for p in SURELY), "found")

LEAST_WEIGHT = 0.01

VOWELS = frozenset("aeiouyáéíóúäöüàèìòùâêîôû")
"""A word without any is an abbreviation, which no spinner puts in another's place: a fifth of 100 false reports that were read was
the "pct" of agencies."""

LONGEST_SPAN = 4
"""Words of a reported span."""

LEAST_BESIDE_NAME = 5
"""Sightings before a reported name of what a misfit there may have been, at which it is reported with the name."""


KINDS = ("collocation", "name", "spelling")
"""Sites, and the two kinds of pairs."""


@dataclass(frozen=True)
class Tail:
    """Scores of people's texts, from which p-values come.

    Attributes
    ----------
    scores : ndarray of float32
        The uppermost, rising.
    total : int
        How many words or pairs were looked at; of sites all misfits (``View.misfits``), though only the suspect ones have scores.
    """

    scores: npt.NDArray[np.float32]
    total: int

    def p_values(self, scores: npt.NDArray[Any]) -> F64:
        """Share of people's scores that are at least as high; 1 for those not above the least stored one."""
        p = np.ones(len(scores))
        scores = scores.astype(np.float32)
        high = np.flatnonzero(scores > self.scores[0]) if len(self.scores) else np.zeros(0, np.int64)
        rank = np.searchsorted(self.scores, scores[high], side="left")
        p[high] = (len(self.scores) - rank + 1) / (self.total + 1)
        return p


@dataclass(frozen=True)
class Judged:
    """Everything in a batch that may be evidence.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Place in the stream; of pairs the left word.
    kind : ndarray of int64, shape (n,)
        Index into ``KINDS``.
    row : ndarray of int64, shape (n,)
        Which site, or which pair of its kind.
    score, p : ndarray of float64, shape (n,)
    weight : ndarray of float64, shape (n,)
        Log likelihood ratio of a substitute against a person's word, in nats.
    found : ndarray of bool, shape (n,)
        What is reported.
    """

    at: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    score: F64
    p: F64
    weight: F64
    found: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SiteModel:
    """Judges sites and pairs.

    Attributes
    ----------
    trees : Trees
        Log-odds by columns of ``substitution.COLUMNS``.
    people : tuple of Tail
        Of each of ``KINDS``.
    scale : ndarray of float64, shape (2, 2)
        Slope and shift from the score of a site, and of a name, to the log likelihood ratio of a substitute against a person's word.
    names : ndarray of float64, shape (len(names.COLUMNS),)
        Weights of what is measured of a name.
    """

    trees: Trees
    people: tuple[Tail, ...]
    scale: F64
    names: F64

    @classmethod
    def load(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> SiteModel:
        """Take the model out of an artefact."""
        own = facts["sites"]
        return cls(
            Trees.load("sites", arrays, facts),
            tuple(Tail(np.array(arrays[f"people_{kind}"]), int(own["totals"][kind])) for kind in KINDS),
            np.array(own["scale"]),
            np.array(own["names"]),
        )

    def scores(self, view: View) -> F64:
        """Log-odds that each site of a batch is a substitute, at the prior of training, with its company's credit."""
        return with_company(view, raw_scores(view, self.trees))

    def judge(self, view: View) -> Judged:
        """Judge the sites and pairs of a batch; once, though both the features and the evidence ask."""
        if id(self) not in view.worked_out:
            view.worked_out[id(self)] = self._judge(view)
        judged: Judged = view.worked_out[id(self)]
        return judged

    def _judge(self, view: View) -> Judged:
        families = [
            (view.sites.at, self.scores(view)),
            (view.name_pairs.at, view.name_columns @ self.names),
            (view.spelling_pairs.at, view.spelling_pairs.score),
        ]
        at = np.concatenate([places for places, _ in families])
        kind = np.repeat(np.arange(len(families)), [len(places) for places, _ in families])
        score = np.concatenate([score for _, score in families])
        p = np.concatenate(
            [tail.p_values(score) for tail, (_, score) in zip(self.people, families, strict=True)]
        )
        weight = self._weights(kind, score, p)
        doc = view.stream.doc[at]
        words = view.per_text(view.content)
        found = (kind < 2) & (posterior(weight, doc, words) >= SURE)
        for k, share in enumerate(FALSE_SHARES):
            # Of the misfits of a text only the suspect ones are sites; the others count as what was looked at and not found.
            size = view.per_text(view.misfits) if k == 0 else np.bincount(doc[kind == k], minlength=len(view))
            few = FEW if k == 0 else 0.0
            found[kind == k] |= discoveries(p[kind == k], doc[kind == k], share, size, few)
        row = np.concatenate([np.arange(len(places)) for places, _ in families])
        return Judged(at, kind, row, score, p, weight, found)

    def measure(self, view: View) -> F64:
        """What the sites say of each text.

        Returns
        -------
        ndarray of float64, shape (n_texts, len(NAMES))
            For each content word: sites, their log-odds (from 0 to 8), sites below each p-value, reports of all kinds.
        """
        judged = self.judge(view)
        content = view.per_text(view.content)
        content[content == 0] = np.nan
        sites = len(view.sites.at)  # they come first
        first = bounds(view.stream.doc[view.sites.at], len(view))
        score, p = judged.score[:sites], judged.p[:sites]
        found = np.bincount(view.stream.doc[judged.at[judged.found]], minlength=len(view))
        counts = [
            np.diff(first),
            sums(np.clip(score + 5, 0, 8), first),
            *(sums(p < least, first) for least in SURELY),
            found,
        ]
        return np.stack(counts, axis=1) / content[:, None]

    def _weights(self, kind: npt.NDArray[np.int64], score: F64, p: F64) -> F64:
        # Nothing was trained for misspelt pairs: the most that a p-value can say is 1 / (-e p ln p)
        # (Sellke, Bayarri and Berger, The American Statistician 2001).
        p = np.minimum(p, 0.3)
        slope, shift = self.scale[np.minimum(kind, 1)].T
        return np.where(kind < 2, slope * score + shift, -np.log(-np.e * p * np.log(p)))


def raw_scores(view: View, trees: Trees) -> F64:
    """Log-odds of the sites of a batch by the trees, with spinners' preference."""
    word = view.stream.ids[view.sites.at]
    scores: F64 = trees.logits(view.sites.columns) + SPINNER_WEIGHT * view.lexicon.favoured[word]
    return scores


def with_company(view: View, scores: F64) -> F64:
    """Credit each site with a share of the stronger site right beside it: a spinner seldom replaces one word of a phrase."""
    at, s = view.sites.at, view.stream
    beside = (
        (at[1:] == at[:-1] + 1) & (s.before[at[1:]] == s.ids[at[:-1]]) & (s.doc[at[1:]] == s.doc[at[:-1]])
    )
    best = np.full(len(at), LEAST_COMPANY)
    best[1:][beside] = np.maximum(best[1:], scores[:-1])[beside]
    best[:-1][beside] = np.maximum(best[:-1], scores[1:])[beside]
    return scores + COMPANY * best


def discoveries(
    p: F64, doc: npt.NDArray[Any], false_share: float, size: npt.NDArray[Any], few: float = 0.0
) -> npt.NDArray[np.bool_]:
    """What to report of each text so that a share of it is expected to be false (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        P-values.
    doc : ndarray of int, shape (n,)
        Text of each.
    false_share : float
        That share.
    size : ndarray, shape (n_texts,)
        What was looked at in each text, those without a p-value included.
    few : float
        The share is twice as large in a text of this many tests, three times in one of half as many, and so on.
    """
    found = np.zeros(len(p), bool)
    share = false_share * (1 + few / np.maximum(size, 1))
    # A p-value above the share never passes, whatever its rank.
    low = np.flatnonzero(p <= share.take(doc))
    if not len(low):
        return found
    order = low[np.lexsort((p[low], doc[low]))]
    own = doc[order]
    rank = np.arange(1, len(own) + 1) - np.searchsorted(own, np.arange(len(size)))[own]
    last = np.zeros(len(size), np.int64)
    np.maximum.at(last, own, np.where(p[order] <= share[own] * rank / size[own], rank, 0))
    found[order] = rank <= last[own]
    return found


def posterior(weight: F64, doc: npt.NDArray[Any], words: npt.NDArray[Any]) -> F64:
    """Probability that each word was replaced, at the share of replaced words that its text suggests.

    Parameters
    ----------
    weight : ndarray of float64, shape (n,)
        Log likelihood ratios.
    doc : ndarray of int, shape (n,)
        Text of each.
    words : ndarray of int, shape (n_texts,)
        Content words of each text; those that are not among the ``n`` say nothing.
    """
    order = np.argsort(doc, kind="stable")
    first = bounds(doc[order], len(words))
    size = np.diff(first)
    ratio = np.exp(np.clip(weight[order], -20, 20))
    share = np.full(len(words), PRIOR_REPLACED / PRIOR_WORDS)
    likely = np.zeros(len(weight))
    for _ in range(ROUNDS):  # expectation and maximization
        likely = ratio * np.repeat(share / (1 - share), size)
        likely /= 1 + likely
        replaced = sums(likely, first)
        share = np.minimum((PRIOR_REPLACED + replaced) / (PRIOR_WORDS + words), 0.9)
    probability = np.empty(len(weight))
    probability[order] = likely
    return probability


def tell(view: View, model: SiteModel, spun: npt.NDArray[np.bool_]) -> list[list[Evidence]]:
    """Report the sites of a batch as evidence.

    Parameters
    ----------
    view : View
        The batch.
    model : SiteModel
        Judges them.
    spun : ndarray of bool, shape (n_texts,)
        Texts that look spun as a whole; there any site of a p-value of at most ``IN_SPUN`` is told.

    Returns
    -------
    list of list of Evidence
        For each text, spans with the wording they probably replaced.
    """
    told: list[list[Evidence]] = [[] for _ in range(len(view))]
    judged = model.judge(view)
    weights = np.maximum(judged.weight, LEAST_WEIGHT)
    taken: set[int] = set()
    for k in np.flatnonzero(judged.found & (judged.kind > 0)).tolist():
        first = int(judged.at[k])
        if first in taken:
            continue
        kind = KINDS[int(judged.kind[k])]
        pairs = view.name_pairs if kind == "name" else view.spelling_pairs
        row = int(judged.row[k])
        wording = view.stream.ids[first : first + 2].tolist()
        wording[int(pairs.side[row])] = int(pairs.wording[row])
        if kind == "name" and first and view.misfits[first - 1] and first - 1 not in taken:
            before = _before(view, first, wording[0])
            wording, first = [*before, *wording], first - len(before)
        last = first + len(wording) - 1
        taken |= set(range(first, last + 1))
        told[int(view.stream.doc[first])].append(
            _evidence(view, kind, first, last, wording, float(weights[k]))
        )
    found = judged.found | ((judged.p <= IN_SPUN) & spun.take(view.stream.doc[judged.at]))
    sites = np.flatnonzero(found & (judged.kind == 0))
    words = [view.lexicon.vocabulary.word(int(k)) for k in view.stream.ids[judged.at[sites]]]
    sites = sites[[not VOWELS.isdisjoint(word) for word in words]] if words else sites
    spans = [
        (first, last, members)
        for first, last, members in _spans(view, judged, sites)
        if taken.isdisjoint(range(first, last + 1))
    ]
    wordings = decode(view, [(first, last, set(judged.at[own].tolist())) for first, last, own in spans])
    for (first, last, members), wording in zip(spans, wordings, strict=True):
        if wording is not None and _respelt(view, first, wording):
            continue
        told[int(view.stream.doc[first])].append(
            _evidence(view, KINDS[0], first, last, wording, float(weights[members].max()))
        )
    return told


def _respelt(view: View, first: int, wording: list[int]) -> bool:
    """Whether a wording only spells what stands there as on the other side of the ocean."""
    word, found = view.lexicon.vocabulary.word, view.stream.ids[first : first + len(wording)].tolist()
    return all(same_word(word(a), word(b)) for a, b in zip(found, wording, strict=True) if a != b)


def _before(view: View, first: int, name: int) -> list[int]:
    """What the verb or title before a reported name replaced ("informed NBC" was told NBC), if that can be said."""
    place = first - 1
    if not _touch(view, place) or view.bigram_right[place] > 0:
        return []
    (lattice,) = lattices(view, [(place, place, {place})])
    if lattice is None:
        return []
    ((options, cost),) = lattice
    seen = view.lexicon.pairs(view.lexicon.bigram, options, np.full(len(options), name))
    before = np.array([view.stream.before[place]])
    to_left, to_right = (
        part.ravel() for part in transitions(view, [(before, options), (options, np.array([name]))])
    )
    worth = np.where(seen >= LEAST_BESIDE_NAME, to_left + to_right + cost, -np.inf)
    best = int(worth.argmax())
    return [int(options[best])] if np.isfinite(worth[best]) else []


def _spans(view: View, judged: Judged, found: npt.NDArray[np.int64]) -> list[tuple[int, int, list[int]]]:
    """Runs of words to report: reported sites that touch, each with a content word beside it that it was never seen with."""
    s, content = view.stream, view.content
    spans: list[tuple[int, int, list[int]]] = []
    for k in found.tolist():
        i = int(judged.at[k])
        first = last = i
        # A stranger beside it belongs to the picture; of two, the one that follows.
        if i + 1 < len(s.ids) and content[i + 1] and view.bigram_right[i] == 0 and _touch(view, i):
            last = i + 1
        elif i > 0 and content[i - 1] and view.bigram_left[i] == 0 and _touch(view, i - 1):
            first = i - 1
        if spans and first <= spans[-1][1] and last - spans[-1][0] < LONGEST_SPAN:
            begin, end, members = spans[-1]
            spans[-1] = (begin, max(end, last), [*members, k])
        elif spans and first <= spans[-1][1]:
            spans.append((spans[-1][1] + 1, max(last, spans[-1][1] + 1), [k]))
        else:
            spans.append((first, last, [k]))
    return spans


def _touch(view: View, i: int) -> bool:
    """Whether nothing stands between a word of the stream and the next."""
    s = view.stream
    return not s.last[i] and s.token[i + 1] == s.token[i] + 1 and s.doc[i + 1] == s.doc[i]


def _evidence(
    view: View, kind: str, first: int, last: int, wording: list[int] | None, weight: float
) -> Evidence:
    s, batch = view.stream, view.batch
    doc = int(s.doc[first])
    tokens = s.token[first : last + 1]
    start, end = batch.spans(doc, batch.tokens.start[tokens], batch.tokens.end[tokens])
    text = batch.texts[doc]
    suggestion = None
    if wording is not None:
        parts = []
        for k, number in enumerate(wording):
            own = text[start[k] : end[k]]
            if number != int(s.ids[first + k]):
                own = _dressed(
                    view.lexicon.vocabulary.word(number), int(batch.tokens.flags[tokens[k]]), len(own)
                )
            parts.append(own)
            if k + 1 < len(wording):
                parts.append(text[end[k] : start[k + 1]])
        suggestion = "".join(parts)
    return Evidence(int(start[0]), int(end[-1]), text[start[0] : end[-1]], kind, weight, suggestion)


def _dressed(word: str, flags: int, length: int) -> str:
    """A word in the capitals of the one it stands for."""
    if flags & ALL_CAPITALS and length > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if flags & CAPITAL else word
