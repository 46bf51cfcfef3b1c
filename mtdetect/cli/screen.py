"""``mtdetect screen``: a verdict for each record of a crawl."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from mtdetect.cli import options
from mtdetect.cli.statuses import INTERRUPTED, TERMINATED
from mtdetect.errors import MtdetectError, UsageError

if TYPE_CHECKING:
    from mtdetect.screening import Options, Tally

WATCHED = 10.0
"""Seconds after which a speed is shown; over a shorter time a single batch would change it too much."""

MEASURED = "measured"
"""What ``--evidence`` without a value stands for."""

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
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "screen",
        help="score every record of a crawl: JSON Lines, CSV, Parquet, WARC, HTML",
        description="Score every record of a crawl: one row out for each record in, in the same order.",
    )
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        type=options.READS,
        metavar="INPUT",
        help=options.RECORDS,
    )
    add(
        "--output",
        required=True,
        # The shards and the manifest of a folder: --restart deletes them before it reads.
        type=options.Named("writes", inside=("part-*", "_manifest.json"), stdout=True),
        metavar="FILE|FOLDER",
        help="file to write (.jsonl, .csv, also .gz, .zst, .xz; .parquet), or a folder of shards if it ends in /; - is "
        "standard output",
    )
    add(
        "--input-format",
        choices=INPUT_FORMATS,
        help="format of all inputs (default: by the ending of each name)",
    )
    add(
        "--output-format",
        choices=OUTPUT_FORMATS,
        help="format of the output (default: by the ending of its name, else jsonl)",
    )
    options.add(parser, "--fpr")
    options.add_retranslate(parser, "never")
    add("--keep", choices=("all", "flagged"), default="all", help="rows to write (default: %(default)s)")
    add(
        "--evidence",
        nargs="?",
        choices=("flagged", "all", MEASURED),
        const=MEASURED,
        metavar="flagged|all",
        help="also write sentences, evidence and reasons: of flagged texts, of all, or without a value of those that are measured in full "
        "(--phrases implies it; all implies --full)",
    )
    add(
        "--full",
        action="store_true",
        help="measure every text in full; without it a text ends with a cheap first look where that rules out a flag",
    )
    add("--with-text", action="store_true", help="also write the text that was scored")
    add(
        "--against",
        type=options.READS,
        metavar="DB",
        help="search a collection made by 'mtdetect originals add'; the best match of each text becomes 'match'",
    )
    options.add_old_name(parser, "--originals", dest="against")
    options.add(parser, "--text-field", "--id-field", "--jobs")
    add(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="local: processes of this machine; ray: the Ray cluster it belongs to (default: %(default)s)",
    )
    unfinished = parser.add_mutually_exclusive_group()
    unfinished.add_argument(
        "--resume",
        action="store_true",
        help="continue an unfinished run with this output; nothing is done if the output is complete",
    )
    unfinished.add_argument(
        "--restart", action="store_true", help="discard an unfinished run with this output, and begin again"
    )
    add(
        "--checkpoint",
        type=options.seconds,
        default=5.0,
        metavar="S",
        help="most seconds of work that a crash may cost (default: %(default)g)",
    )
    options.add_html(parser, "counts of labels, scores, worst sites")
    options.add_old_name(parser, "--report", dest="html")
    add("--fail-on-flagged", action="store_true", help="exit status 1 if a record is flagged (default: 0)")
    options.add(parser, "--model", "--profile", "--phrases")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score the records and print a summary on stderr.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        1 if ``--fail-on-flagged`` and a record is flagged, else 0; 130 or 143 if it was interrupted.
    """
    # Each worker has one core; numpy's own threads would only wait for each other. Must be set before numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from contextlib import ExitStack

    from mtdetect import screening
    from mtdetect.cli.progress import Meter
    from mtdetect.inputs import STDIN, atomic
    from mtdetect.rendering.html_screening import html_report
    from mtdetect.rendering.screening import text_summary
    from mtdetect.screening import plan
    from mtdetect.screening.output import is_complete, is_folder, unfinished
    from mtdetect.screening.run import sources_of

    asked = _options(args)
    asked.check()
    sources = sources_of(args.inputs, asked)
    complete = args.resume and is_complete(args.output)
    counted = not complete or is_folder(args.output)
    if args.fail_on_flagged and not counted:
        raise UsageError(
            f"{args.output}: is complete, and a file does not keep the counts that --fail-on-flagged needs; "
            "--restart writes it again"
        )
    start = time.perf_counter()
    speed = _Speed()
    with ExitStack() as stack:
        page = stack.enter_context(atomic.replacing(args.html)) if args.html and counted else None
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
                    engine_folder=args.engine_folder,
                    jobs=args.jobs,
                    engine=args.engine,
                    resume=args.resume,
                    restart=args.restart,
                    checkpoint=args.checkpoint,
                    progress=lambda tally: meter.show(tally.read, tally.records, speed(tally)),
                    poll=signals.poll,
                )
        except _Stopped as stopped:
            _print_resume_command(unfinished(args.output)[0])
            return stopped.status
        except MtdetectError as error:
            kept = unfinished(args.output)[0]
            if kept and not {"--resume", "--restart"} & set(re.findall(r"--[a-z-]+", str(error))):
                error.args = (f"{error}; {kept:,} records are kept, --resume continues with them",)
            raise
        took = time.perf_counter() - start
        if page is not None:
            with atomic.as_usage_error(args.html):
                page.write(html_report(tally, took, args.inputs, asked.fpr).encode("utf-8", "replace"))
    if complete:
        unwritten = (
            "" if counted or args.html is None else f"; no {args.html}, because a file keeps no counts"
        )
        print(
            f"mtdetect: {args.output}: is complete, nothing was left to do{unwritten}; --restart writes it again",
            file=sys.stderr,
        )
    else:
        print(text_summary(tally, took, speed.of(tally)), file=sys.stderr)
    return int(args.fail_on_flagged and tally.flagged > 0)


def _options(args: argparse.Namespace) -> Options:
    from mtdetect.screening import Options

    return Options(
        args.fpr,
        True if args.evidence == MEASURED else args.evidence or args.phrases is not None,
        args.text_field,
        args.id_field,
        args.against,
        args.input_format,
        args.output_format,
        keep=args.keep,
        with_text=args.with_text,
        retranslate=args.retranslate,
        full=args.full,
    )


class _Speed:
    """Megabytes a second since the first batch of this run, so that start-up does not count. Unknown at first."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def __call__(self, tally: Tally) -> str:
        from mtdetect.rendering.screening import pace_of

        speed, flagged = self.of(tally), f"{tally.flagged:,} flagged"
        return f"{pace_of(speed)}, {flagged}" if speed else flagged

    def of(self, tally: Tally) -> float | None:
        now = time.perf_counter()
        if self._first is None:
            self._first = (tally.bytes, now)
        size, at = self._first
        return (tally.bytes - size) / 1e6 / (now - at) if now - at >= WATCHED else None


class _Stopped(BaseException):
    """A signal asked the run to end."""

    def __init__(self, status: int) -> None:
        self.status = status


class _Signals:
    """Ctrl-C and SIGTERM end the run at its next safe point; a second one ends it at once."""

    def __init__(self) -> None:
        self._status = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        try:
            for one in (signal.SIGINT, signal.SIGTERM):
                self._before[one] = signal.signal(one, self._received)
        except ValueError:  # not in the main thread, whose program handles signals itself
            pass
        return self

    def __exit__(self, *error: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _received(self, number: int, frame: object) -> None:
        again, self._status = self._status, INTERRUPTED if number == signal.SIGINT else TERMINATED
        if again:
            self.poll()

    def poll(self) -> None:
        """Raise if there was a signal."""
        if self._status:
            raise _Stopped(self._status)


def _print_resume_command(records: int) -> None:
    if not records:
        print("mtdetect: interrupted; nothing is kept", file=sys.stderr)
        return
    given = [one for one in sys.argv[1:] if one != "--restart"]
    if "--resume" not in given:
        given.append("--resume")
    print(
        f"mtdetect: interrupted; {records:,} records are kept. To continue: mtdetect {shlex.join(given)}",
        file=sys.stderr,
    )
