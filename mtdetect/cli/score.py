"""``mtdetect score``: a verdict on each text."""

from __future__ import annotations

import argparse
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from mtdetect.cli import options
from mtdetect.errors import UsageError

if TYPE_CHECKING:
    from mtdetect.detector import Detector
    from mtdetect.originals import Originals
    from mtdetect.rendering.html_score import ReportItem
    from mtdetect.verdict import Verdict

BATCH_BYTES, CONSULTED_BYTES = 512 << 10, 16 << 10
"""Bytes of texts that are scored together, without and with a translation engine, which takes a hundred times as long."""

NO_ENGINE = (
    'with a translation engine to consult, more translations are found: pip install "mtdetect[retranslate]"'
)
"""Shown to people who have none. For programs, ``retranslated`` of a verdict says it."""

SQLITE = b"SQLite format 3\0"
"""First bytes of a collection of originals."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : _SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned for the program; the parser of the command is added to it.
    """
    parser = subparsers.add_parser(
        "score",
        help="score texts: written by a person, machine-translated or spun?",
        description="Score texts: written by a person, machine-translated or spun? Exit status 1 if one is flagged.",
    )
    parser.add_argument(
        "inputs",
        nargs="*",
        type=options.READS_TEXTS,
        metavar="FILE|FOLDER|-",
        help="files of one text or web page each; of a folder all .txt, .md, .text, .html, .htm and .xhtml files; - is standard input (default)",
    )
    parser.add_argument(
        "--against",
        type=options.READS,
        metavar="FILE|DB",
        help="also compare with an original: one text, or a collection made by 'mtdetect originals add --store-text'",
    )
    options.add(parser, "--fpr")
    options.add_retranslate(parser)
    options.add_format(parser, "table", "json", "jsonl", "csv", "sarif")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="instead of the table, print each text with its evidence marked, and its unusual style measurements",
    )
    options.add_html(parser, "sentence scores, evidence with suggestions, reasons")
    parser.add_argument(
        "--policy",
        type=options.READS,
        metavar="FILE",
        help="decide by these rules (TOML) what to do with each text; exit status 1 unless all are allowed",
    )
    parser.add_argument("--source", metavar="NAME", help="source of the texts, for the rules of the policy")
    options.add(parser, "--audit", "--model", "--profile", "--phrases")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score the inputs and print the verdicts.

    Parameters
    ----------
    args : Namespace
        Parsed options of the command: those that ``add_parser`` of its module declares.

    Returns
    -------
    int
        1 if a text is flagged or, with a policy, not allowed; else 0.

    Raises
    ------
    MtdetectError
        If options contradict each other, something that they name cannot be read or written, or an optional package or engine is needed and
        missing. :func:`mtdetect.cli.main` prints it as one line and returns 2.
    """
    if not args.inputs and sys.stdin.isatty():
        raise UsageError("name a file or a folder, or - for standard input (see 'mtdetect score --help')")
    if args.explain and args.format != "table":
        raise UsageError(f"--explain prints for people; it cannot be combined with --format {args.format}")
    if args.format == "sarif":
        _refuse_pages(args.inputs)
    if args.policy is None and (args.audit is not None or args.source is not None):
        raise UsageError("--audit and --source need a policy; give a --policy FILE")
    with ExitStack() as stack:
        policy = _Policy(args, stack) if args.policy is not None else None
        report = _Report(args, stack) if args.html else None
        flagged = False

        def results() -> Iterator[_Scored]:
            nonlocal flagged
            for scored in _scored(args, stack):
                if policy is not None:
                    scored = policy.decided(scored)
                flagged |= scored.raises_status
                if report is not None:
                    report.add(scored)
                yield scored

        told = results()
        closed: BrokenPipeError | None = None
        try:
            _print(told, args)
        except BrokenPipeError as error:
            # Whoever reads the output has seen enough; the report is a file of its own.
            closed = error
            if report is not None:
                deque(told, maxlen=0)
        if report is not None:
            report.write()
    if closed is not None:
        raise closed
    return int(flagged)


def _print(told: Iterator[_Scored], args: argparse.Namespace) -> None:
    """Print the verdicts in the format that the options ask for."""
    from mtdetect import inputs
    from mtdetect.rendering.verdicts import write_csv, write_json, write_jsonl, write_table

    if args.explain:
        from mtdetect.rendering.explanation import write_explanation

        for scored in told:
            style = scored.detector.style(scored.content)
            write_explanation(scored.text(), scored.verdict, style, sys.stdout)
    elif args.format == "sarif":
        from mtdetect.rendering.sarif import write_sarif

        write_sarif(((scored.text(), scored.verdict) for scored in told), sys.stdout)
    else:
        verdicts = (scored.verdict for scored in told)
        if args.format == "json":
            # A pattern or a folder may stand for several texts.
            single = len(args.inputs) < 2 and all(
                path == inputs.STDIN or os.path.isfile(path) for path in args.inputs
            )
            write_json(verdicts, sys.stdout, single)
        else:
            write = {"table": write_table, "jsonl": write_jsonl, "csv": write_csv}[args.format]
            write(verdicts, sys.stdout)


def _refuse_pages(given: list[str]) -> None:
    """Refuse web pages: SARIF points to places in a file, and the offsets of a page count in its extracted article."""
    from mtdetect import inputs

    for path in inputs.expand(given, only=inputs.WHOLE):
        if inputs.format_of(path) == "html":
            raise UsageError(
                f"{path}: SARIF cannot point into a web page; score its text, or use --format json"
            )


class _Policy:
    """The policy of this call, and its audit log."""

    def __init__(self, args: argparse.Namespace, stack: ExitStack) -> None:
        from mtdetect import policy
        from mtdetect.policy import audit

        self._source = args.source
        self._retranslate = args.retranslate
        self._policy = policy.load(args.policy)
        self._log = None
        if args.audit is not None:
            self._log = stack.enter_context(audit.AuditLog(args.audit, [self._policy]))

    def decided(self, scored: _Scored) -> _Scored:
        """Add the decision to the verdict, after logging it."""
        from mtdetect.policy import audit

        decision = self._policy.decide(scored.verdict, source=self._source)
        verdict = replace(scored.verdict, decision=decision)
        if self._log is not None:
            entry = audit.record(
                scored.text(),
                verdict,
                decision,
                source=self._source,
                retranslate=scored.detector.mode(self._retranslate),
                profile=scored.detector.profile_sha256,
            )
            self._log.write([entry])
        return scored._replace(verdict=verdict)


class _Report:
    """The HTML report of this call. Its file is opened before the work starts, and appears when it is complete."""

    def __init__(self, args: argparse.Namespace, stack: ExitStack) -> None:
        from mtdetect.inputs import atomic

        self._output = args.html
        self._file = stack.enter_context(atomic.replacing(args.html))
        self._items: list[ReportItem] = []

    def add(self, scored: _Scored) -> None:
        from mtdetect.rendering.html_score import ReportItem

        style = scored.detector.style(scored.content)
        self._items.append(ReportItem(scored.text(), scored.verdict, style))

    def write(self) -> None:
        from mtdetect.inputs import atomic
        from mtdetect.rendering.html_score import html_report

        with atomic.as_usage_error(self._output):
            self._file.write(html_report(self._items).encode("utf-8", "replace"))


class _Scored(NamedTuple):
    """A text with its verdict."""

    content: bytes
    verdict: Verdict
    detector: Detector

    @property
    def raises_status(self) -> bool:
        """Whether it makes the exit status 1: flagged or, with a policy, not allowed."""
        decision = self.verdict.decision
        return self.verdict.flagged if decision is None else decision.action != "allow"

    def text(self) -> str:
        """The text that the verdict's offsets refer to."""
        from mtdetect.text import decode

        return decode(self.content) or ""


def _scored(args: argparse.Namespace, stack: ExitStack) -> Iterator[_Scored]:
    """Score one input after another, many small ones together."""
    from mtdetect import inputs
    from mtdetect.cli.progress import Meter

    original = _original(args.against, stack) if args.against is not None else None
    items = inputs.items(args.inputs or [inputs.STDIN])
    first = next(items)  # a wrong name is reported before numpy and the model are loaded

    from mtdetect.detector import load

    detector = load(args.model).with_options(
        engine_folder=args.engine_folder, profile=args.profile, phrases=args.phrases
    )
    mode = detector.mode(args.retranslate)
    if mode == "auto" and (args.retranslate or sys.stderr.isatty()) and detector.lacks_engine:
        print(f"mtdetect: {NO_ENGINE}", file=sys.stderr)
    done = 0
    # Where lines appear one by one on the terminal, they show the progress, and a progress bar would run through them.
    live = (args.format in ("table", "json", "sarif") and not args.explain) or not sys.stdout.isatty()
    with Meter("texts", live=live) as meter:
        size = CONSULTED_BYTES if detector.consults(mode) else BATCH_BYTES
        for batch in inputs.in_batches(chain([first], items), size):
            contents, ids = [item.content for item in batch], [item.id for item in batch]
            verdicts = detector.score_many(contents, fpr=args.fpr, ids=ids, retranslate=mode)
            for item, content, verdict in zip(batch, contents, verdicts, strict=True):
                verdict = replace(verdict, markup=item.markup)
                if original is not None:
                    verdict = detector.against(
                        verdict, content, original, name=args.against, retranslate=mode
                    )
                yield _Scored(content, verdict, detector)
            done += len(batch)
            meter.show(done, done)


def _is_collection(path: str) -> bool:
    """Whether a file is a collection of originals, rather than a text."""
    try:
        with open(path, "rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False  # the reader of texts says what is wrong


def _original(path: str, stack: ExitStack) -> bytes | Originals:
    """The text or the collection to score against. The stack closes the collection."""
    from mtdetect import inputs

    if path == inputs.STDIN or os.path.isdir(path):
        raise UsageError(f"--against {path}: name the file of one text, or of a collection of originals")
    if not _is_collection(path):
        return next(inputs.items([path])).content
    from mtdetect.originals import Originals

    originals = stack.enter_context(Originals(path, create=False))
    if originals.lacks_texts():
        print(
            f"mtdetect: {path}: holds originals without their texts; copies of these are often missed ('mtdetect originals add --store-text' adds them)",
            file=sys.stderr,
        )
    return originals
