"""A collection of originals in one SQLite file.

Every batch of additions is one transaction (its rows, its segment, the merging of segments that it brings about), so whoever
reads meanwhile, or after a crash, sees whole batches only.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import orjson

from mtdetect.comparison import Kinship, Side, relate_documents
from mtdetect.errors import UsageError
from mtdetect.features.lexicon import Lexicon, shipped
from mtdetect.features.view import View
from mtdetect.originals import index, ranking
from mtdetect.originals.answers import Added, Info
from mtdetect.originals.database import FORMAT, Database
from mtdetect.originals.index import Index
from mtdetect.originals.judging import COPIES, LIKELY, Judgement, columns, judged
from mtdetect.originals.postings import Segment
from mtdetect.originals.ranking import Closeness
from mtdetect.originals.sketch import Sketches, packed, sketch
from mtdetect.serialization import to_json
from mtdetect.text import decode, read
from mtdetect.text.arrays import F64
from mtdetect.verdict import Match

BATCH_TEXTS = 2_000
BATCH_CHARACTERS = 6_000_000
"""A batch of additions ends at whichever comes first: one transaction each."""

READ_CHARACTERS = 400_000
"""Characters read into arrays at once."""

INDEXED = 3.0
"""Weight from which a stem has a posting list: those below stand in every twentieth text, and find nothing."""

LONGEST_ORIGINAL = 15_000_000
"""Characters of an original, at most, and of a query that are looked at: reading takes some forty bytes of memory for each."""

TOO_LONG = f"is longer than {LONGEST_ORIGINAL:,} characters; add it in parts"

COMPARED = 3
"""Matches whose texts are compared with the query, at most."""

DOUBTFUL = 0.05
"""Score from which they are."""

LARGEST_COMPARED = 200_000
"""Characters of a text that is compared: a search is an answer in milliseconds."""

Text = str | bytes
Id = Any  # any JSON value


class Originals:
    """A collection of originals to look copies up in.

    Safe for any number of readers and one writer at a time, in threads and in processes; a process that forks opens the
    file anew (pickling does).

    Parameters
    ----------
    path : str or Path
        SQLite file; made if it is not there.
    create : bool
        Whether it may be made.
    store_text : bool
        Whether the texts of what is added are stored, too (compressed), for whoever wants them back.

    Raises
    ------
    InputError
        If the file is none of these, was made by a newer version, with other language tables, or is damaged.

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
        # Workers open the file themselves.
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

    def add(self, records: Iterable[Mapping[str, Any] | tuple[Id, Text]]) -> Added:
        """Add originals.

        The work is done in batches of some thousand, each of which is there as a whole or not at all. What stands
        there already is left alone, so a call that was cut short can simply be made again.

        Parameters
        ----------
        records : iterable of mapping or pair
            With ``id`` and ``text``; further fields are ignored. The text of an id that is there already takes the place of the old one.

        Returns
        -------
        Added
            What was done.

        Raises
        ------
        UsageError
            If an id comes twice with different texts, or a record has none, or one that is longer than a long novel. Batches
            before it stay.
        """
        seen: dict[str, bytes] = {}
        done = Added()
        batch: list[tuple[str, bytes, str]] = []
        held = 0
        for record in records:
            given, text = _given(record)
            name, digest = _name(given), _digest(text)
            if seen.setdefault(name, digest) != digest:
                raise UsageError(
                    f"id {name} comes twice with different texts; give each original an id of its own"
                )
            batch.append((name, digest, text))
            held += len(text)
            if len(batch) >= BATCH_TEXTS or held >= BATCH_CHARACTERS:
                done = self._add(batch, done)
                batch, held = [], 0
        if batch:
            done = self._add(batch, done)
        return done

    def _add(self, batch: list[tuple[str, bytes, str]], done: Added) -> Added:
        with self._database.lock, self._database.told():
            fresh = self._changed(self._database.connection, batch)
        # Reading takes longest, and needs no lock; what another writer does meanwhile is seen to inside.
        sketched = dict(zip(fresh, self._sketched(fresh), strict=True))
        with self._database.transaction("IMMEDIATE") as connection:
            late = {name: fresh[name] for name in self._changed(connection, batch) if name in fresh}
            old = dict(
                row
                for name in late
                for row in connection.execute("SELECT id, number FROM originals WHERE id = ?", (name,))
            )
            self._drop(connection, old.values())
            first = index.next_number(connection)
            self._insert(connection, first, [(name, *late[name], *sketched[name]) for name in late])
            index.settle(connection)
        return Added(
            done.added + len(late) - len(old),
            done.updated + len(old),
            done.unchanged + len(batch) - len(late),
        )

    def _changed(
        self, connection: sqlite3.Connection, batch: list[tuple[str, bytes, str]]
    ) -> dict[str, tuple[bytes, str]]:
        """Digest and text by name of what is not there as it is."""
        changed = {}
        for name, digest, text in batch:
            row = connection.execute("SELECT digest FROM originals WHERE id = ?", (name,)).fetchone()
            if row is None or row[0] != digest:
                changed[name] = (digest, text)
        return changed

    def _sketched(self, fresh: Mapping[str, tuple[bytes, str]]) -> Iterator[tuple[int, bytes, Sketches]]:
        """Words, stored sketch and sketch of each text."""
        texts = [text for _, text in fresh.values()]
        for group in _groups(texts):
            batch = read(group, self._lexicon.vocabulary, identify=False)
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
    ) -> None:
        """Write rows and their segment."""
        if not rows:
            return
        keys, originals, weights = [], [], np.zeros(len(rows), np.float32)
        for k, (name, digest, text, words, sketch_, stems) in enumerate(rows):
            stored = zlib.compress(text.encode("utf-8", "surrogatepass"), 6) if self.store_text else None
            connection.execute(
                "INSERT INTO originals VALUES (?, ?, ?, ?, ?, ?)",
                (first + k, name, digest, words, sketch_, stored),
            )
            own, surprise = stems.stems()
            weights[k] = surprise.sum()
            own = np.concatenate([own[surprise >= INDEXED], stems.pairs])
            keys.append(own)
            originals.append(np.full(len(own), k, np.int64))
        segment = Segment.build(first, weights, np.concatenate(keys), np.concatenate(originals))
        index.write(connection, segment)

    @staticmethod
    def _drop(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
        rows = [(number,) for number in numbers]
        connection.executemany("DELETE FROM originals WHERE number = ?", rows)
        connection.executemany("INSERT INTO removed VALUES (?)", rows)

    def remove(self, ids: Iterable[Id]) -> int:
        """Remove originals, all or none.

        Parameters
        ----------
        ids : iterable of JSON values
            Theirs.

        Returns
        -------
        int
            How many were removed.

        Raises
        ------
        UsageError
            If there is no original with one of the ids.
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
        """Free the space of what was removed, and merge the index into as few parts as sensible."""
        with self._database.transaction("IMMEDIATE") as connection:
            index.compact(connection)
        with self._database.lock, self._database.told():
            self._database.connection.execute("VACUUM")
            self._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- reading

    def search(self, text: Text, top: int = 5) -> list[Match]:
        """Look up what a text may be a copy of.

        Parameters
        ----------
        text : str or bytes
            The suspect: a whole text, or a passage of one.
        top : int
            Matches, at most.

        Returns
        -------
        list of Match
            Best first; empty if nothing in the collection shares a telling word with it.
        """
        return next(self.search_many([text], top))

    def search_many(self, texts: Iterable[Text], top: int = 5) -> Iterator[list[Match]]:
        """Look up many texts.

        Parameters
        ----------
        texts : iterable of str or bytes
            The suspects; of a text longer than ``LONGEST_ORIGINAL`` its beginning.
        top : int
            Matches of each, at most.

        Yields
        ------
        list of Match
            Of each text, in order.

        Raises
        ------
        UsageError
            If ``top`` is not 1 or more.
        """
        if top < 1:
            raise UsageError(f"top must be 1 or more, not {top}")
        for group in _groups(_plain(text) for text in texts):
            heads = [text[:LONGEST_ORIGINAL] for text in group]
            view = View(read(heads, self._lexicon.vocabulary, identify=False), self._lexicon)
            sketches = sketch(view.batch, self._lexicon)
            for k, text in enumerate(group):
                query = sketches.one(k)
                with self._database.told():
                    rows, close = self._looked_at(query)
                    yield self._judged(query, rows, close, _digest(text), Side(view, k), top) if rows else []

    def closest(self, texts: Iterable[Text]) -> Iterator[tuple[list[Id], F64]]:
        """Candidates of each text, unjudged: what training learns from.

        Parameters
        ----------
        texts : iterable of str
            The suspects.

        Yields
        ------
        ids : list of JSON values
            Of the candidates.
        columns : ndarray, shape (n_candidates, len(judging.RANK))
            What their sketches show.
        """
        for group in _groups(_plain(text) for text in texts):
            sketches = sketch(read(group, self._lexicon.vocabulary, identify=False), self._lexicon)
            for k in range(len(group)):
                query = sketches.one(k)
                with self._database.told():
                    rows, close = self._looked_at(query)
                    yield [orjson.loads(row[1]) for row in rows], columns(close, float(query.weights.sum()))

    def _looked_at(self, query: Sketches) -> tuple[list[Any], Closeness]:
        """Number, id, digest and sketch of the candidates, and how the query stands to each."""
        with self._database.transaction("DEFERRED") as connection:
            found = ranking.candidates(query, self._index.segments(connection), index.removed(connection))
            # One at a time: a list of unknown length in the statement is no faster (measured).
            rows = [
                connection.execute(
                    "SELECT number, id, digest, sketch FROM originals WHERE number = ?", (number,)
                ).fetchone()
                for number in found.tolist()
            ]
        rows = [row for row in rows if row is not None]
        return rows, ranking.closeness(query, [row[3] for row in rows])

    def _judged(
        self, query: Sketches, rows: list[Any], close: Closeness, digest: bytes, suspect: Side, top: int
    ) -> list[Match]:
        """The best candidates; those that may be originals are compared, if their text is stored."""
        verdicts = judged(close, float(query.weights.sum()), [row[2] == digest for row in rows])
        order = sorted(range(len(rows)), key=lambda k: (-verdicts[k].rank, k))[:top]
        matches = []
        for place, k in enumerate(order):
            verdict = verdicts[k]
            told: Judgement | Kinship = verdict
            if place < COMPARED and verdict.score >= DOUBTFUL and rows[k][2] != digest:
                told = self._compared(suspect, rows[k][0]) or verdict
            if told is not verdict and told.relation not in COPIES and verdict.score >= LIKELY:
                told = verdict  # a passage is no copy of the whole
            matches.append(
                Match(
                    orjson.loads(rows[k][1]),
                    verdict.score,
                    told.relation,
                    "unclear",
                    told.copied,
                    told.covered,
                )
            )
        return matches

    def _compared(self, suspect: Side, number: int) -> Kinship | None:
        """How a text is related to an original; None if its text is not stored, or one of the two is too long to compare at once."""
        if len(suspect.text) > LARGEST_COMPARED:
            return None
        text = self._text("number", number)
        if text is None or len(text) > LARGEST_COMPARED:
            return None
        batch = read([text], self._lexicon.vocabulary, identify=False)
        return relate_documents(suspect, Side(View(batch, self._lexicon), 0))

    def text(self, id: Id) -> str | None:
        """Text of an original, if it is stored.

        Parameters
        ----------
        id : JSON value
            Its id.

        Returns
        -------
        str or None
        """
        return self._text("id", _name(id))

    def _text(self, column: str, value: Any) -> str | None:
        row = self._database.first(f"SELECT text FROM originals WHERE {column} = ?", value)
        with self._database.told():
            return None if row is None or row[0] is None else _unpacked(row[0])

    def info(self) -> Info:
        """Say what the collection holds.

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
        return Info(count, words, texts, self._database.size(), segments, removed, FORMAT, tables)


def _unpacked(stored: bytes) -> str:
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(stored, 4 * LONGEST_ORIGINAL)
    if not unpacking.eof:
        raise ValueError("a text is cut short, or longer than any that is stored")
    return text.decode("utf-8", "surrogatepass")


def _given(record: Mapping[str, Any] | tuple[Id, Text]) -> tuple[Id, str]:
    """Id and text of a record."""
    if isinstance(record, Mapping):
        if record.get("id") is None:
            raise UsageError("a record has no 'id'")
        given, text = record["id"], record.get("text")
    else:
        given, text = record
    if not isinstance(text, (str, bytes)):
        raise UsageError(f"the record {_name(given)} has no text")
    if is_too_long(text):
        raise UsageError(f"the record {_name(given)} {TOO_LONG}")
    return given, _plain(text)


def is_too_long(text: Text) -> bool:
    """Whether a text cannot be an original; only its parts can."""
    return len(text) > LONGEST_ORIGINAL


def _plain(text: Text) -> str:
    return (decode(text) or "") if isinstance(text, bytes) else text


def _name(id: Id) -> str:
    """An id as JSON, so that 7 and "7" stay two."""
    return to_json(id).decode()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _groups(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in groups that fill the reader's arrays without overflowing them."""
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
