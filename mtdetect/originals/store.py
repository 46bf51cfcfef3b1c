"""A collection of originals in one SQLite file.

Three tables: ``originals`` holds a row for each with its sketch, ``segments`` the posting lists, ``removed`` the numbers
whose rows are gone but whose postings are not yet. Every batch of additions is one transaction (its rows, its segment, the merging of
segments that it brings about), so whoever reads meanwhile, or after a crash, sees whole batches only.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from mtdetect.comparison import Kinship, Side, relate_documents
from mtdetect.errors import InputError, MtdetectError, UsageError
from mtdetect.features.lexicon import Lexicon, shipped
from mtdetect.features.view import View
from mtdetect.inputs import to_json
from mtdetect.originals import ranking
from mtdetect.originals.judging import COPIES, LIKELY, Judgement, columns, judged
from mtdetect.originals.postings import Segment, merged
from mtdetect.originals.ranking import Closeness
from mtdetect.originals.sketch import Sketches, packed, signature, sketch
from mtdetect.text import decode, read

APPLICATION = 0x6D74646F
"""SQLite's application id of these files: "mtdo"."""

FORMAT = 1
"""SQLite's user version of these files."""

BATCH_TEXTS = 2_000
BATCH_CHARACTERS = 6_000_000
"""A batch of additions ends at whichever comes first: one transaction each."""

READ_CHARACTERS = 400_000
"""Characters read into arrays at once."""

FAN_IN = 6
"""Segments of like size that are merged into one."""

LARGEST_SEGMENT = 8_000_000
"""Postings of a segment beyond which it is merged no more: merging takes some thirty bytes of memory for each."""

PATIENCE = 30.0
"""Seconds to wait for another writer."""

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

_MISFITS = (ValueError, TypeError, IndexError, OverflowError, zlib.error)
"""What comes of a file whose values do not fit together: a number where bytes belong, a list that leads outside its array."""

MOST_GAPS = 1_000_000
"""Numbers between parts of the index that belong to none, at most: a search takes eight bytes of memory for each."""

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE originals (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    words INTEGER NOT NULL,
    sketch BLOB NOT NULL,
    text BLOB
);
CREATE TABLE segments (
    first INTEGER PRIMARY KEY,
    postings INTEGER NOT NULL,
    weights BLOB NOT NULL,
    keys BLOB NOT NULL,
    ends BLOB NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE removed (number INTEGER PRIMARY KEY);
"""

Id = Any  # any JSON value
Text = str | bytes


@dataclass(frozen=True, slots=True)
class Match:
    """An original that a text may be a copy of.

    Attributes
    ----------
    original : any JSON value
        Its id.
    score : float
        Probability that the text, or a part of it, was copied from it, 0 to 1.
    relation : str
        One of ``mtdetect.comparison.result.RELATIONS``: by comparing the texts if the original's is stored, else by its sketch.
    copied : float
        Share of the text that has a counterpart in the original, 0 to 1.
    covered : float
        Share of the original that has a counterpart in the text, 0 to 1.
    """

    original: Id
    score: float
    relation: str
    copied: float
    covered: float

    def to_dict(self) -> dict[str, Any]:
        """The match as JSON has it."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Added:
    """What :meth:`Originals.add` did.

    Attributes
    ----------
    added, updated, unchanged : int
        Originals that are new, have a new text, stood there already.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Info:
    """What a collection holds.

    Attributes
    ----------
    originals : int
        How many.
    words : int
        In all of them.
    texts : int
        Originals whose text is stored.
    bytes : int
        Size of the file with what is not yet written back to it.
    segments : int
        Parts of the index.
    removed : int
        Removed originals that still take space; ``compact`` frees it.
    format : int
        Version of the layout.
    tables : str
        Rules and checksum of the language tables that made the sketches.
    """

    originals: int
    words: int
    texts: int
    bytes: int
    segments: int
    removed: int
    format: int
    tables: str


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
        self._lock = RLock()
        self._segments: dict[tuple[int, int], Segment] = {}
        self._lexicon_: Lexicon | None = None
        self._connection = self._opened(create)

    # -- opening and closing

    def _opened(self, create: bool) -> sqlite3.Connection:
        if os.path.isdir(self.path):
            raise InputError(f"{self.path}: is a folder; name a file")
        exists = os.path.exists(self.path) and os.path.getsize(self.path) > 0
        if not exists and not create:
            wrong = "is empty" if os.path.exists(self.path) else "no such file"
            raise InputError(f"{self.path}: {wrong}; make it with 'mtdetect originals add'")
        if exists:
            # SQLite would take its time to find out, and might write beside a file that is not ours.
            with self._told(), open(self.path, "rb") as file:
                if file.read(16) != b"SQLite format 3\0":
                    raise InputError(f"{self.path}: not a collection of originals")
        with self._told():
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            with self._told():
                self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Refuse what is not ours; lay out what is empty."""
        ask = connection.execute
        ask("PRAGMA trusted_schema = OFF")
        if not ask("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            ask("PRAGMA journal_mode = WAL")
            ask("BEGIN IMMEDIATE")
            # Another process may have been first.
            if not ask("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    ask(statement)
                ask("INSERT INTO facts VALUES ('tables', ?)", (signature(),))
                ask(f"PRAGMA application_id = {APPLICATION}")
                ask(f"PRAGMA user_version = {FORMAT}")
            ask("COMMIT")
        if ask("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise InputError(f"{self.path}: not a collection of originals")
        version = ask("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise InputError(
                f"{self.path}: made by a newer mtdetect (format {version}, this one reads {FORMAT}); install that"
            )
        # A trigger or view in a doctored file would run with our statements.
        expected = {("table", name) for name in ("facts", "originals", "segments", "removed")}
        if set(ask("SELECT type, name FROM sqlite_master WHERE type != 'index'")) != expected:
            raise InputError(f"{self.path}: its tables are not those of a collection of originals")
        made = ask("SELECT value FROM facts WHERE name = 'tables'").fetchone()
        if made is None or made[0] != signature():
            raise InputError(
                f"{self.path}: made with other language tables than those installed; make it again: "
                "'mtdetect originals add NEW INPUT...' from the same texts"
            )
        ask("PRAGMA synchronous = NORMAL")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into an error that names the file and the way out."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise InputError(
                    f"{self.path}: another process has been writing for {PATIENCE:.0f} s; try again later"
                ) from error
            raise InputError(f"{self.path}: {error}") from error
        except (sqlite3.DatabaseError, *_MISFITS) as error:
            if isinstance(error, MtdetectError):
                raise
            # What callers give is looked at before: only what the file holds can bring this about.
            raise self._damaged(error) from error
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror or error})") from error

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: damaged ({error}); restore a copy, or make it again")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)  # there is none if the file was refused
        if connection is not None:
            connection.close()

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
        with self._lock, self._told():
            return int(self._connection.execute("SELECT count(*) FROM originals").fetchone()[0])

    def __contains__(self, id: object) -> bool:
        name = _name(id)
        with self._lock, self._told():
            found = self._connection.execute("SELECT 1 FROM originals WHERE id = ?", (name,)).fetchone()
        return found is not None

    @property
    def _lexicon(self) -> Lexicon:
        if self._lexicon_ is None:
            self._lexicon_ = shipped()
        return self._lexicon_

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._told():
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

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
        with self._lock, self._told():
            fresh = self._changed(self._connection, batch)
        # Reading takes longest, and needs no lock; what another writer does meanwhile is seen to inside.
        sketched = dict(zip(fresh, self._sketched(fresh), strict=True))
        with self._transaction("IMMEDIATE") as connection:
            late = {name: fresh[name] for name in self._changed(connection, batch) if name in fresh}
            old = dict(
                row
                for name in late
                for row in connection.execute("SELECT id, number FROM originals WHERE id = ?", (name,))
            )
            self._drop(connection, old.values())
            first = self._next(connection)
            self._insert(connection, first, [(name, *late[name], *sketched[name]) for name in late])
            self._settle(connection)
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

    def _next(self, connection: sqlite3.Connection) -> int:
        """Number of the next original; none is given twice while its postings stand."""
        # Removed ones still have their place in a segment.
        (stop,) = connection.execute(
            "SELECT coalesce(max(first + length(weights) / 4), 1) FROM segments"
        ).fetchone()
        return int(stop)

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
        self._write(connection, segment)

    @staticmethod
    def _write(connection: sqlite3.Connection, segment: Segment) -> None:
        connection.execute(
            "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)",
            (
                segment.first,
                segment.postings,
                segment.weights.astype("<f4").tobytes(),
                segment.keys.astype("<u4").tobytes(),
                segment.ends.astype("<u4").tobytes(),
                segment.data.tobytes(),
            ),
        )

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Merge the newest segments where many of like size follow each other."""
        while True:
            sizes = connection.execute("SELECT first, postings FROM segments ORDER BY first DESC").fetchall()
            # Of the newest, all that are not larger than what has gathered behind them.
            gathered, count = 0, 0
            for _, postings in sizes:
                if count and postings > 2 * gathered:
                    break
                gathered, count = gathered + postings, count + 1
                if gathered > LARGEST_SEGMENT:
                    count -= 1
                    break
            tail = [first for first, _ in sizes[:count]]
            if len(tail) < FAN_IN:
                return
            self._merge(connection, [self._segment(connection, first) for first in sorted(tail)])

    def _merge(
        self,
        connection: sqlite3.Connection,
        segments: Sequence[Segment],
        alive: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        _check_numbers(segments)
        one = merged(segments, alive)
        connection.executemany(
            "DELETE FROM segments WHERE first = ?", [(segment.first,) for segment in segments]
        )
        self._write(connection, one)

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
        with self._transaction("IMMEDIATE") as connection:
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
        with self._transaction("IMMEDIATE") as connection:
            dead = self._dead(connection)
            group: list[int] = []
            held = 0
            for first, postings in connection.execute(
                "SELECT first, postings FROM segments ORDER BY first"
            ).fetchall():
                if group and held + postings > LARGEST_SEGMENT:
                    self._purge(connection, group, dead)
                    group, held = [], 0
                group.append(first)
                held += postings
            if group:
                self._purge(connection, group, dead)
            connection.execute("DELETE FROM removed")
        with self._lock, self._told():
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _purge(
        self, connection: sqlite3.Connection, firsts: Sequence[int], dead: npt.NDArray[np.int64]
    ) -> None:
        segments = [self._segment(connection, first) for first in firsts]
        _check_numbers(segments)
        first, stop = segments[0].first, segments[-1].stop
        alive = np.ones(stop - first, bool)
        alive[dead[(dead >= first) & (dead < stop)] - first] = False
        if len(segments) > 1 or not alive.all():
            self._merge(connection, segments, alive)

    # -- reading

    def _segment(self, connection: sqlite3.Connection, first: int) -> Segment:
        row = connection.execute(
            "SELECT weights, keys, ends, data FROM segments WHERE first = ?", (first,)
        ).fetchone()
        weights, keys, ends, data = row
        segment = Segment(
            first,
            np.frombuffer(weights, "<f4"),
            np.frombuffer(keys, "<u4"),
            np.frombuffer(ends, "<u4"),
            np.frombuffer(data, np.uint8),
        )
        # What a doctored or damaged file says must not lead outside the arrays.
        sound = len(segment.keys) == len(segment.ends) and (
            not len(segment.ends)
            or (
                int(segment.ends[-1]) == len(segment.data)
                and bool((np.diff(segment.ends.astype(np.int64)) > 0).all())
            )
        )
        if not sound:
            raise sqlite3.DatabaseError(f"part {first} of the index does not fit together")
        return segment

    def _index(self, connection: sqlite3.Connection) -> list[Segment]:
        """Segments as they stand now; those that were read before are not read again."""
        current = connection.execute("SELECT first, postings FROM segments ORDER BY first").fetchall()
        kept = {}
        for first, postings in current:
            known = self._segments.get((first, postings))
            kept[first, postings] = known if known is not None else self._segment(connection, first)
        _check_numbers(list(kept.values()))
        self._segments = kept
        return list(kept.values())

    @staticmethod
    def _dead(connection: sqlite3.Connection) -> npt.NDArray[np.int64]:
        rows = connection.execute("SELECT number FROM removed ORDER BY number").fetchall()
        return np.array([number for (number,) in rows], np.int64)

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
                with self._told():
                    rows, close = self._looked_at(query)
                    yield self._judged(query, rows, close, _digest(text), Side(view, k), top) if rows else []

    def closest(self, texts: Iterable[Text]) -> Iterator[tuple[list[Id], npt.NDArray[np.float64]]]:
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
                with self._told():
                    rows, close = self._looked_at(query)
                    yield [orjson.loads(row[1]) for row in rows], columns(close, float(query.weights.sum()))

    def _looked_at(self, query: Sketches) -> tuple[list[Any], Closeness]:
        """Number, id, digest and sketch of the candidates, and how the query stands to each."""
        with self._transaction("DEFERRED") as connection:
            found = ranking.candidates(query, self._index(connection), self._dead(connection))
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
                Match(orjson.loads(rows[k][1]), verdict.score, told.relation, told.copied, told.covered)
            )
        return matches

    def _compared(self, suspect: Side, number: int) -> Kinship | None:
        """How a text is related to an original; None if its text is not stored, or one of the two is too long to compare at once."""
        with self._lock, self._told():
            row = self._connection.execute(
                "SELECT text FROM originals WHERE number = ?", (number,)
            ).fetchone()
            if row is None or row[0] is None or len(suspect.text) > LARGEST_COMPARED:
                return None
            text = _unpacked(row[0])
        if len(text) > LARGEST_COMPARED:
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
        name = _name(id)
        with self._lock, self._told():
            row = self._connection.execute("SELECT text FROM originals WHERE id = ?", (name,)).fetchone()
            return None if row is None or row[0] is None else _unpacked(row[0])

    def info(self) -> Info:
        """Say what the collection holds.

        Returns
        -------
        Info
        """
        with self._transaction("DEFERRED") as connection:
            count, words, texts = connection.execute(
                "SELECT count(*), coalesce(sum(words), 0), count(text) FROM originals"
            ).fetchone()
            (segments,) = connection.execute("SELECT count(*) FROM segments").fetchone()
            (removed,) = connection.execute("SELECT count(*) FROM removed").fetchone()
            (tables,) = connection.execute("SELECT value FROM facts WHERE name = 'tables'").fetchone()
        size = sum(os.path.getsize(path) for path in (self.path, f"{self.path}-wal") if os.path.exists(path))
        return Info(count, words, texts, size, segments, removed, FORMAT, tables)


def _unpacked(stored: bytes) -> str:
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(stored, 4 * LONGEST_ORIGINAL)
    if not unpacking.eof:
        raise ValueError("a text is cut short, or longer than any that is stored")
    return text.decode("utf-8", "surrogatepass")


def _check_numbers(segments: Sequence[Segment]) -> None:
    """Refuse parts of the index whose numbers lie so far apart that arrays over all of them would fill the memory."""
    if segments:
        held = sum(len(segment.weights) for segment in segments)
        if segments[-1].stop - segments[0].first > held + MOST_GAPS:
            raise ValueError("parts of the index are missing")


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
