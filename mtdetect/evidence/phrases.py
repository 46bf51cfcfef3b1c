"""Phrase lists: phrases that a user knows to be fingerprints, found in a text in one pass.

A screener of papers keeps a list of tortured phrases ("counterfeit consciousness", where people write "artificial
intelligence"). Searching for them one by one would cost a pass for each. Here a phrase is a sequence of tokens with one 64-bit key,
made of the token hashes that reading the text has computed. For each length in the list, all windows of that many tokens are looked up
at once by binary search, so a long list costs hardly more than a short one. Matching keys are then compared letter by letter, so that
a hash collision is never a hit.

Case, diacritics, kinds of quotes and dashes, and single line ends make no difference; a blank line ends a phrase.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtdetect.errors import InputError, UsageError
from mtdetect.text import Batch, Vocabulary, read
from mtdetect.text.arrays import I64, U64
from mtdetect.text.distinct import present
from mtdetect.text.folding import tables
from mtdetect.text.hashing import SECOND_MULTIPLIER
from mtdetect.verdict import Evidence

KIND = "listed"

WEIGHT = 10.0
"""Nats of a listed phrase. Chosen, not fitted: above nearly all evidence of the model, because the user vouches for the phrase. It ranks
the evidence and does not change the score."""

LONGEST = 200
"""Most characters of a phrase. A longer one is a paragraph, or a line that lost its tab."""

ALTERNATIVES = "|"
"""Separates alternatives of a wording."""

HEADER = "phrase"
"""First cell of the optional header line."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the list and what people write instead.

    Attributes
    ----------
    phrase : str
        The phrase, in upper or lower case.
    wording : str or None
        What it probably replaced; alternatives are separated by ``|``.
    """

    phrase: str
    wording: str | None = None

    @property
    def suggestion(self) -> str | None:
        """The first of the alternatives."""
        first = (self.wording or "").split(ALTERNATIVES)[0].strip()
        return first or None


Phrases = Mapping[str, str | None] | Iterable[Phrase]


def listed(given: Phrases) -> tuple[Phrase, ...]:
    """Check a list of phrases.

    Parameters
    ----------
    given : mapping of str to str or None, or iterable of Phrase
        Phrases with their expected wording.

    Returns
    -------
    tuple of Phrase

    Raises
    ------
    UsageError
        If one of them cannot be searched for.
    """
    if isinstance(given, Mapping):
        given = tuple(Phrase(phrase, wording) for phrase, wording in given.items())
    checked = tuple(given)
    if not all(isinstance(one, Phrase) for one in checked):
        raise UsageError("phrases: give a mapping of phrases to their wordings, a list of Phrase, or a file")
    for one in checked:
        wrong = _wrong(one.phrase)
        if wrong:
            raise UsageError(f"phrase {one.phrase[:60]!r} {wrong}")
    return checked


def load(path: str | Path) -> tuple[Phrase, ...]:
    """Read a list of phrases.

    Parameters
    ----------
    path : str or Path
        UTF-8. If its name ends in ``.json``: an object from phrases to wordings, or a list of objects with ``phrase`` and
        ``wording``. Else lines ``phrase<TAB>wording``; blank lines, lines that begin with ``#`` and a header whose
        first word is ``phrase`` are skipped.

    Returns
    -------
    tuple of Phrase
        In the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read or holds something else; names the line.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: line {line}: not UTF-8; save the list as UTF-8") from error
    entries = _from_json(text, path) if str(path).lower().endswith(".json") else _from_lines(text, path)
    found = []
    for place, phrase, wording in entries:
        wrong = _wrong(phrase)
        if wrong:
            raise InputError(f"{path}: {place}: the phrase {wrong}")
        found.append(Phrase(phrase, wording))
    if not found:
        raise InputError(f"{path}: holds no phrase; write lines 'phrase<TAB>expected wording'")
    return tuple(found)


class Matcher:
    """Finds listed phrases in batches of texts.

    Parameters
    ----------
    phrases : tuple of Phrase
        From :func:`load` or :func:`listed`. Of equal phrases, the first counts.
    vocabulary : Vocabulary
        For reading the phrases; any will do.
    """

    def __init__(self, phrases: tuple[Phrase, ...], vocabulary: Vocabulary) -> None:
        self.phrases = phrases
        # The same code splits phrases and texts into tokens.
        batch = read([one.phrase for one in phrases], vocabulary, identify=False)
        size = np.diff(batch.first)
        self._batch = batch
        self._by_size: dict[int, tuple[U64, I64]] = {}
        wanted = {int(n) for n in present(size) if n}
        for n, windows in _windows(batch.tokens.hash, wanted):
            which = np.flatnonzero(size == n)
            keys, first = np.unique(windows[batch.first[which]], return_index=True)
            self._by_size[n] = (keys, which[first])

    def find(self, batch: Batch) -> list[tuple[Evidence, ...]]:
        """Find the phrases.

        Parameters
        ----------
        batch : Batch
            Texts.

        Returns
        -------
        list of tuple of Evidence
            For each text, in its order. A phrase inside a longer listed one is not reported.
        """
        found: list[list[Evidence]] = [[] for _ in range(len(batch))]
        # A phrase does not cross texts or paragraphs: windows must lie between two breaks.
        breaks = np.cumsum((batch.tokens.newlines >= 2) | (np.diff(batch.doc, prepend=-1) != 0))
        taken = np.zeros(len(batch.tokens) + 1, np.int64)
        for n, windows in reversed(list(_windows(batch.tokens.hash, set(self._by_size)))):
            keys, which = self._by_size[n]
            place = np.minimum(np.searchsorted(keys, windows), len(keys) - 1)
            hits = np.flatnonzero((keys[place] == windows) & (breaks[n - 1 :] == breaks[: len(windows)]))
            for first in hits.tolist():
                last = first + n
                one = int(which[place[first]])
                # Longer phrases come first, and hide the phrases inside them.
                if taken[first] >= last or not self._same(one, batch, first, last):
                    continue
                np.maximum(taken[first:last], last, out=taken[first:last])
                doc = int(batch.doc[first])
                start, end = batch.spans(doc, batch.tokens.start[[first]], batch.tokens.end[[last - 1]])
                a, b = int(start[0]), int(end[0])
                found[doc].append(
                    Evidence(a, b, batch.texts[doc][a:b], KIND, WEIGHT, self.phrases[one].suggestion)
                )
        return [tuple(sorted(items, key=lambda e: (e.start, e.end))) for items in found]

    def _same(self, one: int, batch: Batch, first: int, last: int) -> bool:
        own = self._batch.first
        return _letters(self._batch, int(own[one]), int(own[one + 1])) == _letters(batch, first, last)


def merged(listed: tuple[Evidence, ...], others: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Join listed phrases with other evidence, in the order of the text.

    Parameters
    ----------
    listed : tuple of Evidence
        From :meth:`Matcher.find`.
    others : tuple of Evidence
        Evidence of the model; what lies inside a listed phrase is dropped in its favour.

    Returns
    -------
    tuple of Evidence
    """
    if not listed:
        return others
    starts = np.array([one.start for one in listed])
    ends = np.maximum.accumulate([one.end for one in listed])
    kept = []
    for other in others:
        before = int(np.searchsorted(starts, other.start, side="right")) - 1
        if before < 0 or ends[before] < other.end:
            kept.append(other)
    return tuple(sorted((*listed, *kept), key=lambda e: (e.start, e.end)))


def _windows(hashes: U64, sizes: set[int]) -> Iterator[tuple[int, U64]]:
    """Keys of all windows of n tokens, for each n of ``sizes``, the smallest first; each key extends the one of n - 1 tokens."""
    total = np.zeros(len(hashes), np.uint64)
    power = 1
    for n in range(1, min(max(sizes, default=0), len(hashes)) + 1):
        ends = hashes[n - 1 :]
        total = total[: len(ends)] + ends * np.uint64(power)
        power = power * SECOND_MULTIPLIER % (1 << 64)
        if n in sizes:
            yield n, total


def _letters(batch: Batch, first: int, last: int) -> list[bytes]:
    """Lower-cased letters of some tokens."""
    lower, tokens = tables().lower, batch.tokens
    return [lower[batch.codes[tokens.start[k] : tokens.end[k]]].tobytes() for k in range(first, last)]


def _wrong(phrase: str) -> str | None:
    """Why a phrase cannot be searched for, or None."""
    if not any(c.isalpha() or c.isdecimal() for c in phrase):
        return "holds no letter or figure; leave it out"
    if len(phrase) > LONGEST:
        return f"is longer than {LONGEST} characters; shorten it, or put a tab before its wording"
    if any(c >= "\ufffd" for c in phrase):
        return "holds a rare sign (such as an emoji) that reading a text does not keep; leave the sign out"
    return None


def _from_lines(text: str, path: str | Path) -> Iterator[tuple[str, str, str | None]]:
    first = True
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) < 2:
            raise InputError(
                f"{path}: line {number}: no tab; write 'phrase<TAB>expected wording', or end the line with a tab if there "
                "is no wording"
            )
        phrase, wording = cells[0].strip(), cells[1].strip()
        if first and phrase.casefold() == HEADER:
            first = False
            continue
        first = False
        yield f"line {number}", phrase, wording or None


def _from_json(text: str, path: str | Path) -> Iterator[tuple[str, str, str | None]]:
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: not JSON ({error.msg}); mend it there") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
        raise InputError(
            f"{path}: line 1: nested too deeply, or no text; write an object from phrases to wordings"
        ) from error
    if isinstance(value, dict):
        value = [{"phrase": phrase, "wording": wording} for phrase, wording in value.items()]
    if not isinstance(value, list):
        raise InputError(f'{path}: line 1: neither an object nor a list; write {{"phrase": "wording"}}')
    for number, entry in enumerate(value, start=1):
        phrase = entry.get("phrase") if isinstance(entry, dict) else None
        wording = entry.get("wording") if isinstance(entry, dict) else None
        if not isinstance(phrase, str) or not (wording is None or isinstance(wording, str)):
            raise InputError(
                f'{path}: entry {number}: no phrase with a wording; write {{"phrase": "…", "wording": "…"}}'
            )
        yield f"entry {number}", phrase, wording
