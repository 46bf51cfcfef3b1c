"""The SQLite file of a collection: it is opened, checked, and its errors become clear messages.

Three tables hold the collection: ``originals`` a row with its sketch for each original, ``segments`` the posting lists, ``removed`` the
numbers of removed originals whose postings still exist. ``facts`` records what made the file.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from mtdetect.errors import InputError, MtdetectError, UsageError
from mtdetect.originals.sketch import signature

APPLICATION = 0x6D74646F
"""SQLite's application id of these files: "mtdo"."""

FORMAT = 1
"""SQLite's user version of these files."""

PATIENCE = 30.0
"""Seconds to wait until another writer has finished."""

_MISFITS = (ValueError, TypeError, IndexError, OverflowError, zlib.error)
"""Errors caused by inconsistent values in a damaged file: a number instead of bytes, an index outside its array."""

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


class Database:
    """The open file of a collection, for any number of readers and one writer at a time, in threads and processes.

    Parameters
    ----------
    path : str
        SQLite file.
    create : bool
        Whether a missing file is created.

    Raises
    ------
    InputError
        If the file is not a collection, was made by a newer version or with other language tables, or is damaged.
    """

    def __init__(self, path: str, *, create: bool) -> None:
        self.path = path
        self.lock = RLock()
        self.connection = self._opened(create)

    def _opened(self, create: bool) -> sqlite3.Connection:
        """A connection to the file, which is checked first."""
        if os.path.isdir(self.path):
            raise InputError(f"{self.path}: is a folder; name a file")
        exists = os.path.exists(self.path) and os.path.getsize(self.path) > 0
        if not exists and not create:
            wrong = "is empty" if os.path.exists(self.path) else "no such file"
            raise InputError(f"{self.path}: {wrong}; make it with 'mtdetect originals add'")
        if exists:
            # SQLite would notice later, and might write a journal beside a file that is not a database.
            with self.clear_errors(), open(self.path, "rb") as file:
                if file.read(16) != b"SQLite format 3\0":
                    raise InputError(f"{self.path}: not a collection of originals")
        with self.clear_errors():
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            with self.clear_errors():
                self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that is not a collection; create the tables in an empty one."""
        ask = connection.execute
        ask("PRAGMA trusted_schema = OFF")
        if not ask("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            ask("PRAGMA journal_mode = WAL")
            ask("BEGIN IMMEDIATE")
            # Another process may have created them meanwhile.
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
        # A trigger or view in a manipulated file would run with our statements.
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
    def clear_errors(self) -> Iterator[None]:
        """Replace errors of SQLite and of damaged values by an :class:`InputError` that names the file and the way out."""
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
            if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
                raise UsageError(f"{self.path}: was closed; open the collection again") from error
            # Callers' values are checked before, so the file caused this.
            raise InputError(f"{self.path}: damaged ({error}); restore a copy, or make it again") from error
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror or error})") from error

    @contextmanager
    def transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        """Run statements in one transaction, which an exception rolls back.

        Parameters
        ----------
        kind : str
            ``IMMEDIATE`` to write, ``DEFERRED`` to read one consistent state.

        Yields
        ------
        sqlite3.Connection
        """
        with self.lock, self.clear_errors():
            self.connection.execute(f"BEGIN {kind}")
            try:
                yield self.connection
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def first(self, statement: str, *values: Any) -> Any:
        """First row of a query's result; None if it is empty.

        Parameters
        ----------
        statement : str
            SQL, with ``?`` for each value.
        *values
            Value of each ``?``, of a type that SQLite stores.

        Returns
        -------
        tuple or None
            One value for each column.

        Raises
        ------
        InputError
            If the file is damaged or cannot be read, or another process holds it for :data:`PATIENCE` seconds.
        UsageError
            If it was closed.
        """
        with self.lock, self.clear_errors():
            return self.connection.execute(statement, values).fetchone()

    def size(self) -> int:
        """Bytes of the file and its write-ahead log."""
        paths = (self.path, f"{self.path}-wal")
        return sum(os.path.getsize(path) for path in paths if os.path.exists(path))

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __del__(self) -> None:
        connection = getattr(self, "connection", None)  # missing if the file was refused
        if connection is not None:
            connection.close()
