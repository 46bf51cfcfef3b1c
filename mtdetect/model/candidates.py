"""Candidate substitutions: words that a machine may have substituted, and the probability of it.

Boosted trees give each candidate (``features.substitution``) the log-odds that its word is a substitute. Words in human text also reach
high scores now and then, so a score becomes a p-value by comparison with candidates in human text. Of each text, as many
candidates are reported as keep the expected share of false reports small (Benjamini and Hochberg, JRSS B 1995): one odd word among a
hundred normal ones is not reported, the same word among many odd ones is.

Names and misspelt pairs have scores of their own. For names, a logistic regression on ``features.names`` gives the log-odds that one
part was replaced. In a text with much damage a slightly odd name is reported, too; in other texts it is an organisation's real name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.view import View
from mtdetect.model.empirical_tail import UpperTail
from mtdetect.model.trees import Trees
from mtdetect.text.arrays import F64, I64
from mtdetect.text.segments import bounds, sums, weighted

FALSE_SHARES, FEW = (0.15, 0.02, 0.03), 1.9
"""Expected share of false reports among the reports of a text, for each of ``KINDS``; and ``FEW``: in a text with this many misfits the share
for candidates is doubled. Single sentences need that, because there the true share of false reports is far below the expected one.

Measured on the 2,655 tortured phrases for tuning, in sentences of a dozen words, and on human texts (first share, ``FEW``: found; precision;
reports in 1,000 human words): 0.14, 1.9: 61 %, 91.1 %, 0.19. 0.15, 1.9 (chosen): 62 %, 90.6 %, 0.24. 0.17, 1.9: 63 %, 89.8 %, 0.35.
0.15, 2.5: 63 %, 89.8 %, 0.24. 0.2, 1.9: 65 %, 88.9 %, 0.54. Texts have few pairs, so a small share still reports a single one."""

SPINNER_WEIGHT = 1.0
"""Nats added for a nat of spinners' preference (``Lexicon.favoured``). The trees do not see this column: it comes from so few words that
they would learn little else from the texts of our own spinners."""

PRIOR_REPLACED, PRIOR_WORDS = 0.5, 50.0
"""Prior of the share of replaced words: as if half a word of fifty had been seen replaced."""

SURE = 0.6
"""Probability (:func:`posterior`) from which a candidate or name is reported even if the expected share of false reports does not allow it."""

ROUNDS = 15
"""Steps of expectation and maximization in :func:`posterior`."""

COMPANY, LEAST_COMPANY = 0.3, -4.0
"""Share of an adjacent candidate's log-odds that is added to a candidate's own, and the log-odds that stand for a neighbour that is no
candidate or has less."""

SURELY = (0.05, 0.01, 0.001)
"""P-values at which candidates are counted, for the features of the text."""

NAMES = ("share", "odds", *(f"below_{p:g}" for p in SURELY), "found")
"""Features that :meth:`CandidateModel.measure` returns."""

KINDS = ("collocation", "name", "spelling")
"""Kinds of evidence: candidates, pairs of names, misspelt pairs."""


@dataclass(frozen=True)
class Judged:
    """All candidates and pairs of a batch, with their scores.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Place in the stream; of pairs, that of the left word.
    kind : ndarray of int64, shape (n,)
        Index into ``KINDS``.
    row : ndarray of int64, shape (n,)
        Index among the candidates or pairs of its kind.
    score, p : ndarray of float64, shape (n,)
    weight : ndarray of float64, shape (n,)
        Log likelihood ratio of a substitute against a human word, in nats.
    found : ndarray of bool, shape (n,)
        Whether it is reported.
    """

    at: I64
    kind: I64
    row: I64
    score: F64
    p: F64
    weight: F64
    found: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CandidateModel:
    """Scores candidates and pairs, and selects those to report.

    Attributes
    ----------
    trees : Trees
        Log-odds of a candidate, from ``substitution.COLUMNS``.
    people : tuple of UpperTail
        Scores in human text, for each of ``KINDS``.
    scale : ndarray of float64, shape (2, 2)
        Slope and shift from the score of a candidate, and of a name, to the log likelihood ratio of a substitute against a human word.
    names : ndarray of float64, shape (len(names.COLUMNS),)
        Weights of the columns of a name.
    """

    trees: Trees
    people: tuple[UpperTail, ...]
    scale: F64
    names: F64

    @classmethod
    def load(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> CandidateModel:
        """Read the model from an artifact.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Arrays of the artifact.
        facts : mapping
            Its manifest.

        Raises
        ------
        KeyError
            If something is missing.
        """
        own = facts["candidates"]
        return cls(
            Trees.load("candidates", arrays, facts),
            tuple(UpperTail(np.array(arrays[f"people_{kind}"]), int(own["totals"][kind])) for kind in KINDS),
            np.array(own["scale"]),
            np.array(own["names"]),
        )

    def scores(self, view: View) -> F64:
        """Log-odds that each candidate of a batch is a substitute, at the prior of training, with what adjacent candidates add.

        Parameters
        ----------
        view : View
            The batch.

        Returns
        -------
        ndarray of float64, shape (n_candidates,)
            In nats, in the order of ``View.candidates``.
        """
        return with_company(view, raw_scores(view, self.trees))

    def judge(self, view: View) -> Judged:
        """Score the candidates and pairs of a batch, once for features and evidence. Parameters as for :meth:`scores`."""
        return view.once(self._judge)

    def _judge(self, view: View) -> Judged:
        families = [
            (view.candidates.at, self.scores(view)),
            (view.name_pairs.at, weighted(view.name_columns, self.names)),
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
            # Only suspect misfits are candidates; the others count as tests without a discovery.
            size = view.per_text(view.misfits) if k == 0 else np.bincount(doc[kind == k], minlength=len(view))
            few = FEW if k == 0 else 0.0
            found[kind == k] |= discoveries(p[kind == k], doc[kind == k], share, size, few)
        row = np.concatenate([np.arange(len(places)) for places, _ in families])
        return Judged(at, kind, row, score, p, weight, found)

    def measure(self, view: View) -> F64:
        """Features of each text from its candidates. Parameters as for :meth:`scores`.

        Returns
        -------
        ndarray of float64, shape (n_texts, len(NAMES))
            Per content word: candidates, their log-odds (clipped to 0 to 8), candidates below each p-value, reports of all kinds.
        """
        judged = self.judge(view)
        content = view.per_text(view.content)
        content[content == 0] = np.nan
        candidates = len(view.candidates.at)  # they come first
        first = bounds(view.stream.doc[view.candidates.at], len(view))
        score, p = judged.score[:candidates], judged.p[:candidates]
        found = np.bincount(view.stream.doc[judged.at[judged.found]], minlength=len(view))
        counts = [
            np.diff(first),
            sums(np.clip(score + 5, 0, 8), first),
            *(sums(p < least, first) for least in SURELY),
            found,
        ]
        return np.stack(counts, axis=1) / content[:, None]

    def _weights(self, kind: I64, score: F64, p: F64) -> F64:
        # Misspelt pairs have no trained model. The bound on the likelihood ratio of a p-value is 1 / (-e p ln p)
        # (Sellke, Bayarri and Berger, The American Statistician 2001).
        p = np.minimum(p, 0.3)
        slope, shift = self.scale[np.minimum(kind, 1)].T
        return np.where(kind < 2, slope * score + shift, -np.log(-np.e * p * np.log(p)))


def raw_scores(view: View, trees: Trees) -> F64:
    """Log-odds of the candidates of a batch from the trees, plus spinners' preference.

    Parameters
    ----------
    view : View
        The batch.
    trees : Trees
        They give the log-odds of a candidate from ``substitution.COLUMNS``.

    Returns
    -------
    ndarray of float64, shape (n_candidates,)
        In nats, in the order of ``View.candidates``.
    """
    word = view.stream.ids[view.candidates.at]
    scores: F64 = trees.logits(view.candidates.columns) + SPINNER_WEIGHT * view.lexicon.favoured[word]
    return scores


def with_company(view: View, scores: F64) -> F64:
    """Add to each score a share of the higher score beside it: a spinner seldom replaces only one word of a phrase.

    Parameters
    ----------
    view : View
        The batch.
    scores : ndarray of float64, shape (n_candidates,)
        As :func:`raw_scores` gives them.

    Returns
    -------
    ndarray of float64, shape (n_candidates,)
        A new array. ``LEAST_COMPANY`` stands for a neighbour that is no candidate or has less.
    """
    at, s = view.candidates.at, view.stream
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
    """Select what to report of each text, at a given expected share of false reports (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        P-values.
    doc : ndarray of int, shape (n,)
        Text of each.
    false_share : float
        The expected share.
    size : ndarray, shape (n_texts,)
        Number of tests in each text, including those without a p-value.
    few : float
        The share is doubled in a text with this many tests, tripled in one with half as many, and so on.
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
    """Probability that each word was replaced, given the share of replaced words that is most probable for its text.

    Parameters
    ----------
    weight : ndarray of float64, shape (n,)
        Log likelihood ratios.
    doc : ndarray of int, shape (n,)
        Text of each.
    words : ndarray of int, shape (n_texts,)
        Content words of each text; those that are not among the ``n`` are neutral.
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
