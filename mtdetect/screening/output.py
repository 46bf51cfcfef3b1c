"""Output of a run: a file or a folder of shards that appear when they are complete, and a journal for resuming.

An unfinished file is kept in a work folder (``.NAME.unfinished``, ``FOLDER/.unfinished``). Every few seconds it is
flushed to disk, and the journal records its length and the next batch. A resumed run truncates the file to the recorded
length and continues from there, so at most a few seconds of work are lost and no row is written twice.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from mtdetect.errors import UsageError
from mtdetect.inputs import STDIN
from mtdetect.inputs.atomic import as_usage_error
from mtdetect.inputs.formats import UNFINISHED
from mtdetect.screening import rows
from mtdetect.screening.judging import Judged
from mtdetect.screening.options import OUTPUT_FORMATS, PACKED, Options
from mtdetect.screening.plan import Place
from mtdetect.screening.tally import Tally

SHARD_BYTES = 256 << 20
"""Size on disk at which a shard is closed."""

MANIFEST = "_manifest.json"
"""File that marks a complete folder. Arrow and Spark ignore names that start with an underscore."""

_JOURNAL = "journal.json"
_LOCK = "lock"
_FORMAT = 1

_AS_GIVEN = {
    "first_look": "full",
    "originals": "against",
    "packing": "output_format",
    "retranslation": "retranslate",
}
"""Option that a recorded setting follows from, where that has another name."""


def form(output: str, format: str | None) -> tuple[str, str]:
    """Guess the format of an output from its name.

    Parameters
    ----------
    output : str
        Path; ``-`` is standard output.
    format : str or None
        Format that the caller asks for, such as ``jsonl.gz``; it takes precedence over the name.

    Returns
    -------
    format, packing : str
        Values for :class:`~mtdetect.screening.options.Options`.
    """
    name = (format or ("" if is_folder(output) else os.path.basename(output))).lower()
    packing = next((ending for ending in PACKED if name.endswith(ending)), "")
    kind = name.removesuffix(packing).rpartition(".")[2]
    if format is not None:
        return kind, packing
    return (kind if kind in OUTPUT_FORMATS else "parquet" if kind == "pq" else "jsonl"), packing


def is_folder(output: str) -> bool:
    """Whether an output is a folder of shards.

    Parameters
    ----------
    output : str
        Path of an existing folder, or a path that ends in a slash.
    """
    return output != STDIN and (output.endswith(("/", os.sep)) or os.path.isdir(output))


def work_folder(output: str) -> Path:
    """Folder for the unfinished parts of an output.

    Parameters
    ----------
    output : str
        Path.
    """
    path = Path(output)
    return path / UNFINISHED if is_folder(output) else path.with_name(f".{path.name}{UNFINISHED}")


def unfinished(output: str) -> tuple[int, int]:
    """How far an unfinished run got.

    Parameters
    ----------
    output : str
        Path.

    Returns
    -------
    records, read : int
        Records written, and bytes of the inputs read; 0 if there is nothing to resume.
    """
    journal = None if output == STDIN else _journal(work_folder(output))
    return (0, 0) if journal is None else (journal["tally"]["records"], journal["tally"]["read"])


def is_complete(output: str) -> bool:
    """Whether a run with ``--resume`` has nothing left to do: the output is there, and no unfinished run.

    Parameters
    ----------
    output : str
        Path.
    """
    if output == STDIN or _holds_files(work_folder(output)):
        return False
    return (Path(output) / MANIFEST).exists() if is_folder(output) else os.path.isfile(output)


class StreamOutput:
    """Standard output, a device or a pipe: written directly, cannot be resumed.

    Parameters
    ----------
    output : str
        Path.
    options : Options
        Format and compression.
    """

    def __init__(self, output: str, options: Options) -> None:
        if options.output_format == "parquet":
            raise UsageError(f"{output}: Parquet needs the name of a file or folder")
        self.output = output
        self.tally = Tally()
        self.place = Place()
        with as_usage_error(output):
            self._file: IO[bytes] = sys.stdout.buffer if output == STDIN else open(output, "wb")  # noqa: SIM115
            self._file.write(rows.head(options))

    def write(self, judged: Judged, after: Place, read: int) -> None:
        """Write the result of a batch.

        Parameters
        ----------
        judged : Judged
            Result of the batch.
        after : Place
            Where to resume after it.
        read : int
            Bytes of the inputs read so far.
        """
        with as_usage_error(self.output):
            self._file.write(judged.content)
        self.tally.add(judged.tally)
        self.tally.read = read

    def finish(self) -> None:
        """Flush and close the file."""
        with as_usage_error(self.output):
            self._file.flush()
            if self.output != STDIN:
                self._file.close()

    def abandon(self) -> None:
        """Close the file after a failure."""
        if self.output != STDIN:
            with suppress(OSError):
                self._file.close()


class ResumableOutput:
    """A file or a folder of shards whose run can be resumed.

    Parameters
    ----------
    output : str
        Path of the file or folder.
    options : Options
        Format and compression.
    run : dict
        Must be equal for a run to be resumed (:func:`~mtdetect.screening.options.fingerprint`).
    resume, restart : bool
        Whether to continue or to discard an unfinished run.
    every : float
        Seconds between two entries in the journal.

    Attributes
    ----------
    complete : bool
        Whether there is nothing to resume, because the output is complete; then nothing is to be written. The tally is that
        of the manifest; that of a single file is empty, because a file does not keep it.

    Raises
    ------
    UsageError
        If the output cannot be written or belongs to another run.
    """

    def __init__(
        self,
        output: str,
        options: Options,
        run: dict[str, Any],
        *,
        resume: bool = False,
        restart: bool = False,
        every: float = 5.0,
    ) -> None:
        self.output = output
        self.tally = Tally()
        self.place = Place()
        self.complete = resume and is_complete(output)
        self._options = options
        self._run = run
        self._every = every
        self._folder = Path(output) if is_folder(output) else None
        self._work = work_folder(output)
        self._shard = 0
        self._offset = 0
        self._shards: list[str] = []
        self._file: IO[bytes] | None = None
        self._lock: IO[bytes] | None = None
        try:
            with as_usage_error(output):
                self._begin(resume, restart)
        except BaseException:
            self._close_files()
            raise
        self._written = time.monotonic()

    def write(self, judged: Judged, after: Place, read: int) -> None:
        """Write the result of a batch.

        Parameters
        ----------
        judged : Judged
            Result of the batch.
        after : Place
            Where to resume after it.
        read : int
            Bytes of the inputs read so far.
        """
        with as_usage_error(self.output):
            file = self._opened()
            file.write(judged.content)
            file.flush()
            self._offset += len(judged.content)
            self.place = after
            self.tally.add(judged.tally)
            self.tally.read = read
            if self._folder is not None and self._offset >= SHARD_BYTES:
                self._close_shard()
            elif time.monotonic() - self._written >= self._every:
                self._write_journal()

    def finish(self) -> None:
        """Close the last file, move it to its final name and remove the work folder."""
        with as_usage_error(self.output):
            if self._folder is None or self._offset or not self._shards:
                self._close_shard()
            if self._folder is not None:
                facts = {**self._run, "shards": self._shards, "tally": self.tally.to_dict()}
                beside = self._work / MANIFEST
                beside.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
                beside.replace(self._folder / MANIFEST)
            self._close_files()
            # The journal goes last: files without a journal are of a run that has just begun.
            for one in self._work.iterdir():
                if one.name != _JOURNAL:
                    one.unlink()
            (self._work / _JOURNAL).unlink()
            self._work.rmdir()

    def abandon(self) -> None:
        """Save what can be resumed after a failure; if there is nothing, remove the work folder."""
        with suppress(OSError):
            if self.tally.records:
                self._write_journal()
        with suppress(OSError):
            self._close_files()
        if _journal(self._work) is None:  # no journal, or one of a run that read standard input
            shutil.rmtree(self._work, ignore_errors=True)
            if self._folder is not None:
                with suppress(OSError):
                    self._folder.rmdir()

    def _begin(self, resume: bool, restart: bool) -> None:
        journal = _journal(self._work)
        self._check(journal, resume, restart)
        if self.complete:
            if self._folder is not None:
                self.tally = self._tally_of_manifest(self._folder)
            if self._work.exists():  # empty: the run was killed before it could remove it
                self._work.rmdir()
            return
        if self._folder is not None:
            self._folder.mkdir(exist_ok=True)
        self._work.mkdir(exist_ok=True)
        self._take_lock()
        if journal is not None and resume:
            self._resume(journal)
            return
        # If this run is killed from here on, its work folder holds a lock and no journal, and --resume begins anew.
        (self._work / _JOURNAL).unlink(missing_ok=True)
        for old in self._work.iterdir():
            if old.name != _LOCK:
                old.unlink()
        if self._folder is not None:
            for old in (*self._folder.glob(MANIFEST), *self._folder.glob("part-*")):
                old.unlink()
        self._opened()

    def _check(self, journal: dict[str, Any] | None, resume: bool, restart: bool) -> None:
        """Refuse to overwrite an unfinished run or other files, or to resume what cannot be resumed."""
        path = Path(self.output)
        if journal is not None and not (resume or restart):
            raise UsageError(
                f"{self.output}: has an unfinished run ({journal['tally']['records']:,} records done); "
                "--resume continues it, --restart discards it"
            )
        if journal is not None and resume:
            self._compare(journal["run"], "unfinished")
        if self._folder is not None and journal is None and not self.complete and path.is_dir():
            others = sorted(one.name for one in path.iterdir() if one != self._work)
            begun = (resume or restart) and _holds_files(self._work)
            if others and not begun and not (restart and MANIFEST in others):
                raise UsageError(
                    f"{self.output}: is a folder that contains other files ({others[0]}); name a new folder, or a file"
                )

    def _tally_of_manifest(self, folder: Path) -> Tally:
        """Counts of the complete run, after a check that it was this one and that its shards are there."""
        try:
            facts = json.loads((folder / MANIFEST).read_bytes())
            before = {name: facts[name] for name in self._run}
            tally, shards = facts["tally"], list(facts["shards"])
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"{self.output}: its {MANIFEST} is damaged; --restart writes it again"
            ) from error
        self._compare(before, "complete")
        missing = [name for name in shards if not (folder / name).exists()]
        if missing:
            raise UsageError(f"{self.output}: its {missing[0]} is missing; --restart writes it again")
        return Tally.from_dict(tally)

    def _compare(self, before: dict[str, Any], state: str) -> None:
        """Refuse to resume a run with other inputs or settings."""
        for name, now in self._run.items():
            then = before.get(name)
            if then == json.loads(json.dumps(now)):
                continue
            what = f"other {name}" if name in ("inputs", "options") else f"another {name}"
            if name == "options" and isinstance(then, dict):
                differing = sorted(
                    {_AS_GIVEN.get(one, one).replace("_", "-") for one in now if now[one] != then.get(one)}
                )
                what += f" ({', '.join(differing)})"
            raise UsageError(
                f"{self.output}: the {state} run had {what}; use the same call as before, or discard it with --restart"
            )

    def _resume(self, journal: dict[str, Any]) -> None:
        self.tally = Tally.from_dict(journal["tally"])
        self.place = Place(*journal["place"])
        self._shard, self._offset = journal["shard"], journal["offset"]
        self._shards = list(journal["shards"])
        spool = self._spool()
        if spool.exists():
            if spool.stat().st_size < self._offset:
                raise UsageError(f"{self.output}: its unfinished part is damaged; --restart discards it")
            os.truncate(spool, self._offset)
            # A run that was interrupted while it closed the shard.
            if self._folder is not None and self._offset >= SHARD_BYTES:
                self._close_shard()
        elif self._final().exists():  # interrupted right after the shard was closed
            self._shards.append(self._final().name)
            self._shard, self._offset = self._shard + 1, 0
        elif self._offset:
            raise UsageError(f"{self.output}: its unfinished part is missing; --restart discards the rest")

    def _spool(self) -> Path:
        return self._work / f"{self._shard:05d}"

    def _final(self) -> Path:
        if self._folder is None:
            return Path(self.output)
        return self._folder / f"part-{self._shard:05d}.{self._options.output_format}{self._options.packing}"

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = self._spool().open("ab")
            if self._offset == 0:
                self._file.truncate(0)
                self._offset = self._file.write(rows.head(self._options))
        return self._file

    def _close_shard(self) -> None:
        final = self._final()
        if self._folder is None and self._shards:  # a run that was interrupted after its last batch
            return
        self._opened()
        self._write_journal()
        assert self._file is not None
        self._file.close()
        self._file = None
        spool = self._spool()
        if self._options.output_format == "parquet":
            beside = spool.with_suffix(".parquet")
            with spool.open("rb") as pieces, beside.open("wb") as file:
                rows.write_parquet(pieces, file, self._options)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(final)
            spool.unlink()
        else:
            spool.replace(final)
        self._shards.append(final.name)
        self._shard, self._offset = self._shard + 1, 0

    def _write_journal(self) -> None:
        """Flush the file and write the journal."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
        facts = {
            "format": _FORMAT,
            "run": self._run,
            "place": [self.place.group, self.place.batch],
            "shard": self._shard,
            "offset": self._offset,
            "shards": self._shards,
            "tally": self.tally.to_dict(),
        }
        beside = self._work / f"{_JOURNAL}.part"
        with beside.open("w", encoding="utf-8") as file:
            json.dump(facts, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._work / _JOURNAL)
        self._written = time.monotonic()

    def _take_lock(self) -> None:
        """Keep out a second run with this output; the lock ends with its process."""
        try:
            import fcntl
        except ImportError:  # Windows, which refuses to replace an open file
            return
        if self._lock is not None:
            self._lock.close()
        self._lock = (self._work / _LOCK).open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"{self.output}: another run is writing it") from error

    def _close_files(self) -> None:
        for file in (self._file, self._lock):
            if file is not None:
                file.close()
        self._file = self._lock = None


def _holds_files(work: Path) -> bool:
    """Whether a work folder is there and not empty: a run has begun and has not ended."""
    return work.is_dir() and any(work.iterdir())


def _journal(work: Path) -> dict[str, Any] | None:
    """The journal; None if there is no run to resume."""
    try:
        journal: dict[str, Any] = json.loads((work / _JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    complete = journal.get("format") == _FORMAT and journal["run"]["inputs"] is not None
    return journal if complete else None
