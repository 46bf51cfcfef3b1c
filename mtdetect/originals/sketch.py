"""What is kept of a text so that its copies can be found: its telling words, sentence by sentence.

A copy that went through a translation engine or a spinner keeps few runs of words (MinHash over word 5-grams finds
a round trip with probability 0.01) but most of its rarer stems, names and numbers, and it keeps them sentence by
sentence. So a text is read once and becomes, for each of its sentences, the set of its telling *stems*:

- words shorn of their inflection and cut after seven letters, since engines change "nation's" into "national";
- numbers without the commas between their digits;
- never the commonest words, which say nothing about where a text comes from.

One in a few *pairs* of neighbouring stems is kept as well, whatever its words: a paragraph from a diary may hold no rare
word at all, but copied as it stands it keeps its pairs. Pairs serve to find candidates, and are not compared.

A stem is a 32-bit key with a weight: the surprise, in nats, of meeting it in somebody else's text of 300 words,
by the counts of the language tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.features.lexicon import FOLDER, Lexicon
from mtdetect.text.arrays import F32, I64, U32, U64
from mtdetect.text.batch import Batch
from mtdetect.text.folding import tables
from mtdetect.text.hashing import mix
from mtdetect.text.tokens import ALL_CAPITALS, NUMERAL, POWERS, WORD
from mtdetect.text.vocabulary import FIRST_WORD

VERSION = 1
"""Of the rules in this module: a store says by which its sketches were made."""

PREFIX = 7
"""Letters of a stem that count."""

TELLING = 1.7
"""Least weight, in nats: stems that stand in more than a sixth of all texts are left out."""

SURPRISING = 9.0
"""Most weight: beyond it the counts are of misspellings."""

TEXT_WORDS = 300.0
"""Words of the text that a weight imagines."""

PIECE = 50
"""Tokens after which a sentence that has lost its full stops is cut."""

LONGEST = 60
"""Tokens up to which a sentence stays whole."""

SEPARATORS = 256
"""Prints below it end a sentence and tell its weight."""

WEIGHT_STEP = 2.0
"""Nats in a step of a sentence's weight."""

MOST_STEMS = 60_000
"""Stems kept of one text; a novel has as many. Of a longer one the commonest are left out."""

SAMPLED = 5
"""One pair of neighbouring stems in so many is kept, chosen by its own hash, so that copies keep the same ones."""

_SALT = 0x6F726967696E616C


@dataclass(frozen=True)
class Sketches:
    """The telling stems of a batch of texts, once a sentence, in order of sentence and key.

    Attributes
    ----------
    keys : ndarray of uint32, shape (n_stems,)
        Stems.
    weights : ndarray of float32, shape (n_stems,)
        Their surprise.
    sentence : ndarray of int64, shape (n_stems,)
        Sentence of each, counted through the batch; sentences without telling stems are not counted.
    first : ndarray of int64, shape (n_texts + 1,)
        First stem of each text.
    pairs : ndarray of uint32, shape (n_pairs,)
        Sampled pairs of neighbouring stems, each once a text.
    pair_weights : ndarray of float32, shape (n_pairs,)
        Their surprise.
    first_pair : ndarray of int64, shape (n_texts + 1,)
        First pair of each text.
    """

    keys: U32
    weights: F32
    sentence: I64
    first: I64
    pairs: U32
    pair_weights: F32
    first_pair: I64

    def __len__(self) -> int:
        return len(self.first) - 1

    def one(self, text: int) -> Sketches:
        """The sketch of one text."""
        own = slice(int(self.first[text]), int(self.first[text + 1]))
        sentence = self.sentence[own]
        sentence = sentence - (sentence[0] if len(sentence) else 0)
        pairs = slice(int(self.first_pair[text]), int(self.first_pair[text + 1]))
        return Sketches(
            self.keys[own],
            self.weights[own],
            sentence,
            np.array([0, len(sentence)], np.int64),
            self.pairs[pairs],
            self.pair_weights[pairs],
            np.array([0, pairs.stop - pairs.start], np.int64),
        )

    def stems(self) -> tuple[U32, F32]:
        """Different stems of all the texts together, and their weights."""
        keys, at = np.unique(self.keys, return_index=True)
        return keys, self.weights[at]


def sketch(batch: Batch, lexicon: Lexicon) -> Sketches:
    """Take the telling stems out of texts.

    Parameters
    ----------
    batch : Batch
        Texts read with the vocabulary of the lexicon.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    Sketches
        One for each text; empty for a text without words.
    """
    tokens = batch.tokens
    size = tokens.end - tokens.start
    at = np.flatnonzero(
        (
            (tokens.kind == WORD)
            & ((size > 2) | ((tokens.flags & ALL_CAPITALS > 0) & (size == 2)))
            & ~batch.function
        )
        | (tokens.kind == NUMERAL)
    )
    start, end = tokens.start[at], tokens.end[at]
    numeral = tokens.kind[at] == NUMERAL
    keys = np.empty(len(at), np.uint32)
    keys[~numeral] = stem_keys(batch.codes, start[~numeral], end[~numeral])
    keys[numeral] = _number_keys(batch.codes, start[numeral], end[numeral])
    weights = np.empty(len(at), np.float32)
    weights[~numeral] = _stem_weights(keys[~numeral], lexicon)
    digits = (end - start)[numeral]
    # Ages and dates recur; a number of five digits hardly does.
    weights[numeral] = np.select([digits <= 1, digits <= 2, digits <= 4], [1.8, 2.5, 4.5], 7.0)
    sentence = _pieces(batch)[at]
    pairs = _pairs(keys, weights, sentence, batch.doc[at], len(batch))
    telling = weights >= TELLING
    at, keys, weights, sentence = at[telling], keys[telling], weights[telling], sentence[telling]
    # A key and its sentence in one number: sorting it groups and sorts at once.
    _, place = np.unique((sentence.astype(np.uint64) << np.uint64(32)) | keys, return_index=True)
    place = _spared(place, weights, batch.doc[at], len(batch))
    keys, weights, sentence = keys[place], weights[place], sentence[place]
    doc = batch.doc[at[place]]
    new = np.append(True, sentence[1:] != sentence[:-1])[: len(sentence)]
    first = np.searchsorted(doc, np.arange(len(batch) + 1)).astype(np.int64)
    return Sketches(keys, weights, np.cumsum(new) - 1, first, *pairs)


def _pairs(
    keys: U32, weights: F32, sentence: I64, doc: npt.NDArray[np.int32], docs: int
) -> tuple[U32, F32, I64]:
    """Sampled pairs of neighbours in a sentence, in either order, by text."""
    beside = np.flatnonzero(sentence[1:] == sentence[:-1]) if len(sentence) else np.zeros(0, np.int64)
    pair = _short(keys[beside].astype(np.uint64) + keys[beside + 1])
    sampled = pair % np.uint32(SAMPLED) == 0
    beside, pair = beside[sampled], pair[sampled]
    weight = np.minimum(weights[beside] + weights[beside + 1], np.float32(SURPRISING))
    owner = doc[beside]
    _, place = np.unique((owner.astype(np.uint64) << np.uint64(32)) | pair, return_index=True)
    first = np.searchsorted(owner[place], np.arange(docs + 1)).astype(np.int64)
    return pair[place], weight[place], first


def _spared(place: I64, weights: F32, doc: npt.NDArray[np.int32], docs: int) -> I64:
    """Places without the commonest stems of texts that have too many."""
    many = np.bincount(doc[place], minlength=docs) > MOST_STEMS
    for text in np.flatnonzero(many):
        own = np.flatnonzero(doc[place] == text)
        order = np.argsort(-weights[place[own]], kind="stable")
        place = np.delete(place, own[order[MOST_STEMS:]])
    return place


def stem_keys(codes: npt.NDArray[np.uint16], start: npt.NDArray[np.int32], end: npt.NDArray[np.int32]) -> U32:
    """Keys of the stems of words.

    Parameters
    ----------
    codes : ndarray of uint16
        Folded code points.
    start, end : ndarray of int32
        Spans of the words.

    Returns
    -------
    ndarray of uint32
        The same for "plan", "plans", "planned" and "planning". Rules, not a dictionary: "news" becomes "new".
    """
    lower = tables().lower
    size = (end - start).astype(np.int64)

    def letter(back: int) -> npt.NDArray[np.uint16]:
        return np.where(size >= back, lower[codes[np.maximum(end - back, start)]], 0)

    last, second, third = letter(1), letter(2), letter(3)
    cut = np.zeros(len(start), np.int64)
    s = (last == ord("s")) & (size >= 4) & (second != ord("s")) & (second != ord("u")) & (second != ord("i"))
    es = s & (second == ord("e")) & (size >= 5)
    cut[s] = 1
    cut[es] = 2
    cut[(last == ord("d")) & (second == ord("e")) & (size >= 5)] = 2
    cut[(last == ord("y")) & (second == ord("l")) & (size >= 6)] = 2
    cut[(last == ord("g")) & (second == ord("n")) & (third == ord("i")) & (size >= 6)] = 3
    size -= cut
    final = lower[codes[start + size - 1]]
    vowel = ((final == ord("e")) | (final == ord("y")) | (final == ord("i"))) & (size >= 4)
    size -= vowel
    final, before = lower[codes[start + size - 1]], lower[codes[np.maximum(start + size - 2, start)]]
    size -= (final == before) & (size >= 4)
    np.minimum(size, PREFIX, out=size)
    total = np.zeros(len(start), np.uint64)
    for k in range(PREFIX):
        within = np.flatnonzero(size > k)
        total[within] += lower[codes[start[within] + k]].astype(np.uint64) * POWERS[k]
    return _short(total)


def _number_keys(
    codes: npt.NDArray[np.uint16], start: npt.NDArray[np.int32], end: npt.NDArray[np.int32]
) -> U32:
    """Keys of numbers by their digits: "1,500" and "1.500" and "1500" are one."""
    total = np.zeros(len(start), np.uint64)
    place = np.zeros(len(start), np.int64)
    for k in range(int((end - start).max(initial=0))):
        within = np.flatnonzero(start + k < end)
        code = codes[start[within] + k]
        digit = (code >= 48) & (code <= 57)
        within, code = within[digit], code[digit]
        total[within] += code.astype(np.uint64) * POWERS[np.minimum(place[within], len(POWERS) - 2)]
        place[within] += 1
        if k >= 20:
            break
    return _short(total)


def _short(hashes: U64) -> U32:
    return (mix(hashes, _SALT) >> np.uint64(32)).astype(np.uint32)


def _pieces(batch: Batch) -> I64:
    """Sentence of each token; what is far too long for one is cut into several."""
    sentence = batch.sentence.astype(np.int64)
    sizes = np.diff(batch.sentence_first)
    begins = np.zeros(len(sentence), np.int64)
    begins[batch.sentence_first[:-1]] = 1
    position = np.arange(len(sentence)) - batch.sentence_first[:-1][sentence]
    begins |= (position % PIECE == 0) & (sizes[sentence] > LONGEST)
    return np.cumsum(begins) - 1


class _Weights:
    """Weights of the stems of a vocabulary, worked out once a process."""

    def __init__(self, lexicon: Lexicon) -> None:
        vocabulary = lexicon.vocabulary
        raw = vocabulary.letters.tobytes()
        letters = np.frombuffer(raw.decode("utf-8").encode("utf-32-le"), np.uint32)
        # From bytes to letters: a letter begins with each byte that continues none.
        begun = np.append(0, np.cumsum((np.frombuffer(raw, np.uint8) & 0xC0) != 0x80))
        ends = begun[vocabulary.ends]
        starts = np.append(0, ends[:-1])
        codes = np.minimum(letters, 0xFFFF).astype(np.uint16)
        keys = stem_keys(codes, starts.astype(np.int32), ends.astype(np.int32))
        self.keys, group = np.unique(keys, return_inverse=True)
        counts = np.bincount(group, lexicon.counts[FIRST_WORD:].astype(np.float64))
        self.values = np.log(lexicon.total / (TEXT_WORDS * np.maximum(counts, 1.0)))
        self.values = np.clip(self.values, 0.0, SURPRISING).astype(np.float32)

    def of(self, keys: U32) -> F32:
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        return np.where(self.keys[at] == keys, self.values[at], np.float32(SURPRISING))


def _stem_weights(keys: U32, lexicon: Lexicon) -> F32:
    return lexicon.once(_Weights).of(keys)


def prints(keys: U32) -> npt.NDArray[np.uint16]:
    """Sixteen bits of each key, as a stored sketch holds them.

    Parameters
    ----------
    keys : ndarray of uint32
        Stems.

    Returns
    -------
    ndarray of uint16
        ``SEPARATORS`` or more.
    """
    return np.maximum(keys >> np.uint32(16), SEPARATORS).astype(np.uint16)


def packed(sketches: Sketches) -> list[bytes]:
    """Sketches as they are stored: prints, and behind each sentence a separator that tells its weight.

    Parameters
    ----------
    sketches : Sketches
        Of a batch.

    Returns
    -------
    list of bytes
        Little-endian 16-bit numbers, one sketch a text.
    """
    n = len(sketches.keys)
    sentences = int(sketches.sentence[-1]) + 1 if n else 0
    weight = np.bincount(sketches.sentence, sketches.weights, minlength=sentences)
    where = np.arange(n) + sketches.sentence
    whole = np.empty(n + sentences, "<u2")
    whole[where] = prints(sketches.keys)
    last = np.flatnonzero(np.append(np.diff(sketches.sentence) > 0, True)[:n])
    whole[where[last] + 1] = np.clip(np.rint(weight / WEIGHT_STEP), 1, SEPARATORS - 1)
    bounds = [int(k + sketches.sentence[k]) if k < n else len(whole) for k in sketches.first]
    return [whole[a:b].tobytes() for a, b in pairwise(bounds)]


def signature() -> str:
    """What sketches depend on: the rules here and the language tables."""
    return f"{VERSION}:{artifacts.sha256(FOLDER / 'manifest.json')}"
