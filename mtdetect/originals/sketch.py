"""Sketches: what a collection stores of a text so that its copies can be found.

A copy made by a translation engine or a spinner shares few n-grams with its original (MinHash over word 5-grams finds a round
trip with probability 0.01) but most rare stems, names and numbers, sentence by sentence. So a sketch holds, for each
sentence, the set of its distinctive *stems*:

- words without inflection, cut after seven letters, since engines change "nation's" into "national";
- numbers without the commas between their digits;
- not the most frequent words, which many texts share.

A sample of the *pairs* of neighbouring stems is kept as well, frequent or not: a passage without rare words can still be found by
its pairs if it is copied verbatim. Pairs are used to find candidates, not to compare them.

A stem is a 32-bit key with a weight: the surprisal, in nats, of the stem in an unrelated text of 300 words, by the counts of the
language tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.features.lexicon import FOLDER, Lexicon
from mtdetect.originals.postings import positions
from mtdetect.text.arrays import F32, I64, U32, U64
from mtdetect.text.batch import Batch
from mtdetect.text.hashing import mix
from mtdetect.text.stemming import sketch_stems
from mtdetect.text.tokens import ALL_CAPITALS, NUMERAL, POWERS, WORD
from mtdetect.text.vocabulary import FIRST_WORD

VERSION = 1
"""Version of the rules in this module; a collection records the version that made its sketches."""

DISTINCTIVE = 1.7
"""Least weight, in nats: stems found in more than a sixth of all texts are skipped."""

SURPRISING = 9.0
"""Largest weight, in nats: rarer stems are mostly misspellings."""

TEXT_WORDS = 300.0
"""Words of the unrelated text that defines the weights."""

PIECE = 50
"""Tokens of each piece of a sentence longer than ``LONGEST``, which has probably lost its full stops."""

LONGEST = 60
"""Most tokens of a sentence that is not cut into pieces."""

SEPARATORS = 256
"""Values below it end a sentence in a stored sketch and hold its weight; values from it on are fingerprints of stems."""

WEIGHT_STEP = 2.0
"""Nats of one unit of a stored sentence weight."""

MOST_STEMS = 60_000
"""Most stems of one text, as many as a novel has; of a longer text the most frequent stems are skipped."""

SAMPLED = 5
"""One in this many pairs of neighbouring stems is kept. The hash of the pair decides, so copies keep the same pairs."""

_SALT = 0x6F726967696E616C


@dataclass(frozen=True)
class Sketches:
    """The distinctive stems of a batch of texts, each once per sentence, sorted by sentence and key.

    Attributes
    ----------
    keys : ndarray of uint32, shape (n_stems,)
        Stems.
    weights : ndarray of float32, shape (n_stems,)
        Their weights, in nats.
    sentence : ndarray of int64, shape (n_stems,)
        Their sentences, numbered through the batch; sentences without distinctive stems have no number.
    first : ndarray of int64, shape (n_texts + 1,)
        First stem of each text.
    pairs : ndarray of uint32, shape (n_pairs,)
        Sampled pairs of neighbouring stems, each once per text.
    pair_weights : ndarray of float32, shape (n_pairs,)
        Their weights, in nats.
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
        """The sketch of one text.

        Parameters
        ----------
        text : int
            Index of the text in the batch.

        Returns
        -------
        Sketches
            Of a batch of one text; its sentences are numbered from 0.
        """
        own = slice(int(self.first[text]), int(self.first[text + 1]))
        sentence = self.sentence[own]
        sentence = sentence - (sentence[0] if len(sentence) else 0)
        pairs = slice(int(self.first_pair[text]), int(self.first_pair[text + 1]))
        return Sketches(
            keys=self.keys[own],
            weights=self.weights[own],
            sentence=sentence,
            first=np.array([0, len(sentence)], np.int64),
            pairs=self.pairs[pairs],
            pair_weights=self.pair_weights[pairs],
            first_pair=np.array([0, pairs.stop - pairs.start], np.int64),
        )

    def stems(self) -> tuple[U32, F32]:
        """Distinct stems of all texts together, and their weights."""
        keys, at = np.unique(self.keys, return_index=True)
        return keys, self.weights[at]


def sketch(batch: Batch, lexicon: Lexicon) -> Sketches:
    """Sketch the texts of a batch.

    Parameters
    ----------
    batch : Batch
        Texts read with the vocabulary of the lexicon.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    Sketches
        One per text; empty for a text without words.
    """
    at, keys, weights = _stems(batch, lexicon)
    sentence = _pieces(batch)[at]
    pairs = _pairs(keys, weights, sentence, batch.doc[at], len(batch))
    distinctive = weights >= DISTINCTIVE
    at, keys, weights, sentence = (
        at[distinctive],
        keys[distinctive],
        weights[distinctive],
        sentence[distinctive],
    )
    # Sentence and key in one number, so that one sort orders by both and drops repetitions.
    _, place = np.unique((sentence.astype(np.uint64) << np.uint64(32)) | keys, return_index=True)
    place = _most_distinctive(place, weights, batch.doc[at], len(batch))
    keys, weights, sentence = keys[place], weights[place], sentence[place]
    doc = batch.doc[at[place]]
    new = np.append(True, sentence[1:] != sentence[:-1])[: len(sentence)]
    first = np.searchsorted(doc, np.arange(len(batch) + 1)).astype(np.int64)
    pair_keys, pair_weights, first_pair = pairs
    return Sketches(
        keys=keys,
        weights=weights,
        sentence=np.cumsum(new) - 1,
        first=first,
        pairs=pair_keys,
        pair_weights=pair_weights,
        first_pair=first_pair,
    )


def _stems(batch: Batch, lexicon: Lexicon) -> tuple[I64, U32, F32]:
    """Tokens of a batch that are content words or numbers, their stems, and the weights of these."""
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
    keys[~numeral] = _short(sketch_stems(batch.codes, start[~numeral], end[~numeral]))
    keys[numeral] = _number_keys(batch.codes, start[numeral], end[numeral])
    weights = np.empty(len(at), np.float32)
    weights[~numeral] = lexicon.once(_Weights).of(keys[~numeral])
    digits = (end - start)[numeral]
    # Many texts share ages and dates; few share a number of five digits.
    weights[numeral] = np.select([digits <= 1, digits <= 2, digits <= 4], [1.8, 2.5, 4.5], 7.0)
    return at, keys, weights


def _pairs(
    keys: U32, weights: F32, sentence: I64, doc: npt.NDArray[np.int32], docs: int
) -> tuple[U32, F32, I64]:
    """``pairs``, ``pair_weights`` and ``first_pair`` of :class:`Sketches`; the order of two neighbours does not matter."""
    beside = np.flatnonzero(sentence[1:] == sentence[:-1]) if len(sentence) else np.zeros(0, np.int64)
    pair = _short(keys[beside].astype(np.uint64) + keys[beside + 1])
    sampled = pair % np.uint32(SAMPLED) == 0
    beside, pair = beside[sampled], pair[sampled]
    weight = np.minimum(weights[beside] + weights[beside + 1], np.float32(SURPRISING))
    owner = doc[beside]
    _, place = np.unique((owner.astype(np.uint64) << np.uint64(32)) | pair, return_index=True)
    first = np.searchsorted(owner[place], np.arange(docs + 1)).astype(np.int64)
    return pair[place], weight[place], first


def _most_distinctive(place: I64, weights: F32, doc: npt.NDArray[np.int32], docs: int) -> I64:
    """The places without the most frequent stems of texts with more than ``MOST_STEMS``."""
    many = np.bincount(doc[place], minlength=docs) > MOST_STEMS
    for text in np.flatnonzero(many):
        own = np.flatnonzero(doc[place] == text)
        order = np.argsort(-weights[place[own]], kind="stable")
        place = np.delete(place, own[order[MOST_STEMS:]])
    return place


def _number_keys(
    codes: npt.NDArray[np.uint16], start: npt.NDArray[np.int32], end: npt.NDArray[np.int32]
) -> U32:
    """Keys of numbers by their digits: equal for "1,500", "1.500" and "1500"."""
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
    """32-bit keys for 64-bit hashes."""
    return (mix(hashes, _SALT) >> np.uint64(32)).astype(np.uint32)


def _pieces(batch: Batch) -> I64:
    """Sentence of each token, with sentences longer than ``LONGEST`` cut into pieces."""
    sentence = batch.sentence.astype(np.int64)
    sizes = np.diff(batch.sentence_first)
    begins = np.zeros(len(sentence), np.int64)
    begins[batch.sentence_first[:-1]] = 1
    position = np.arange(len(sentence)) - batch.sentence_first[:-1][sentence]
    begins |= (position % PIECE == 0) & (sizes[sentence] > LONGEST)
    return np.cumsum(begins) - 1


class _Weights:
    """Weights of the stems of a vocabulary, computed once per lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        vocabulary = lexicon.vocabulary
        raw = vocabulary.letters.tobytes()
        letters = np.frombuffer(raw.decode("utf-8").encode("utf-32-le"), np.uint32)
        # Offsets in bytes become offsets in letters: each byte that is not a UTF-8 continuation begins a letter.
        begun = np.append(0, np.cumsum((np.frombuffer(raw, np.uint8) & 0xC0) != 0x80))
        ends = begun[vocabulary.ends]
        starts = np.append(0, ends[:-1])
        codes = np.minimum(letters, 0xFFFF).astype(np.uint16)
        keys = _short(sketch_stems(codes, starts, ends))
        self.keys, group = np.unique(keys, return_inverse=True)
        counts = np.bincount(group, lexicon.counts[FIRST_WORD:].astype(np.float64))
        self.values = np.log(lexicon.total / (TEXT_WORDS * np.maximum(counts, 1.0)))
        self.values = np.clip(self.values, 0.0, SURPRISING).astype(np.float32)

    def of(self, keys: U32) -> F32:
        """Weights of some stems; the largest weight for unknown ones."""
        at, found = positions(self.keys, keys)
        return np.where(found, self.values[at], np.float32(SURPRISING))


def fingerprints(keys: U32) -> npt.NDArray[np.uint16]:
    """Sixteen bits of each key, as stored in a sketch.

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
    """Pack sketches for storage: fingerprints of stems, and after each sentence a separator that holds its weight.

    Parameters
    ----------
    sketches : Sketches
        Sketches of a batch.

    Returns
    -------
    list of bytes
        Little-endian 16-bit numbers for each text.
    """
    n = len(sketches.keys)
    sentences = int(sketches.sentence[-1]) + 1 if n else 0
    weight = np.bincount(sketches.sentence, sketches.weights, minlength=sentences)
    where = np.arange(n) + sketches.sentence
    whole = np.empty(n + sentences, "<u2")
    whole[where] = fingerprints(sketches.keys)
    last = np.flatnonzero(np.append(np.diff(sketches.sentence) > 0, True)[:n])
    whole[where[last] + 1] = np.clip(np.rint(weight / WEIGHT_STEP), 1, SEPARATORS - 1)
    bounds = [int(k + sketches.sentence[k]) if k < n else len(whole) for k in sketches.first]
    return [whole[a:b].tobytes() for a, b in pairwise(bounds)]


def signature() -> str:
    """Identifier of the rules and language tables that sketches depend on."""
    return f"{VERSION}:{artifacts.sha256(FOLDER / artifacts.MANIFEST)}"
