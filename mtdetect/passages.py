"""Passages that stand twice in a text, once as written and once reworked.

Pages put together from several copies of one story often hold a caption or a paragraph in two versions. Sentences of a text that share
most of what is rare in them, in whatever order, say the same; if the words between differ, one was made of the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mtdetect.features.view import View
from mtdetect.text.distinct import distinct, occurrences
from mtdetect.text.segments import bounds
from mtdetect.verdict import Evidence

KIND = "passage"

LEAST_WORDS = 9
"""Content words of a sentence that is compared."""

LEAST_SHARED = 0.55
"""Share of the rarity of the larger sentence that the two have in common."""

LEAST_REPLACED = 2
"""Words of one whose likely substitute stands in the other: quoting a sentence in part, or summing it up, replaces nothing."""

MOST_SENTENCES = 8
"""Sentences of a text in which a word may stand; what stands in more is its subject and joins everything."""

WEIGHT = 3.0
"""Nats, a choice: it ranks a passage with a clear substitution."""


def tell(view: View, scores: npt.NDArray[np.float64]) -> list[list[Evidence]]:
    """Find the reworked twins of a batch.

    Parameters
    ----------
    view : View
        The batch.
    scores : ndarray, shape (n_sentences,)
        How damaged each sentence looks; of two twins the higher is the reworked one.

    Returns
    -------
    list of list of Evidence
        Of each text, the reworked sentences with what stands elsewhere as suggestion.
    """
    told: list[list[Evidence]] = [[] for _ in range(len(view))]
    batch = view.batch
    for first, second in _twins(view):
        reworked, sound = (first, second) if scores[first] >= scores[second] else (second, first)
        doc = int(batch.sentence_doc[reworked])
        ends = np.array([reworked, sound])
        start, end = batch.spans(
            doc,
            batch.tokens.start[batch.sentence_first[ends]],
            batch.tokens.end[batch.sentence_first[ends + 1] - 1],
        )
        text = batch.texts[doc]
        told[doc].append(
            Evidence(
                int(start[0]), int(end[0]), text[start[0] : end[0]], KIND, WEIGHT, text[start[1] : end[1]]
            )
        )
    return told


def _twins(view: View) -> list[tuple[int, int]]:
    """Pairs of sentences that say the same in other words; each sentence stands in one pair at most."""
    s, batch = view.stream, view.batch
    content = np.flatnonzero(view.content)
    sentence = batch.sentence[s.token[content]].astype(np.int64)
    at, _ = distinct(sentence << 20 | s.ids[content], bounds(s.doc[content], len(view)))
    sentence, word = sentence[at], s.ids[content[at]].astype(np.int64)
    first_word = bounds(sentence, len(batch.sentence_doc) + 1)
    words = word
    size = np.bincount(sentence, minlength=len(batch.sentence_doc))
    rarity = -np.log((view.lexicon.counts[word] + 0.5) / view.lexicon.total)
    total = np.bincount(sentence, rarity, minlength=len(size))
    # What stands in one sentence alone joins nothing.
    runs = bounds(batch.sentence_doc[sentence], len(view))
    often = occurrences(batch.sentence_doc[sentence].astype(np.int64) << 20 | word, runs) > 1
    keep = np.flatnonzero((size[sentence] >= LEAST_WORDS) & often)
    sentence, word, rarity = sentence[keep], word[keep], rarity[keep]
    order = np.lexsort((sentence, word, batch.sentence_doc[sentence]))
    sentence, word, rarity = sentence[order], word[order], rarity[order]
    doc = batch.sentence_doc[sentence]
    starts = np.flatnonzero(np.r_[True, (word[1:] != word[:-1]) | (doc[1:] != doc[:-1])][: len(word)])
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(word))))
    few = np.bincount(group)[group] <= MOST_SENTENCES if len(group) else np.zeros(0, bool)
    keys, values = [], []
    for step in range(1, MOST_SENTENCES):
        same = few[step:] & (group[step:] == group[:-step])
        keys.append(sentence[:-step][same] << 32 | sentence[step:][same])
        values.append(rarity[step:][same])
    if not keys:
        return []
    pairs, which = np.unique(np.concatenate(keys), return_inverse=True)
    shared = np.bincount(which, np.concatenate(values), minlength=len(pairs))
    a, b = pairs >> 32, pairs & 0xFFFFFFFF
    share = shared / np.maximum(np.maximum(total[a], total[b]), 1e-9)
    good = np.flatnonzero(share >= LEAST_SHARED)
    taken: set[int] = set()
    twins = []
    for k in good[np.argsort(-share[good], kind="stable")].tolist():
        pair = int(a[k]), int(b[k])
        ours, theirs = (words[first_word[i] : first_word[i + 1]] for i in pair)
        if taken.isdisjoint(pair) and _replaced(view, ours, theirs) >= LEAST_REPLACED:
            taken |= set(pair)
            twins.append(pair)
    return twins


def _replaced(view: View, ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]) -> int:
    """Words that only one of two sentences has and whose candidates only the other has."""
    candidates = view.lexicon.candidates
    own, others = np.setdiff1d(ours, theirs), np.setdiff1d(theirs, ours)
    own = own[own < len(candidates)]
    return int(np.isin(candidates[own], others).any(axis=1).sum()) if len(own) else 0
