"""Which sentences of a text the engine is asked about, and what it answers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from threading import Lock
from time import perf_counter
from typing import NamedTuple

import numpy as np

from mtdetect.features.lexicon import shipped
from mtdetect.features.retranslation import files
from mtdetect.features.retranslation.engine import Engine, TokenScores, shared
from mtdetect.text.arrays import I64
from mtdetect.text.batch import Batch, read
from mtdetect.text.tokens import PUNCTUATION

MOST_WORDS = 240
"""Words of a text that the engine is asked about. On 600 texts of ``mt_dev``, half of which have more than 224 words, a logistic regression on the columns has
an AUC of 0.726, 0.765, 0.793, 0.815, 0.826 and 0.834 with 80, 120, 160, 200, 240 and 300 words, and beside the expert for translation (0.826 alone) 0.845, 0.855, 0.862, 0.867,
0.869 and 0.872, measured with the softmax over all tokens. Seconds grow with the words."""

ANSWERS = 2
"""Number of this way of asking, part of the names under which training keeps answers. Count it up when answers change."""

LONGEST = 60
"""Words of a longer sentence are asked about in parts of equal length: a text without punctuation is one sentence, and the engine has learnt
nothing so long."""

_UNFIT = re.compile(
    r"[^\s\-–—]{30,}|://|\bwww\.|\w@\w|[^\u0000-\u024f\u1e00-\u1eff\u2000-\u206f\u20a0-\u20bf\u2100-\u214f]"
)
"""Makes a sentence unfit to be asked about: an address, a word of 30 signs and more, a character that is no Latin letter, mark or currency. The engine
copies such things sign by sign, so it would have written them itself, whoever did: one address of 300 signs made a machine translation of a
person's text of 169 words, with a p-value of 0.0001."""

_MARK = re.compile(r"[{}\\`|^~<>_#@]|\[\[|\]\]")
_MOST_MARKS = 3
"""Most marks of Markdown, TeX, templates, code and the like in a sentence that is asked about. The engine copies those, too: with 30 pairs of backticks in 106 words it took a person's text for a
machine translation, with a p-value of 0.0001. Only 0.2 % of the sentences to learn from hold more, and stay among them."""

LEAST_WORDS = 20
"""A longer text of which fewer words are fit to be asked about is not asked about at all. What is left between addresses and code says little of the text: one
sentence of three tokens, which the engine copied, once gave the whole text a score of 1."""

FINGERPRINT = "\x1e".join([str(ANSWERS), str(LONGEST), _UNFIT.pattern, *files.CHECKSUMS.values()])
"""What answers depend on beside the text: the engine, and how it is asked."""

_GOLDEN_RATIO = 0.6180339887498949


class Clock:
    """Adds up the seconds that this process has spent asking, for the metrics of the service."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.renew_lock()

    def renew_lock(self) -> None:
        """Take a new lock: another thread may have held the old one when the process was forked."""
        self._lock = Lock()

    def add(self, seconds: float) -> None:
        """Count some seconds; several threads may do so.

        Parameters
        ----------
        seconds : float
            Added to ``seconds`` of the clock.
        """
        with self._lock:
            self.seconds += seconds


clock = Clock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=clock.renew_lock)


class TextScores(NamedTuple):
    """What the engine says of some sentences of a text.

    Attributes
    ----------
    spans : ndarray of int64, shape (n, 2)
        Those sentences, in the order of the text, as offsets in the text as given.
    sentences : list of TokenScores
        Scores of the tokens of each; their spans are offsets within the sentence.
    texts : list of str
        The sentences themselves.
    """

    spans: I64
    sentences: list[TokenScores]
    texts: list[str]


def scores(
    texts: Sequence[str], engine: Engine | None = None, *, most_words: int = MOST_WORDS
) -> list[TextScores]:
    """Ask how the engine would have written each text.

    Parameters
    ----------
    texts : sequence of str
        English.
    engine : Engine, optional
        The shared one if not given.
    most_words : int
        Of a longer text, whole sentences spread over it are chosen; always the same ones.

    Returns
    -------
    list of TextScores
        One for each text.
    """
    batch = read(texts, shipped().vocabulary, identify=False)
    return scores_in_batch(batch, range(len(batch)), engine, most_words=most_words)


def scores_in_batch(
    batch: Batch,
    docs: Iterable[int],
    engine: Engine | None = None,
    *,
    most_words: int = MOST_WORDS,
    known: Sequence[TextScores] | None = None,
) -> list[TextScores]:
    """The same for some texts of a batch.

    Parameters
    ----------
    batch : Batch
        Texts that were read.
    docs : iterable of int
        Which ones.
    engine, most_words
        As for :func:`scores`.
    known : sequence of TextScores, optional
        What the engine said of each when it was asked about fewer words; it is not asked about those again.

    Returns
    -------
    list of TextScores
        One for each; the same whatever else is asked about.
    """
    engine = engine or shared()
    begun = perf_counter()
    chosen = [(doc, choose(batch, doc, most_words)) for doc in docs]
    wanted = [[batch.without_tags(doc, start, end) for start, end in spans.tolist()] for doc, spans in chosen]
    told = [dict(zip(old.texts, old.sentences, strict=True)) for old in known or ()] or [{} for _ in chosen]
    pairs = zip(wanted, told, strict=True)
    scored = iter(engine.score([sentence for own, old in pairs for sentence in own if sentence not in old]))
    clock.add(perf_counter() - begun)
    return [
        TextScores(spans, [old[sentence] if sentence in old else next(scored) for sentence in own], own)
        for (_, spans), own, old in zip(chosen, wanted, told, strict=True)
    ]


def segments(batch: Batch, doc: int) -> tuple[I64, I64]:
    """Sentences of a text, with long ones cut, as the engine is given them.

    Parameters
    ----------
    batch : Batch
        Texts.
    doc : int
        Which one.

    Returns
    -------
    spans : ndarray of int64, shape (n, 2)
        Offsets in the text as given. What holds no word is left out.
    words : ndarray of int64, shape (n,)
        Number of words of each.
    """
    document = batch[doc]
    own = document.tokens
    words = batch.tokens.kind[own] != PUNCTUATION
    if not words.any():
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    sentence = batch.sentence[own]
    sentence = sentence - sentence[0]
    sizes = np.bincount(sentence, words).astype(np.int64)
    parts = np.maximum(1, -(-sizes // LONGEST))
    # Words before each token in its sentence say in which part it is; marks after the last word belong to the last part.
    before = np.cumsum(words) - words - (np.cumsum(sizes) - sizes)[sentence]
    part = before * parts[sentence] // np.maximum(sizes[sentence], 1)
    part = np.minimum(part, parts[sentence] - 1)
    begins = np.flatnonzero((np.diff(sentence, prepend=-1) != 0) | (np.diff(part, prepend=0) != 0))
    tokens = document.spans
    spans = np.stack([tokens[begins, 0], tokens[np.append(begins[1:], len(words)) - 1, 1]], axis=1)
    counts = np.add.reduceat(words, begins, dtype=np.int64)
    return spans[counts > 0], counts[counts > 0]


def choose(batch: Batch, doc: int, most_words: int) -> I64:
    """Choose the sentences to ask about.

    Parameters
    ----------
    batch : Batch
        Texts.
    doc : int
        Which one.
    most_words : int
        Whole sentences with at most so many words together, or one. Those for fewer words are among those for more.

    Returns
    -------
    ndarray of int64, shape (n, 2)
        Their spans, in the order of the text; none if no sentence, or too little of the text, is fit to be asked about.
    """
    spans, words = segments(batch, doc)
    text = batch.prose[doc]
    fit = np.array(
        [
            is_fit(text, start, end) and not (batch.markup and is_marked_up(text[start:end]))
            for start, end in spans.tolist()
        ],
        bool,
    )
    if batch.markup and words[fit].sum() < min(LEAST_WORDS, words.sum()):
        fit[:] = False
    return spans[fit][spread(words[fit], most_words)]


def is_fit(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a sentence is fit to be asked about.

    Parameters
    ----------
    text : str
        The text that holds the sentence.
    start : int
        Where the sentence begins, in code points.
    end : int, optional
        Where it ends; the end of the text if not given.
    """
    return _UNFIT.search(text, start, len(text) if end is None else end) is None


def is_marked_up(sentence: str) -> bool:
    """Whether a sentence is full of markup.

    Parameters
    ----------
    sentence : str
        As it stands in the prose of the batch, without HTML tags.
    """
    return len(_MARK.findall(sentence)) > _MOST_MARKS


def spread(words: I64, most_words: int) -> I64:
    """Choose some of several sentences, spread evenly over them.

    Parameters
    ----------
    words : ndarray of int64, shape (n,)
        Number of words of each.
    most_words : int
        So many words together, or one sentence. Those for fewer words are among those for more.

    Returns
    -------
    ndarray of int64
        Indices of the chosen ones, rising.
    """
    if not len(words):
        return np.zeros(0, np.int64)
    # Multiples of the golden ratio, modulo 1: whatever number of them comes first is spread evenly (Knuth, TAOCP 3, 6.4).
    order = np.argsort(np.arange(1, len(words) + 1) * _GOLDEN_RATIO % 1, kind="stable")
    fitting = max(1, np.count_nonzero(np.cumsum(words[order]) <= most_words))
    return np.sort(order[:fitting])
