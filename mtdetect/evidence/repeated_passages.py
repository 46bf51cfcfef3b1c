"""Repeated passages: two sentences of a text that say the same, one of them reworded.

Pages that are put together from several copies of one story often have a caption or a paragraph in two versions. Two sentences that share
most of their rare words, in any order, say the same; if the other words differ, one is a rewording of the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I64
from mtdetect.text.distinct import distinct
from mtdetect.text.segments import bounds
from mtdetect.verdict import Evidence

KIND = "passage"

LEAST_WORDS = 9
"""Content words below which a sentence is not compared."""

LEAST_SHARED = 0.55
"""Share of the rarity of the larger sentence that both sentences have in common."""

LEAST_REPLACED = 2
"""Words of one sentence with a probable substitute in the other. A partial quotation or a summary has none."""

MOST_SENTENCES = 8
"""A word in more sentences of a text than this is its subject, and would pair them all."""

WEIGHT = 3.0
"""Nats. Chosen, not fitted: it ranks a passage with a clear substitution."""


def find(view: View, scores: F64) -> list[list[Evidence]]:
    """Find reworded repetitions in a batch.

    Parameters
    ----------
    view : View
        The batch.
    scores : ndarray, shape (n_sentences,)
        Score of each sentence; of a pair, the one with the higher score is the rewording.

    Returns
    -------
    list of list of Evidence
        For each text, the reworded sentences with the other one as suggestion.
    """
    found: list[list[Evidence]] = [[] for _ in range(len(view))]
    batch = view.batch
    for first, second in _pairs(view):
        reworded, other = (first, second) if scores[first] >= scores[second] else (second, first)
        doc = int(batch.sentence_doc[reworded])
        ends = np.array([reworded, other])
        start, end = batch.spans(
            doc,
            batch.tokens.start[batch.sentence_first[ends]],
            batch.tokens.end[batch.sentence_first[ends + 1] - 1],
        )
        text = batch.texts[doc]
        found[doc].append(
            Evidence(
                int(start[0]), int(end[0]), text[start[0] : end[0]], KIND, WEIGHT, text[start[1] : end[1]]
            )
        )
    return found


def _pairs(view: View) -> list[tuple[int, int]]:
    """Pairs of sentences that say the same in other words; each sentence is in one pair at most."""
    sentence, word, repeated = _content_words(view)
    first_word = bounds(sentence, len(view.batch.sentence_doc) + 1)
    size = np.diff(first_word)
    total = np.bincount(sentence, view.lexicon.rarity.take(word), minlength=len(size))
    compared = np.flatnonzero((size.take(sentence) >= LEAST_WORDS) & repeated)
    a, b, shared = _shared_rarity(view, sentence.take(compared), word.take(compared))
    share = shared / np.maximum(np.maximum(total[a], total[b]), 1e-9)
    alike = np.flatnonzero(share >= LEAST_SHARED)
    taken: set[int] = set()
    pairs = []
    for k in alike[np.argsort(-share[alike], kind="stable")].tolist():
        pair = int(a[k]), int(b[k])
        ours, theirs = (word[first_word[i] : first_word[i + 1]] for i in pair)
        if taken.isdisjoint(pair) and _replaced(view, ours, theirs) >= LEAST_REPLACED:
            taken |= set(pair)
            pairs.append(pair)
    return pairs


def _content_words(view: View) -> tuple[I64, I64, npt.NDArray[np.bool_]]:
    """Sentence and number of each content word, once for each sentence, and whether its text has it more than once."""
    s, batch = view.stream, view.batch
    content = np.flatnonzero(view.content)
    token = s.token.take(content)
    sentence, word = batch.sentence.take(token).astype(np.int64), s.ids.take(content).astype(np.int64)
    again = np.zeros(len(batch.ids), bool)
    again[view.words] = view.word_counts[1] > 1
    repeated = again.take(token)
    # A word that its text has once is in its sentence once.
    several = np.flatnonzero(repeated)
    at, _ = distinct(
        (sentence << 20 | word).take(several), bounds(s.doc.take(content.take(several)), len(view))
    )
    once = ~repeated
    once[several.take(at)] = True
    at = np.flatnonzero(once)
    return sentence.take(at), word.take(at), repeated.take(at)


def _shared_rarity(view: View, sentence: I64, word: I64) -> tuple[I64, I64, F64]:
    """Pairs of sentences of a text with a word in common, and the rarity of all words that they share."""
    doc = view.batch.sentence_doc.take(sentence).astype(np.int64)
    # In order of text, word and sentence.
    key = np.sort((doc << 44) | (word << 24) | sentence)
    starts = np.flatnonzero(np.r_[True, (key[1:] >> 24) != (key[:-1] >> 24)][: len(key)])
    group_size = np.diff(np.append(starts, len(key)))
    few = np.repeat((group_size > 1) & (group_size <= MOST_SENTENCES), group_size)
    key = key[few]
    sentence, group, rarity = key & 0xFFFFFF, key >> 24, view.lexicon.rarity.take((key >> 24) & 0xFFFFF)
    keys, values = [np.zeros(0, np.int64)], [np.zeros(0)]
    for step in range(1, min(MOST_SENTENCES, len(key))):
        same = np.flatnonzero(group[step:] == group[:-step])
        keys.append(sentence.take(same) << 32 | sentence.take(same + step))
        values.append(rarity.take(same))
    pairs, which = np.unique(np.concatenate(keys), return_inverse=True)
    shared = np.bincount(which, np.concatenate(values), minlength=len(pairs))
    return pairs >> 32, pairs & 0xFFFFFFFF, shared.astype(np.float64)


def _replaced(view: View, ours: I64, theirs: I64) -> int:
    """Count the words that only one of two sentences has and of which only the other has an alternative."""
    alternatives = view.lexicon.alternatives
    mine, others = set(ours.tolist()), set(theirs.tolist())
    mine, others = mine - others, others - mine
    return sum(
        not others.isdisjoint(alternatives[word].tolist()) for word in mine if word < len(alternatives)
    )
