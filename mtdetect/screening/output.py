"""What a run writes: a file or a folder of shards that appear when they are whole, and a journal of how far they go.

The pieces of a file lie in a work folder beside it (``.NAME.unfinished``, ``FOLDER/.unfinished``). Every few seconds the file is
flushed to disk and the journal replaced by one that says how long it was then and which batch comes next. Whatever happens
afterwards, a later run cuts the file back to that length and goes on there: nothing is lost but those seconds, nothing doubled.
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
from mtdetect.screening import rows
from mtdetect.screening.judging import Judged
from mtdetect.screening.options import OUTPUT_FORMATS, PACKED, Options
from mtdetect.screening.plan import Place
from mtdetect.screening.tally import Tally

SHARD_BYTES = 256 << 20
"""A shard is closed when it is this large, as it lies on disk."""

MANIFEST = "_manifest.json"
"""Stands in a folder that is whole. Arrow and Spark leave out names that begin with an underscore."""

_JOURNAL = "journal.json"
_FORMAT = 1


def form(output: str, format: str | None) -> tuple[str, str]:
    """Tell an output's format from its name.

    Parameters
    ----------
    output : str
        Path; ``-`` is standard output.
    format : str or None
        As the caller has it, such as ``jsonl.gz``.

    Returns
    -------
    format, packing : str
        As in :class:`~mtdetect.screening.options.Options`.
    """
    name = (format or ("" if is_folder(output) else os.path.basename(output))).lower()
    packing = next((ending for ending in PACKED if name.endswith(ending)), "")
    kind = name.removesuffix(packing).rpartition(".")[2]
    if format is not None:
        return kind, packing
    return (kind if kind in OUTPUT_FORMATS else "parquet" if kind == "pq" else "jsonl"), packing


def is_folder(output: str) -> bool:
    """Whether an output is to be a folder of shards.

    Parameters
    ----------
    output : str
        Path: of a folder, or of none yet if it ends in a slash.
    """
    return output != STDIN and (output.endswith(("/", os.sep)) or os.path.isdir(output))


def work_folder(output: str) -> Path:
    """Where the pieces of an output lie until it is whole.

    Parameters
    ----------
    output : str
        Path.
    """
    path = Path(output)
    return path / ".unfinished" if is_folder(output) else path.with_name(f".{path.name}.unfinished")


def unfinished(output: str) -> tuple[int, int]:
    """Look how far a run got that was cut off.

    Parameters
    ----------
    output : str
        Path.

    Returns
    -------
    records, read : int
        Records that are kept, and bytes of the inputs that they took; 0 if there is nothing to go on with.
    """
    journal = None if output == STDIN else _read(work_folder(output))
    return (0, 0) if journal is None else (journal["tally"]["records"], journal["tally"]["read"])


class Stream:
    """Standard output, a device or a pipe: written as it comes, and never gone on with.

    Parameters
    ----------
    output : str
        Path.
    options : Options
        Which format, how packed.
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
        """Write what became of a batch.

        Parameters
        ----------
        judged : Judged
            Of the batch.
        after : Place
            Where the work goes on.
        read : int
            Bytes of the inputs read so far.
        """
        with as_usage_error(self.output):
            self._file.write(judged.content)
        self.tally.add(judged.tally)
        self.tally.read = read

    def finish(self) -> None:
        """Write what is left."""
        with as_usage_error(self.output):
            self._file.flush()
            if self.output != STDIN:
                self._file.close()

    def abandon(self) -> None:
        """Leave it as it is."""
        if self.output != STDIN:
            with suppress(OSError):
                self._file.close()


class Kept:
    """A file or a folder of shards that can be gone on with.

    Parameters
    ----------
    output : str
        Path of the file or folder.
    options : Options
        Which format, how packed.
    run : dict
        What must be the same to go on (:func:`~mtdetect.screening.options.fingerprint`).
    resume, restart : bool
        Whether to go on with, or throw away, what an earlier run has left.
    every : float
        Seconds between two entries in the journal.

    Raises
    ------
    UsageError
        If it cannot be written, is another run's, or there is nothing to go on with.
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
            self._leave()
            raise
        self._written = time.monotonic()

    def write(self, judged: Judged, after: Place, read: int) -> None:
        """Write what became of a batch.

        Parameters
        ----------
        judged : Judged
            Of the batch.
        after : Place
            Where the work goes on.
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
                self._note()

    def finish(self) -> None:
        """Put the last piece in its place, and clear up."""
        with as_usage_error(self.output):
            if self._folder is None or self._offset or not self._shards:
                self._close_shard()
            if self._folder is not None:
                facts = {**self._run, "shards": self._shards, "tally": self.tally.to_dict()}
                beside = self._work / MANIFEST
                beside.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
                beside.replace(self._folder / MANIFEST)
            self._leave()
            shutil.rmtree(self._work)

    def abandon(self) -> None:
        """Keep what can be gone on with; if that is nothing, leave no trace."""
        with suppress(OSError):
            if self.tally.records:
                self._note()
        with suppress(OSError):
            self._leave()
        if _read(self._work) is None:  # nothing, or of standard input
            shutil.rmtree(self._work, ignore_errors=True)
            if self._folder is not None:
                with suppress(OSError):
                    self._folder.rmdir()

    def _begin(self, resume: bool, restart: bool) -> None:
        journal = _read(self._work)
        path = Path(self.output)
        if journal is not None and not (resume or restart):
            raise UsageError(
                f"{self.output}: an unfinished run lies beside it ({journal['tally']['records']:,} records done); "
                "--resume goes on with it, --restart throws it away"
            )
        if journal is not None and resume:
            self._compare(journal["run"])
        whole = (path / MANIFEST).exists() if self._folder is not None else path.exists()
        if journal is None and resume and whole:
            raise UsageError(
                f"{self.output}: is whole, there is nothing to resume; without --resume it is made anew"
            )
        if self._folder is not None and journal is None and path.is_dir():
            others = sorted(one.name for one in path.iterdir() if one != self._work)
            if others and not (restart and MANIFEST in others):
                raise UsageError(
                    f"{self.output}: is a folder that holds other files ({others[0]}); name a new one, or a file"
                )
        if not resume and self._work.exists():
            self._take_lock()
            shutil.rmtree(self._work)
        if restart and self._folder is not None and path.is_dir():
            for old in (*path.glob("part-*"), *path.glob(MANIFEST)):
                old.unlink()
        if self._folder is not None:
            self._folder.mkdir(exist_ok=True)
        self._work.mkdir(exist_ok=True)
        self._take_lock()
        if journal is not None and resume:
            self._go_on(journal)
        else:
            self._opened()

    def _compare(self, before: dict[str, Any]) -> None:
        """Refuse to go on with another run's output."""
        for name, now in self._run.items():
            then = before.get(name)
            if then == json.loads(json.dumps(now)):
                continue
            what = f"other {name}" if name in ("inputs", "options") else f"another {name}"
            if name == "options" and isinstance(then, dict):
                differing = sorted(one for one in now if now[one] != then.get(one))
                what += f" ({', '.join(differing)})"
            raise UsageError(
                f"{self.output}: the unfinished run had {what}; call it as before, or --restart throws it away"
            )

    def _go_on(self, journal: dict[str, Any]) -> None:
        self.tally = Tally.from_dict(journal["tally"])
        self.place = Place(*journal["place"])
        self._shard, self._offset = journal["shard"], journal["offset"]
        self._shards = list(journal["shards"])
        spool = self._spool()
        if spool.exists():
            if spool.stat().st_size < self._offset:
                raise UsageError(f"{self.output}: its unfinished part is damaged; --restart throws it away")
            os.truncate(spool, self._offset)
            if self._folder is not None and self._offset >= SHARD_BYTES:  # cut off while it was being closed
                self._close_shard()
        elif self._final().exists():  # cut off after that
            self._shards.append(self._final().name)
            self._shard, self._offset = self._shard + 1, 0
        elif self._offset:
            raise UsageError(
                f"{self.output}: its unfinished part is gone; --restart throws away what is left"
            )

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
        if self._folder is None and self._shards:  # a run that was cut off when all was done
            return
        self._opened()
        self._note()
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

    def _note(self) -> None:
        """Make an entry in the journal."""
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
        """Keep a second run out; the lock goes with the process that holds it."""
        try:
            import fcntl
        except ImportError:  # Windows, which does not let a file be replaced that is in use
            return
        if self._lock is not None:
            self._lock.close()
        self._lock = (self._work / "lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"{self.output}: another run is writing it") from error

    def _leave(self) -> None:
        for file in (self._file, self._lock):
            if file is not None:
                file.close()
        self._file = self._lock = None


def _read(work: Path) -> dict[str, Any] | None:
    """The journal; None if there is none that can be gone on with."""
    try:
        journal: dict[str, Any] = json.loads((work / _JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = journal.get("format") == _FORMAT and journal["run"]["inputs"] is not None
    return journal if whole else None
