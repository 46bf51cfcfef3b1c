"""``mtdetect screen``: a verdict for each record of a crawl."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mtdetect.cli import options
from mtdetect.errors import MtdetectError

if TYPE_CHECKING:
    from mtdetect.screening import Options, Tally

INTERRUPTED = 130
TERMINATED = 143
"""What a shell reports for a program ended by SIGINT and by SIGTERM."""

WATCHED = 10.0
"""Seconds after which a speed is told: over less, a batch that ends just before or just after is a large part of what was done."""

INPUT_FORMATS = ("jsonl", "text", "csv", "tsv", "parquet", "warc", "html")
OUTPUT_FORMATS = (
    "jsonl",
    "jsonl.gz",
    "jsonl.zst",
    "jsonl.xz",
    "parquet",
    "csv",
    "csv.gz",
    "csv.zst",
    "csv.xz",
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "screen",
        help="judge every record of a crawl: JSON Lines, CSV, Parquet, WARC, HTML",
        description="Judge every record of a crawl: one row out for each record in, in the same order.",
    )
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="JSON Lines, CSV, TSV, Parquet, WARC and WET files, web pages and plain texts (one record each), also .gz, .xz and "
        ".zst; folders of them; patterns such as 'crawl/**/*.warc.gz'; - is JSON Lines on standard input",
    )
    add(
        "--output",
        required=True,
        metavar="FILE|FOLDER",
        help="file to write (.jsonl, .csv, also .gz, .zst, .xz; .parquet), or a folder of shards if it ends in /; - is "
        "standard output",
    )
    add("--input-format", choices=INPUT_FORMATS, help="of all inputs (default: by the ending of each name)")
    add("--output-format", choices=OUTPUT_FORMATS, help="(default: by the ending of the name, else jsonl)")
    options.add_fpr(parser)
    add("--keep", choices=("all", "flagged"), default="all", help="rows to write (default: %(default)s)")
    add("--evidence", action="store_true", help="write sentences and evidence, too (--phrases asks for it)")
    add("--with-text", action="store_true", help="write the text that was judged, too")
    add(
        "--originals",
        metavar="DB",
        help="look each text up in a collection made by 'mtdetect originals add'; its best match becomes 'match'",
    )
    options.add_fields(parser)
    add("--jobs", type=options.count, default=1, metavar="N", help="worker processes (default: %(default)s)")
    add(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: on the Ray cluster that this machine belongs to (default: %(default)s)",
    )
    unfinished = parser.add_mutually_exclusive_group()
    unfinished.add_argument(
        "--resume", action="store_true", help="go on where an unfinished run with this output stopped"
    )
    unfinished.add_argument(
        "--restart", action="store_true", help="throw away what an unfinished run with this output has left"
    )
    add(
        "--checkpoint",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="seconds of work that a crash may cost (default: %(default)g)",
    )
    add("--report", metavar="FILE", help="also write a summary for browsers: labels, scores, worst sites")
    add("--fail-on-flagged", action="store_true", help="exit with status 1 if a record is flagged")
    options.add_model(parser)
    options.add_profile(parser)
    options.add_phrases(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Judge the records and sum up on stderr.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser of :func:`add_parser` made of the command line.

    Returns
    -------
    int
        1 if ``--fail-on-flagged`` and a record is flagged, else 0; 130 or 143 if it was interrupted.

    Raises
    ------
    MtdetectError
        If an input cannot be opened or the output cannot be written.
    """
    # Workers share the cores among themselves; numpy's own threads would only wait for each other. Before numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from contextlib import ExitStack

    from mtdetect import screening
    from mtdetect.cli.progress import Meter
    from mtdetect.errors import UsageError
    from mtdetect.inputs import STDIN, atomic
    from mtdetect.rendering.html_screening import html_report
    from mtdetect.rendering.screening import text_summary
    from mtdetect.screening import plan
    from mtdetect.screening.output import unfinished
    from mtdetect.screening.run import sources_of

    asked = _options(args)
    asked.check()
    sources = sources_of(args.inputs, asked)
    if args.report is not None and (
        args.report == STDIN
        or os.path.abspath(args.report) == os.path.abspath(args.output)
        or any(atomic.same(one, args.report) for one in sources)
    ):
        raise UsageError(f"--report {args.report}: name a file of its own")
    start = time.perf_counter()
    watch = _Watch()
    with ExitStack() as stack:
        report = stack.enter_context(atomic.replacing(args.report)) if args.report else None
        meter = stack.enter_context(
            Meter(
                "records",
                plan.total(sources),
                live=args.output != STDIN or not sys.stdout.isatty(),
                done=unfinished(args.output)[1] if args.resume else 0,
            )
        )
        try:
            with _Signals() as signals:
                tally = screening.screen(
                    args.inputs,
                    args.output,
                    options=asked,
                    model=args.model,
                    phrases=args.phrases,
                    profile=args.profile,
                    jobs=args.jobs,
                    engine=args.engine,
                    resume=args.resume,
                    restart=args.restart,
                    checkpoint=args.checkpoint,
                    progress=lambda tally: meter.show(tally.read, tally.records, watch(tally)),
                    poll=signals.poll,
                )
        except _Stopped as stopped:
            _tell_how_to_resume(unfinished(args.output)[0])
            return stopped.status
        except MtdetectError as error:
            kept = unfinished(args.output)[0]
            if kept and "--re" not in str(error):
                error.args = (f"{error}; {kept:,} records are kept, --resume goes on with them",)
            raise
        took = time.perf_counter() - start
        if report is not None:
            with atomic.as_usage_error(args.report):
                report.write(html_report(tally, took, args.inputs, asked.fpr).encode("utf-8", "replace"))
    print(text_summary(tally, took, watch.speed(tally)), file=sys.stderr)
    return int(args.fail_on_flagged and tally.flagged > 0)


def _options(args: argparse.Namespace) -> Options:
    from mtdetect.screening import Options
    from mtdetect.screening.output import form

    asked = Options(
        args.fpr,
        args.evidence or args.phrases is not None,
        args.text_field,
        args.id_field,
        args.originals,
        args.input_format,
        keep=args.keep,
        with_text=args.with_text,
    )
    kind, packing = form(args.output, args.output_format)
    return replace(asked, output_format=kind, packing=packing)


class _Watch:
    """How fast it goes, from the first batch of this run on: starting up is not speed. Unknown at first."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def __call__(self, tally: Tally) -> str:
        speed = self.speed(tally)
        return f"{speed:.1f} MB/s, {tally.flagged:,} flagged" if speed else f"{tally.flagged:,} flagged"

    def speed(self, tally: Tally) -> float | None:
        now = time.perf_counter()
        if self._first is None:
            self._first = (tally.bytes, now)
        size, at = self._first
        return (tally.bytes - size) / 1e6 / (now - at) if now - at >= WATCHED else None


class _Stopped(BaseException):
    """Somebody wants the run to end."""

    def __init__(self, status: int) -> None:
        self.status = status


class _Signals:
    """Ctrl-C and SIGTERM end the run where that leaves everything in order; a second one ends it at once."""

    def __init__(self) -> None:
        self._status = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        try:
            for one in (signal.SIGINT, signal.SIGTERM):
                self._before[one] = signal.signal(one, self._heard)
        except ValueError:  # not in the main thread: then it is for others to care
            pass
        return self

    def __exit__(self, *error: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _heard(self, number: int, frame: object) -> None:
        again, self._status = self._status, INTERRUPTED if number == signal.SIGINT else TERMINATED
        if again:
            self.poll()

    def poll(self) -> None:
        """Raise if there was a signal."""
        if self._status:
            raise _Stopped(self._status)


def _tell_how_to_resume(records: int) -> None:
    if not records:
        print("mtdetect: interrupted; nothing is kept", file=sys.stderr)
        return
    given = [one for one in sys.argv[1:] if one != "--restart"]
    if "--resume" not in given:
        given.append("--resume")
    print(
        f"mtdetect: interrupted; {records:,} records are kept. To go on: mtdetect {shlex.join(given)}",
        file=sys.stderr,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
