"""External programs, run with a time limit and without a shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO

from mtdetect.errors import EngineError


class StageError(EngineError):
    """A program that started, but failed on its input."""


def pipe(
    stages: Sequence[Sequence[str]],
    data: bytes,
    *,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Send bytes through a pipeline of programs.

    Parameters
    ----------
    stages : sequence of sequence of str
        The programs with their arguments.
    data : bytes
        Input of the first program.
    timeout : float
        Seconds after which all programs are killed.
    environment : mapping of str to str, optional
        Additional environment variables.

    Returns
    -------
    bytes
        Output of the last program.

    Raises
    ------
    EngineError
        If a program is missing, fails or exceeds the time limit.
    """
    # The input comes from a file: to write it to a pipe while reading the output would need a thread, or deadlock.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(data)
        given.seek(0)
        processes: list[subprocess.Popen[bytes]] = []
        end = time.monotonic() + timeout
        try:
            _start(stages, processes, given, errors, {**os.environ, **(environment or {})})
            output, _ = processes[-1].communicate(timeout=timeout)
            for process in processes:
                process.wait(timeout=max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"{stages[-1][0]}: not done within {timeout:g} s; killed") from error
        except OSError as error:
            raise EngineError(
                f"{stages[len(processes)][0]}: cannot be run ({error.strerror or error})"
            ) from error
        finally:
            for process in processes:
                _end(process)
        _check(stages, processes, errors)
    return output


def _start(
    stages: Sequence[Sequence[str]],
    processes: list[subprocess.Popen[bytes]],
    given: IO[bytes],
    errors: IO[bytes],
    variables: Mapping[str, str],
) -> None:
    """Start the programs; ``processes`` receives each one as soon as it runs, so that the caller can end it."""
    source: IO[bytes] | None = given
    for stage in stages:
        process = subprocess.Popen(
            list(stage),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=variables,
            start_new_session=True,
        )
        if processes and source is not None:
            source.close()  # otherwise a program would not notice that its reader has ended
        processes.append(process)
        source = process.stdout


def _check(
    stages: Sequence[Sequence[str]], processes: Sequence[subprocess.Popen[bytes]], errors: IO[bytes]
) -> None:
    """Raise an error that names the program that failed."""
    failed = [
        (stage, process) for stage, process in zip(stages, processes, strict=True) if process.returncode
    ]
    # SIGPIPE kills a program whose reader has died, so the reader is named first.
    failed.sort(key=lambda pair: pair[1].returncode == -getattr(signal, "SIGPIPE", 0))  # Windows has none
    for stage, process in failed[:1]:
        errors.seek(0)
        message = errors.read(2000).decode("utf-8", "replace").strip().split("\n")[0]
        reason = f": {message}" if message else ""
        raise StageError(f"{stage[0]}: failed with exit status {process.returncode}{reason}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that still runs, with its children, and close its output."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
