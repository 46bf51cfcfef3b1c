"""A collection of originals in one SQLite file.

Each batch of additions is one transaction: its rows, its segment, and the merging of segments that it causes. So readers see
complete batches only, also after a crash.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from mtdetect.comparison import Comparison, Side, compare_documents
from mtdetect.errors import UsageError
from mtdetect.features.lexicon import Lexicon, shipped
from mtdetect.features.view import View
from mtdetect.originals import index, ranking
from mtdetect.originals.answers import Added, Info
from mtdetect.originals.database import FORMAT, Database
from mtdetect.originals.index import Index
from mtdetect.originals.postings import Segment
from mtdetect.originals.ranking import Closeness
from mtdetect.originals.scoring import LIKELY, CandidateScore, columns, score_candidates
from mtdetect.originals.sketch import Sketches, packed, sketch
from mtdetect.serialization import from_json, to_json
from mtdetect.text import decode, read
from mtdetect.text.arrays import F64
from mtdetect.verdict import Direction, Match

BATCH_TEXTS = 2_000
BATCH_CHARACTERS = 6_000_000
"""Most texts and characters of a batch of additions, which is one transaction."""

READ_CHARACTERS = 400_000
"""Most characters read into arrays at once."""

INDEXED = 3.0
"""Least weight of a stem that gets a posting list: lighter stems are in every twentieth text and find nothing."""

LONGEST_ORIGINAL = 15_000_000
"""Most characters of an original, and of a query that are read: each takes about forty bytes of memory."""

COMPARED = 3
"""Best matches whose stored texts are compared with the query, and any further match that is probably an original of it."""

DOUBTFUL = 0.05
"""Least score of a match whose stored text is compared."""

LARGEST_COMPARED = 200_000
"""Most characters of a text that is compared: a search should take milliseconds."""

Text = str | bytes
Id = Any  # any JSON value


class Originals:
    """A collection of originals that can be searched for the original of a text.

    Safe for any number of readers and one writer at a time, in threads and processes. After a fork, open the file again in the
    child process; unpickling does so.

    Parameters
    ----------
    path : str or Path
        SQLite file.
    create : bool
        Whether a missing file is created.
    store_text : bool
        Whether added texts are stored, too (compressed). Then matches are compared with the query word by word, and :meth:`text`
        returns the text. An original whose text is stored keeps one when it is updated, with or without this.

    Raises
    ------
    InputError
        If the file is not a collection, was made by a newer version or with other language tables, or is damaged.

    Examples
    --------
    >>> import mtdetect, tempfile, os
    >>> story = "The ferry left Harwich before dawn, and the baker Agnes Pell, who had overslept, watched it from the pier."
    >>> with mtdetect.Originals(os.path.join(tempfile.mkdtemp(), "originals.db")) as originals:
    ...     _ = originals.add([{"id": "ferry", "text": story}])
    ...     [match.original for match in originals.search("Agnes Pell overslept; the Harwich ferry left at dawn.")]
    ['ferry']
    """

    def __init__(self, path: str | Path, *, create: bool = True, store_text: bool = False) -> None:
        self.path = os.fspath(path)
        self.store_text = store_text
        self._database = Database(self.path, create=create)
        self._index = Index()
        self._lexicon_: Lexicon | None = None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Originals:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        # Worker processes open the file themselves.
        return (partial(type(self), create=False, store_text=self.store_text), (self.path,))

    def __len__(self) -> int:
        return int(self._database.first("SELECT count(*) FROM originals")[0])

    def __contains__(self, id: object) -> bool:
        return self._database.first("SELECT 1 FROM originals WHERE id = ?", _name(id)) is not None

    @property
    def _lexicon(self) -> Lexicon:
        if self._lexicon_ is None:
            self._lexicon_ = shipped()
        return self._lexicon_

    # -- writing

    def add(
        self,
        records: Iterable[Mapping[str, Any] | tuple[Id, Text]],
        refused: Callable[[str], object] | None = None,
    ) -> Added:
        """Add originals.

        They are written in batches of some thousand, each completely or not at all. Originals already present with the same text are
        not changed, so an interrupted call can simply be repeated.

        Parameters
        ----------
        records : iterable of mapping or pair
            With ``id`` and ``text``; other fields are ignored. If the id is already present, the new text replaces the old one.
        refused : callable, optional
            Told why a record cannot be added; the others are. Without it the first such record ends the call.

        Returns
        -------
        Added
            How many were added, updated and unchanged.

        Raises
        ------
        UsageError
            If an id comes twice with different texts, or if a record has no id, no text, or a text longer than
            ``LONGEST_ORIGINAL``, and there is no ``refused``. Earlier batches stay.
        """
        if isinstance(records, (str, bytes, Mapping)):
            raise UsageError(
                f"records: is {type(records).__name__}; give a list of records with an id and a text"
            )
        seen: dict[str, bytes] = {}
        done = Added()
        batch: list[tuple[str, bytes, str]] = []
        held = 0
        for record in records:
            try:
                given, text = _given(record)
                name, digest = _name(given), _digest(text)
                if seen.setdefault(name, digest) != digest:
                    raise UsageError(
                        f"id {name} comes twice with different texts; give each original an id of its own"
                    )
            except UsageError as error:
                if refused is None:
                    raise
                refused(str(error))
                continue
            batch.append((name, digest, text))
            held += len(text)
            if len(batch) >= BATCH_TEXTS or held >= BATCH_CHARACTERS:
                done = self._add(batch, done)
                batch, held = [], 0
        if batch:
            done = self._add(batch, done)
        return done

    def _add(self, batch: list[tuple[str, bytes, str]], done: Added) -> Added:
        """Write a batch of names, digests and texts, and add to the counts of what was done."""
        with self._database.lock, self._database.clear_errors():
            fresh = self._changed(self._database.connection, batch)
        # Sketching takes longest and needs no lock, so another writer may add some of the batch meanwhile.
        sketched = dict(zip(fresh, self._sketched(fresh), strict=True))
        with self._database.transaction("IMMEDIATE") as connection:
            late = {name: fresh[name] for name in self._changed(connection, batch) if name in fresh}
            old = [
                row
                for name in late
                for row in connection.execute(
                    "SELECT number, id, text IS NOT NULL FROM originals WHERE id = ?", (name,)
                )
            ]
            self._drop(connection, (number for number, _, _ in old))
            first = index.next_number(connection)
            # Where a text was stored, the new one is, too: whoever stored it wants it compared.
            stored = set(late) if self.store_text else {name for _, name, had_text in old if had_text}
            self._insert(connection, first, [(name, *late[name], *sketched[name]) for name in late], stored)
            index.merge_newest(connection)
            completed = self._add_texts(connection, batch) if self.store_text else 0
        return Added(
            added=done.added + len(late) - len(old),
            updated=done.updated + len(old) + completed,
            unchanged=done.unchanged + len(batch) - len(late) - completed,
        )

    @staticmethod
    def _add_texts(connection: sqlite3.Connection, batch: list[tuple[str, bytes, str]]) -> int:
        """Store the texts of originals that were added without; returns how many."""
        missing = "id = ? AND digest = ? AND text IS NULL"
        count = 0
        for name, digest, text in batch:
            if connection.execute(f"SELECT 1 FROM originals WHERE {missing}", (name, digest)).fetchone():
                connection.execute(
                    f"UPDATE originals SET text = ? WHERE {missing}", (_packed(text), name, digest)
                )
                count += 1
        return count

    def _changed(
        self, connection: sqlite3.Connection, batch: list[tuple[str, bytes, str]]
    ) -> dict[str, tuple[bytes, str]]:
        """Digest and text, by name, of the originals that are not present with the same text."""
        changed = {}
        for name, digest, text in batch:
            row = connection.execute("SELECT digest FROM originals WHERE id = ?", (name,)).fetchone()
            if row is None or row[0] != digest:
                changed[name] = (digest, text)
        return changed

    def _sketched(self, fresh: Mapping[str, tuple[bytes, str]]) -> Iterator[tuple[int, bytes, Sketches]]:
        """Number of words, packed sketch and sketch of each text."""
        texts = [text for _, text in fresh.values()]
        for group in _groups(texts):
            batch = read(group, self._lexicon.vocabulary, identify=False, markup=True)
            sketches = sketch(batch, self._lexicon)
            yield from zip(
                batch.words.tolist(),
                packed(sketches),
                (sketches.one(k) for k in range(len(group))),
                strict=True,
            )

    def _insert(
        self,
        connection: sqlite3.Connection,
        first: int,
        rows: Sequence[tuple[str, bytes, str, int, bytes, Sketches]],
        stored: Container[str],
    ) -> None:
        """Write rows (name, digest, text, words, packed sketch, sketch) and their segment; the texts only of the names in ``stored``."""
        if not rows:
            return
        keys, originals, weights = [], [], np.zeros(len(rows), np.float32)
        for k, (name, digest, text, words, packed_sketch, stems) in enumerate(rows):
            kept = _packed(text) if name in stored else None
            connection.execute(
                "INSERT INTO originals (number, id, digest, words, sketch, text) VALUES (?, ?, ?, ?, ?, ?)",
                (first + k, name, digest, words, packed_sketch, kept),
            )
            own, own_weights = stems.stems()
            weights[k] = own_weights.sum()
            own = np.concatenate([own[own_weights >= INDEXED], stems.pairs])
            keys.append(own)
            originals.append(np.full(len(own), k, np.int64))
        segment = Segment.build(first, weights, np.concatenate(keys), np.concatenate(originals))
        index.write(connection, segment)

    @staticmethod
    def _drop(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
        """Delete rows and record their numbers, whose postings remain until the next ``compact``."""
        rows = [(number,) for number in numbers]
        connection.executemany("DELETE FROM originals WHERE number = ?", rows)
        connection.executemany("INSERT INTO removed VALUES (?)", rows)

    def remove(self, ids: Iterable[Id]) -> int:
        """Remove originals, all or none.

        Parameters
        ----------
        ids : iterable of JSON values
            Ids of the originals.

        Returns
        -------
        int
            Number of removed originals.

        Raises
        ------
        UsageError
            If the collection has no original with one of the ids.
        """
        names = dict.fromkeys(map(_name, ids))
        with self._database.transaction("IMMEDIATE") as connection:
            numbers = []
            for name in names:
                row = connection.execute("SELECT number FROM originals WHERE id = ?", (name,)).fetchone()
                if row is None:
                    raise UsageError(f"{self.path}: holds no original with the id {name}")
                numbers.append(row[0])
            self._drop(connection, numbers)
        return len(numbers)

    def compact(self) -> None:
        """Free the space of removed originals, and merge the index into few segments."""
        with self._database.transaction("IMMEDIATE") as connection:
            index.compact(connection)
        with self._database.lock, self._database.clear_errors():
            self._database.connection.execute("VACUUM")
            self._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- reading

    def search(self, text: Text, top: int = 5) -> list[Match]:
        """Search for the originals that a text may be a copy of.

        Parameters
        ----------
        text : str or bytes
            The suspect: a whole text or a passage.
        top : int
            Most matches to return.

        Returns
        -------
        list of Match
            Best first; empty if no original shares a distinctive word with the text.
        """
        return next(self.search_many([text], top))

    def search_many(self, texts: Iterable[Text], top: int = 5) -> Iterator[list[Match]]:
        """Search for the originals of many texts.

        Parameters
        ----------
        texts : iterable of str or bytes
            The suspects; only the first ``LONGEST_ORIGINAL`` characters of each are read.
        top : int
            Most matches per text.

        Yields
        ------
        list of Match
            Matches of each text, in order.

        Raises
        ------
        UsageError
            If ``top`` is not 1 or more.
        """
        given: Any = top  # what a call gives may be of another type
        if not isinstance(given, int) or top < 1:
            raise UsageError(f"top must be 1 or more, not {top!r}")
        for group in _groups(_plain(text) for text in texts):
            heads = [text[:LONGEST_ORIGINAL] for text in group]
            view = View(read(heads, self._lexicon.vocabulary, identify=False, markup=True), self._lexicon)
            sketches = sketch(view.batch, self._lexicon)
            for k, text in enumerate(group):
                query = sketches.one(k)
                with self._database.clear_errors():
                    found, close = self._candidates(query)
                yield self._matches(query, found, close, _digest(text), Side(view, k), top)

    def closest(self, texts: Iterable[Text]) -> Iterator[tuple[list[Id], F64]]:
        """Find the candidates of each text without scoring them: the training data of the search model.

        Parameters
        ----------
        texts : iterable of str
            The suspects.

        Yields
        ------
        ids : list of JSON values
            Ids of the candidates.
        columns : ndarray, shape (n_candidates, len(scoring.RANK))
            Columns of the search model.
        """
        for group in _groups(_plain(text) for text in texts):
            sketches = sketch(read(group, self._lexicon.vocabulary, identify=False), self._lexicon)
            for k in range(len(group)):
                query = sketches.one(k)
                with self._database.clear_errors():
                    found, close = self._candidates(query)
                yield [one.id for one in found], columns(close, float(query.weights.sum()))

    def _candidates(self, query: Sketches) -> tuple[list[_Candidate], Closeness]:
        """The candidates for a query, and their closeness to it."""
        with self._database.transaction("DEFERRED") as connection:
            numbers = ranking.candidates(query, self._index.segments(connection), index.removed(connection))
            # One at a time: a statement with a list of numbers is no faster (measured).
            rows = [
                connection.execute(
                    "SELECT number, id, digest, sketch FROM originals WHERE number = ?", (number,)
                ).fetchone()
                for number in numbers.tolist()
            ]
        found = [
            _Candidate(number, from_json(name), digest, sketched)
            for number, name, digest, sketched in filter(None, rows)
        ]
        return found, ranking.closeness(query, [one.sketch for one in found])

    def _matches(
        self,
        query: Sketches,
        found: Sequence[_Candidate],
        close: Closeness,
        digest: bytes,
        suspect: Side,
        top: int,
    ) -> list[Match]:
        """The best candidates as matches; the first few are compared with the suspect if their text is stored."""
        if not found:
            return []
        scores = score_candidates(close, float(query.weights.sum()), [one.digest == digest for one in found])
        # More than are asked for, because a comparison may find that a later one is the original.
        order = sorted(range(len(found)), key=lambda k: (-scores[k].rank, k))[: max(top, COMPARED)]
        matches = []
        for place, k in enumerate(order):
            by_sketch = scores[k]
            best: CandidateScore | Comparison = by_sketch
            score = by_sketch.score
            direction: Direction = "unclear"
            if by_sketch.score >= (DOUBTFUL if place < COMPARED else LIKELY) and found[k].digest != digest:
                comparison = self._compared(suspect, found[k].number)
                if comparison is not None:
                    best, direction = comparison, comparison.direction
                    # It sees word by word what the sketches of a heavily spun text and its original hardly share.
                    if comparison.is_copy:
                        score = max(score, comparison.confidence)
            matches.append(
                Match(
                    original=found[k].id,
                    score=score,
                    relation=best.relation,
                    direction=direction,
                    copied=best.copied,
                    covered=best.covered,
                )
            )
        return sorted(matches, key=lambda one: -one.score)[:top]

    def _compared(self, suspect: Side, number: int) -> Comparison | None:
        """Comparison of a text and an original; None if the original's text is not stored or one of the two is too long."""
        if len(suspect.text) > LARGEST_COMPARED:
            return None
        text = self._text("number", number)
        if text is None or len(text) > LARGEST_COMPARED:
            return None
        batch = read([text], self._lexicon.vocabulary, identify=False, markup=True)
        return compare_documents(suspect, Side(View(batch, self._lexicon), 0))

    def text(self, id: Id) -> str | None:
        """Return the text of an original.

        Parameters
        ----------
        id : JSON value
            Id of the original.

        Returns
        -------
        str or None
            None if the collection does not have the original or its text.
        """
        return self._text("id", _name(id))

    def _text(self, column: str, value: Any) -> str | None:
        """Stored text of the original with a value in a column."""
        row = self._database.first(f"SELECT text FROM originals WHERE {column} = ?", value)
        with self._database.clear_errors():
            return None if row is None or row[0] is None else _unpacked(row[0])

    def lacks_texts(self) -> bool:
        """Whether the original that was added last is there without its text. To look at all takes long in a large collection."""
        newest = self._database.first("SELECT text IS NULL FROM originals ORDER BY number DESC LIMIT 1")
        return newest is not None and bool(newest[0])

    def info(self) -> Info:
        """Describe the contents of the collection.

        Returns
        -------
        Info
        """
        with self._database.transaction("DEFERRED") as connection:
            count, words, texts = connection.execute(
                "SELECT count(*), coalesce(sum(words), 0), count(text) FROM originals"
            ).fetchone()
            (segments,) = connection.execute("SELECT count(*) FROM segments").fetchone()
            (removed,) = connection.execute("SELECT count(*) FROM removed").fetchone()
            (tables,) = connection.execute("SELECT value FROM facts WHERE name = 'tables'").fetchone()
        return Info(
            originals=count,
            words=words,
            texts=texts,
            bytes=self._database.size(),
            segments=segments,
            removed=removed,
            format=FORMAT,
            tables=tables,
        )


class _Candidate(NamedTuple):
    """An original that a search found, as its row holds it."""

    number: int
    id: Id
    digest: bytes
    sketch: bytes


def _packed(text: str) -> bytes:
    """A text as it is stored."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def _unpacked(stored: bytes) -> str:
    """A stored text; decompression stops at the largest possible text, because the file may be manipulated."""
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(stored, 4 * LONGEST_ORIGINAL)
    if not unpacking.eof:
        raise ValueError("a stored text is incomplete or too long")
    return text.decode("utf-8", "surrogatepass")


def _given(record: Any) -> tuple[Id, str]:
    """Id and text of a record."""
    if isinstance(record, Mapping):
        given, text = record.get("id"), record.get("text")
    elif isinstance(record, (tuple, list)) and len(record) == 2:
        given, text = record
    else:
        raise UsageError(f"a record is {type(record).__name__}; give an id and a text")
    if given is None:
        raise UsageError("a record has no 'id'")
    if not isinstance(text, (str, bytes)):
        raise UsageError(f"the record {_name(given)} has no text")
    if len(text) > LONGEST_ORIGINAL:
        raise UsageError(
            f"the record {_name(given)} is longer than {LONGEST_ORIGINAL:,} characters; add it in parts"
        )
    return given, _plain(text)


def _plain(text: Any) -> str:
    """The text, decoded if it is bytes."""
    if not isinstance(text, (str, bytes)):
        raise UsageError(f"a text must be str or bytes, not {type(text).__name__}")
    return (decode(text) or "") if isinstance(text, bytes) else text


def _name(id: Id) -> str:
    """An id as JSON, so that 7 and "7" differ."""
    try:
        return to_json(id).decode()
    except TypeError as error:
        raise UsageError(f"an id must be a JSON value, not {type(id).__name__}") from error


def _digest(text: str) -> bytes:
    """Hash by which equal texts are recognised."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _groups(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in groups of at most ``READ_CHARACTERS``, or one longer text."""
    group: list[str] = []
    held = 0
    for text in texts:
        if group and held + len(text) > READ_CHARACTERS:
            yield group
            group, held = [], 0
        group.append(text)
        held += len(text)
    if group:
        yield group
