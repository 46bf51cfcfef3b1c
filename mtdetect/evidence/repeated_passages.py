"""Passages that stand twice in a text, once as written and once reworked.

Pages put together from several copies of one story often hold a caption or a paragraph in two versions. Sentences of a text that share
most of what is rare in them, in whatever order, say the same; if the words between differ, one was made of the other.
"""

from __future__ import annotations

import numpy as np

from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I64
from mtdetect.text.distinct import distinct
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


def tell(view: View, scores: F64) -> list[list[Evidence]]:
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
    token = s.token.take(content)
    sentence, word = batch.sentence.take(token).astype(np.int64), s.ids.take(content).astype(np.int64)
    # What stands in a text once joins nothing, and once in its sentence.
    again = np.zeros(len(batch.ids), bool)
    again[view.words] = view.word_counts[1] > 1
    often = again.take(token)
    several = np.flatnonzero(often)
    at, _ = distinct(
        (sentence << 20 | word).take(several), bounds(s.doc.take(content.take(several)), len(view))
    )
    once = ~often
    once[several.take(at)] = True
    at = np.flatnonzero(once)
    sentence, word, often = sentence.take(at), word.take(at), often.take(at)
    first_word = bounds(sentence, len(batch.sentence_doc) + 1)
    words, size = word, np.diff(first_word)
    total = np.bincount(sentence, view.lexicon.rarity.take(word), minlength=len(size))
    doc = batch.sentence_doc.take(sentence).astype(np.int64)
    keep = np.flatnonzero((size.take(sentence) >= LEAST_WORDS) & often)
    # In order of text, word and sentence.
    key = np.sort((doc.take(keep) << 44) | (word.take(keep) << 24) | sentence.take(keep))
    starts = np.flatnonzero(np.r_[True, (key[1:] >> 24) != (key[:-1] >> 24)][: len(key)])
    group_size = np.diff(np.append(starts, len(key)))
    few = np.repeat((group_size > 1) & (group_size <= MOST_SENTENCES), group_size)
    key = key[few]
    sentence, group, rarity = key & 0xFFFFFF, key >> 24, view.lexicon.rarity.take((key >> 24) & 0xFFFFF)
    keys, values = [], []
    for step in range(1, min(MOST_SENTENCES, len(key))):
        same = np.flatnonzero(group[step:] == group[:-step])
        keys.append(sentence.take(same) << 32 | sentence.take(same + step))
        values.append(rarity.take(same))
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


def _replaced(view: View, ours: I64, theirs: I64) -> int:
    """Words that only one of two sentences has and whose alternatives only the other has."""
    alternatives = view.lexicon.alternatives
    mine, others = set(ours.tolist()), set(theirs.tolist())
    mine, others = mine - others, others - mine
    return sum(
        not others.isdisjoint(alternatives[word].tolist()) for word in mine if word < len(alternatives)
    )
