"""A batch of texts as arrays, and access to one of them.

``read`` performs every operation on characters once for the whole batch: folding, tokenizing, vocabulary look-up, sentence
splitting, language identification. All later code works on ``Batch.ids`` and the arrays beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text import addresses, capitals, confusables, folding, language, repeats, tags, vocabulary
from mtdetect.text.arrays import I32, I64
from mtdetect.text.decoding import decode
from mtdetect.text.english import CREOLE_WORDS
from mtdetect.text.keyset import KeySet
from mtdetect.text.segments import bounds, members, sums
from mtdetect.text.sentences import sentence_starts
from mtdetect.text.tokens import (
    ALL_CAPITALS,
    CAPITAL,
    DOTTED,
    MIXED,
    NUMERAL,
    PUNCTUATION,
    WORD,
    Tokens,
    tokenize,
)
from mtdetect.text.vocabulary import FIRST_WORD, Vocabulary

_SEPARATOR = "\n\n"

_CREOLE = KeySet.of_words(CREOLE_WORDS)


@dataclass(frozen=True)
class Batch:
    """Texts that were read together.

    Attributes
    ----------
    texts : list of str
        As given; decoded where bytes were given, empty where decoding failed.
    prose : list of str
        The same, with HTML tags and repeated lines blanked out if there may be markup.
    markup : bool
        Whether the texts may hold markup.
    vocabulary : Vocabulary
        The vocabulary that ``ids`` refer to.
    codes : ndarray of uint16
        Folded code points of all texts.
    tokens : Tokens
        All tokens.
    ids : ndarray of int32, shape (n_tokens,)
        Id of each token in the vocabulary: of the word, or of a class for any other token.
    doc : ndarray of int32, shape (n_tokens,)
        Text of each token.
    first : ndarray of int64, shape (n_texts + 1,)
        First token of each text.
    function : ndarray of bool, shape (n_tokens,)
        Whether each token is a function word.
    sentence_first : ndarray of int64, shape (n_sentences + 1,)
        First token of each sentence.
    sentence_doc : ndarray of int32, shape (n_sentences,)
        Text of each sentence.
    words : ndarray of int64, shape (n_texts,)
        Number of words and numbers in each text.
    language : list of (str or None)
        ISO 639-1 code of each text.
    reason : list of (str or None)
        Why a text is unsupported; ``None`` for English prose.
    warnings : list of tuple of str
        Warnings about confusables and invisible characters (:func:`mtdetect.text.confusables.warnings`).
    """

    texts: list[str]
    prose: list[str]
    markup: bool
    vocabulary: Vocabulary
    codes: npt.NDArray[np.uint16]
    tokens: Tokens
    ids: I32
    doc: I32
    first: I64
    function: npt.NDArray[np.bool_]
    sentence_first: I64
    sentence_doc: I32
    words: I64
    language: list[str | None]
    reason: list[str | None]
    warnings: list[tuple[str, ...]]
    _origins: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: int) -> Document:
        if not 0 <= index < len(self):
            raise IndexError(f"no text {index} in a batch of {len(self)}")
        return Document(self, index)

    def __iter__(self) -> Iterator[Document]:
        return (Document(self, k) for k in range(len(self)))

    @cached_property
    def sentence(self) -> I32:
        """Sentence of each token."""
        sizes = np.diff(self.sentence_first)
        return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)

    def only(self, texts: I64) -> Batch:
        """Some of the texts, as if they alone had been read.

        Parameters
        ----------
        texts : ndarray of int64
            Their indices, ascending.
        """
        base, kept, unfolded = self._origins
        begin = base if kept is None else np.searchsorted(kept, base)
        # Line breaks behind a text belong to it.
        codes = members(np.append(begin, len(self.codes)), texts)
        size = np.diff(np.append(begin, len(self.codes))).take(texts)
        own = members(self.first, texts)
        count = np.diff(self.first).take(texts)
        doc = np.repeat(np.arange(len(texts), dtype=np.int32), count)
        shift = (begin.take(texts) - (np.cumsum(size) - size)).astype(np.int32)
        given = self.tokens
        tokens = Tokens(
            given.start.take(own) - shift.take(doc),
            given.end.take(own) - shift.take(doc),
            *(getattr(given, name).take(own) for name in ("hash", "kind", "flags", "newlines", "code")),
        )
        first = np.append(0, np.cumsum(count))
        of_text = bounds(self.sentence_doc, len(self))
        sentences = members(of_text, texts)
        sentence_doc = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(of_text).take(texts))
        earlier = (self.first.take(texts) - first[:-1]).take(sentence_doc)
        rows = texts.tolist()
        return Batch(
            [self.texts[k] for k in rows],
            [self.prose[k] for k in rows],
            self.markup,
            self.vocabulary,
            self.codes.take(codes),
            tokens,
            self.ids.take(own),
            doc,
            first,
            self.function.take(own),
            np.append(self.sentence_first.take(sentences) - earlier, len(own)),
            sentence_doc,
            self.words.take(texts),
            [self.language[k] for k in rows],
            [self.reason[k] for k in rows],
            [self.warnings[k] for k in rows],
            (
                np.cumsum(size) - size if kept is None else base.take(texts),
                None if kept is None else kept.take(codes),
                {new: unfolded[k] for new, k in enumerate(rows) if k in unfolded},
            ),
        )

    def without_tags(self, doc: int, start: int, end: int) -> str:
        """A part of a text as given, but without HTML tags if there may be markup.

        Parameters
        ----------
        doc : int
            Index of the text.
        start, end : int
            The part, in code points.
        """
        given, prose = self.texts[doc], self.prose[doc]
        return given[start:end] if prose is given else tags.removed(given[start:end])

    def spans(
        self, doc: int | npt.NDArray[Any], start: npt.NDArray[Any], end: npt.NDArray[Any]
    ) -> tuple[I64, I64]:
        """Convert spans of folded code points to offsets in the text as given.

        Parameters
        ----------
        doc : int or ndarray of int
            Index of the text, or of the text of each span, in ascending order.
        start, end : ndarray of int
            Non-empty spans of folded code points within that text.

        Returns
        -------
        start, end : ndarray of int64
            The same spans in code points of their text in ``texts``.
        """
        base, kept, unfolded = self._origins
        begin = np.asarray(start, np.int64)
        last = np.asarray(end, np.int64) - 1
        if kept is not None:
            begin, last = kept[begin], kept[last]
        begin = begin - base[doc]
        end = last - base[doc] + 1
        for k in unfolded if isinstance(doc, np.ndarray) else unfolded.keys() & {doc}:
            own = slice(*np.searchsorted(doc, (k, k + 1))) if isinstance(doc, np.ndarray) else slice(None)
            origin = unfolded[k]
            begin[own] = origin[begin[own]]
            # An entity, or a letter with combining marks, ends where the next character of the given text begins.
            end[own] = origin[np.searchsorted(origin, origin[end[own] - 1], side="right")]
        return begin, end


@dataclass(frozen=True)
class Document:
    """One text of a batch."""

    batch: Batch
    index: int

    @property
    def text(self) -> str:
        """The text as given."""
        return self.batch.texts[self.index]

    @property
    def tokens(self) -> slice:
        """Slice of its tokens in the batch."""
        return slice(int(self.batch.first[self.index]), int(self.batch.first[self.index + 1]))

    @property
    def ids(self) -> I32:
        """Vocabulary ids of its tokens."""
        return self.batch.ids[self.tokens]

    @property
    def words(self) -> int:
        """Number of words and numbers."""
        return int(self.batch.words[self.index])

    @property
    def spans(self) -> I64:
        """Offsets of its tokens in the text as given, shape (n_tokens, 2)."""
        own = self.tokens
        tokens = self.batch.tokens
        return np.stack(self.batch.spans(self.index, tokens.start[own], tokens.end[own]), axis=1)

    @property
    def sentences(self) -> I64:
        """Offsets of its sentences in the text as given, shape (n_sentences, 2)."""
        batch = self.batch
        own = np.flatnonzero(batch.sentence_doc == self.index)
        if not len(own):
            return np.zeros((0, 2), np.int64)
        start = batch.tokens.start[batch.sentence_first[own]]
        end = batch.tokens.end[batch.sentence_first[own + 1] - 1]
        return np.stack(batch.spans(self.index, start, end), axis=1)


def read(
    texts: Sequence[str | bytes | None], words: Vocabulary, *, identify: bool = True, markup: bool = False
) -> Batch:
    """Read a batch of texts.

    Parameters
    ----------
    texts : sequence of str, bytes or None
        Bytes may be in any encoding; ``None`` counts as empty.
    words : Vocabulary
        The vocabulary of the language tables.
    identify : bool
        Whether to identify the language. Pass ``False`` for texts known to be English, to save time.
    markup : bool
        Whether the texts may hold markup, as those of users may: HTML tags are blanked out, and lines that repeat an earlier one
        (:mod:`mtdetect.text.repeats`). Corpora to learn from hold hardly any, and are read as they are.
    """
    given: list[str] = []
    undecodable = set()
    for k, text in enumerate(texts):
        if isinstance(text, bytes):
            decoded = decode(text)
            if decoded is None:
                undecodable.add(k)
            text = decoded
        given.append(text or "")
    prose = [repeats.blanked(tags.blanked(text)) for text in given] if markup else given
    plain = []
    letters = []
    unfolded = {}
    for k, text in enumerate(prose):
        if folding.shrinks(text):
            text, unfolded[k] = folding.unfold(text)
        letters.append(confusables.latin(text))
        plain.append(capitals.in_prose(addresses.blanked(letters[-1].text)))
    joined = _SEPARATOR.join(plain)
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.fromiter(map(len, plain), np.int64, len(plain))
    base = np.append(0, np.cumsum(lengths + len(_SEPARATOR)))[: len(plain)]
    codes, kept = folding.fold(raw)
    folded_base = base if kept is None else np.searchsorted(kept, base)

    tokens = tokenize(codes)
    first = np.append(np.searchsorted(tokens.start, folded_base), len(tokens)).astype(np.int64)
    doc = np.repeat(np.arange(len(plain), dtype=np.int32), np.diff(first))
    ids = _ids(tokens, words)
    function = words.function.take(ids)

    begins = sentence_starts(tokens, doc, len(plain))
    sentence_first = np.append(np.flatnonzero(begins), len(tokens)).astype(np.int64)
    sentence_doc = doc[sentence_first[:-1]]

    is_word = tokens.kind == WORD
    count = sums(tokens.kind != PUNCTUATION, first).astype(np.int64)
    verdicts: list[tuple[str | None, str | None]] = [("en", None)] * len(plain)
    if identify:
        verdicts = _languages(plain, tokens, ids, first, function, is_word)
    reason = ["binary" if k in undecodable else why for k, (_, why) in enumerate(verdicts)]
    return Batch(
        given,
        prose,
        markup,
        words,
        codes,
        tokens,
        ids,
        doc,
        first,
        function,
        sentence_first,
        sentence_doc,
        count,
        [name for name, _ in verdicts],
        reason,
        [confusables.warnings(found, n) for found, n in zip(letters, count.tolist(), strict=True)],
        (base, kept, unfolded),
    )


def _ids(tokens: Tokens, words: Vocabulary) -> I32:
    """Id of each token: of the word if the vocabulary has it, else of a class of tokens."""
    kind, flags, code = tokens.kind, tokens.flags, tokens.code
    size = tokens.end - tokens.start
    ids = np.zeros(len(tokens), np.int32)
    is_word = kind == WORD
    at = np.flatnonzero(is_word)
    known = words.lookup.get(tokens.hash[at]).astype(np.int32)
    missing = at[known == 0]
    ids[at] = known
    f = flags[missing]
    ids[missing] = np.where(
        f & MIXED,
        vocabulary.CODE,
        np.where(
            ((f & DOTTED) > 0) | (size[missing] == 1),
            vocabulary.INITIAL,
            np.where(f & (CAPITAL | ALL_CAPITALS), vocabulary.NAME, vocabulary.UNKNOWN),
        ),
    )
    numeral = kind == NUMERAL
    year = numeral & (size == 4) & ((code == ord("1")) | (code == ord("2")))
    ids[numeral] = vocabulary.NUMBER
    ids[numeral & (size <= 2)] = vocabulary.SMALL
    ids[year] = vocabulary.YEAR
    mark = kind == PUNCTUATION
    ids[mark & (code == ord(","))] = vocabulary.COMMA
    ids[mark & ((code == ord(":")) | (code == ord(";")))] = vocabulary.SEMICOLON
    symbol = code == ord("%")
    for character in "$&#@":
        symbol |= code == ord(character)
    ids[mark & symbol] = vocabulary.SYMBOL
    return ids


def _languages(
    texts: list[str],
    tokens: Tokens,
    ids: I32,
    first: I64,
    function: npt.NDArray[np.bool_],
    is_word: npt.NDArray[np.bool_],
) -> list[tuple[str | None, str | None]]:
    size = tokens.end - tokens.start
    words = sums(is_word, first)
    letters = sums(size * is_word, first)
    visible = sums(size, first)
    # A capitalised word outside the vocabulary is probably a name, so it does not count against English.
    known = sums(is_word & ((ids >= FIRST_WORD) | (ids == vocabulary.NAME)), first)
    functional = sums(function, first)
    creole = sums(_CREOLE.holds(tokens.hash), first)
    shares = (
        letters / np.maximum(visible, 1),
        *(count / np.maximum(words, 1) for count in (known, functional, creole)),
    )
    verdicts: list[tuple[str | None, str | None]] = [("en", None)] * len(texts)
    for k in np.flatnonzero((words == 0) | ~language.surely_english(*shares)).tolist():
        letter_share, known_share, function_share, creole_share = (float(share[k]) for share in shares)
        verdicts[k] = language.why_unsupported(
            texts[k],
            words=int(words[k]),
            letters=letter_share,
            known=known_share,
            function=function_share,
            creole=creole_share,
        )
    return verdicts
