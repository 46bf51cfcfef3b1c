"""``mtdetect score``: a verdict on each text."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from mtdetect.cli import options
from mtdetect.errors import UsageError

if TYPE_CHECKING:
    from mtdetect.detector import Detector
    from mtdetect.originals import Originals
    from mtdetect.rendering.html_score import ReportItem
    from mtdetect.verdict import Verdict

BATCH_BYTES = 512 << 10

SQLITE = b"SQLite format 3\0"
"""How a collection of originals begins."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "score",
        help="judge texts: by a person, machine-translated or spun?",
        description="Judge texts: written by a person, machine-translated or spun? Exit status 1 if one is flagged.",
    )
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="FILE|FOLDER|-",
        help="one text or page a file; of folders all .txt, .md, .text and .html files; - is standard input (default)",
    )
    parser.add_argument(
        "--against",
        metavar="FILE|DB",
        help="a text that the inputs may be copies of, or a collection made by 'mtdetect originals add --store-text': each "
        "verdict says how it relates to its original, and uses what was changed",
    )
    options.add_fpr(parser)
    parser.add_argument(
        "--format",
        choices=("table", "json", "jsonl", "csv", "sarif"),
        default="table",
        help="a table for people; JSON, JSON Lines, CSV or SARIF for programs (default: %(default)s)",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="instead of the table: each text with its evidence marked, and where its style differs from people's",
    )
    parser.add_argument(
        "--html",
        metavar="FILE",
        help="also write a report for browsers: sentences by score, evidence with suggestions, reasons",
    )
    parser.add_argument(
        "--policy",
        metavar="FILE",
        help="decide what to do with each text (TOML); exit status 1 if one is not to be allowed",
    )
    parser.add_argument(
        "--source", metavar="NAME", help="where the texts come from, for the rules of the policy"
    )
    parser.add_argument(
        "--audit", metavar="FILE.jsonl", help="log every decision, for 'mtdetect audit replay'"
    )
    options.add_model(parser)
    options.add_profile(parser)
    options.add_phrases(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Judge the inputs and print the verdicts.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser of :func:`add_parser` made of the command line.

    Returns
    -------
    int
        1 if a text is flagged, or by the policy not to be allowed, else 0.

    Raises
    ------
    MtdetectError
        If an input cannot be read.
    """
    from mtdetect.rendering.verdicts import write_csv, write_json, write_jsonl, write_sarif, write_table

    if not args.inputs and sys.stdin.isatty():
        raise UsageError("name a file or a folder, or - for standard input (see 'mtdetect score --help')")
    if args.explain and args.format != "table":
        raise UsageError(
            f"--explain prints for people, --format {args.format} for programs; ask for one of them"
        )
    if args.format == "sarif":
        _refuse_pages(args.inputs)
    if args.policy is None and (args.audit is not None or args.source is not None):
        raise UsageError("--audit and --source are about decisions; give a --policy, too")
    with ExitStack() as stack:
        decide = _Decider(args, stack) if args.policy is not None else None
        report = _Report(args, stack) if args.html else None
        flagged = False

        def watched() -> Iterator[_Scored]:
            nonlocal flagged
            for scored in _scored(args):
                if decide is not None:
                    scored = decide(scored)
                flagged |= scored.notable
                if report is not None:
                    report.add(scored)
                yield scored

        if args.explain:
            from mtdetect.rendering.explanation import write_explanation

            for scored in watched():
                profile = scored.detector.style(scored.content)
                write_explanation(scored.text(), scored.verdict, profile, sys.stdout)
        elif args.format == "sarif":
            write_sarif(((scored.text(), scored.verdict) for scored in watched()), sys.stdout)
        else:
            verdicts = (scored.verdict for scored in watched())
            if args.format == "json":
                single = len(args.inputs) < 2 and not any(map(os.path.isdir, args.inputs))
                write_json(verdicts, sys.stdout, single)
            else:
                write = {
                    "table": write_table,
                    "jsonl": write_jsonl,
                    "csv": write_csv,
                }
                write[args.format](verdicts, sys.stdout)
        if report is not None:
            report.write()
    return int(flagged)


def _refuse_pages(given: list[str]) -> None:
    """SARIF names places in files; in a page the article stands elsewhere."""
    from mtdetect import inputs

    for path in inputs.expand(given, only=inputs.WHOLE):
        if inputs.format_of(path) == "html":
            raise UsageError(
                f"{path}: SARIF cannot point into a page; score its text, or ask for --format json"
            )


class _Decider:
    """The policy of a call, and its log."""

    def __init__(self, args: argparse.Namespace, stack: ExitStack) -> None:
        from mtdetect import inputs, policy
        from mtdetect.inputs import atomic
        from mtdetect.policy import audit

        self._source = args.source
        self._policy = policy.load(args.policy)
        self._log = None
        if args.audit is not None:
            if any(atomic.same(one, args.audit) for one in inputs.expand(args.inputs or [inputs.STDIN])):
                raise UsageError(f"{args.audit}: is an input, too; name another file")
            self._log = stack.enter_context(audit.AuditLog(args.audit, [self._policy]))

    def __call__(self, scored: _Scored) -> _Scored:
        """Decide, log, and only then tell."""
        from dataclasses import replace

        from mtdetect.policy import audit

        decision = self._policy.decide(scored.verdict, source=self._source)
        verdict = replace(scored.verdict, decision=decision)
        if self._log is not None:
            self._log.write([audit.record(scored.text(), verdict, decision, source=self._source)])
        return scored._replace(verdict=verdict)


class _Report:
    """The HTML report of a call; its file is opened before the work starts and appears when it is whole."""

    def __init__(self, args: argparse.Namespace, stack: ExitStack) -> None:
        from mtdetect import inputs
        from mtdetect.inputs import atomic

        if args.html == inputs.STDIN:
            raise UsageError("--html needs the name of a file; standard output carries the verdicts")
        if any(atomic.same(source, args.html) for source in inputs.expand(args.inputs or [inputs.STDIN])):
            raise UsageError(f"{args.html}: is an input, too; name another file")
        self._output = args.html
        self._file = stack.enter_context(atomic.replacing(args.html))
        self._items: list[ReportItem] = []

    def add(self, scored: _Scored) -> None:
        from mtdetect.rendering.html_score import ReportItem

        profile = scored.detector.style(scored.content)
        self._items.append(ReportItem(scored.text(), scored.verdict, profile))

    def write(self) -> None:
        from mtdetect.inputs import atomic
        from mtdetect.rendering.html_score import html_report

        with atomic.told(self._output):
            self._file.write(html_report(self._items).encode("utf-8", "replace"))


class _Scored(NamedTuple):
    """A text with its verdict."""

    content: bytes
    verdict: Verdict
    detector: Detector

    @property
    def notable(self) -> bool:
        """Whether the exit status should tell of it."""
        decision = self.verdict.decision
        return self.verdict.flagged if decision is None else decision.action != "allow"

    def text(self) -> str:
        """The text whose offsets the verdict counts."""
        from mtdetect.text import decode

        return decode(self.content) or ""


def _scored(args: argparse.Namespace) -> Iterator[_Scored]:
    """Judge one input after another, many small ones at once."""
    from mtdetect import inputs
    from mtdetect.cli.progress import Meter

    original = _original(args.against) if args.against is not None else None
    items = inputs.items(args.inputs or [inputs.STDIN])
    first = next(items)  # a wrong name is told before numpy and the model are loaded

    from mtdetect.detector import load

    detector = load(args.model)
    if args.profile is not None:
        detector = detector.with_calibration(args.profile)
    if args.phrases is not None:
        detector = detector.with_phrases(args.phrases)
    done = 0
    # Lines that appear one by one on the terminal are progress enough, and a moving line would run through them.
    live = (args.format in ("table", "json", "sarif") and not args.explain) or not sys.stdout.isatty()
    with Meter("texts", live=live) as meter:
        for batch in inputs.in_batches(chain([first], items), BATCH_BYTES):
            contents, ids = [item.content for item in batch], [item.id for item in batch]
            for content, verdict in zip(
                contents, detector.score_many(contents, fpr=args.fpr, ids=ids), strict=True
            ):
                if original is not None:
                    verdict = detector.against(verdict, content, original, name=args.against)
                yield _Scored(content, verdict, detector)
            done += len(batch)
            meter.show(done, done)


def _original(path: str) -> bytes | Originals:
    """The text or the collection to score against."""
    from mtdetect import inputs

    if path == inputs.STDIN or os.path.isdir(path):
        raise UsageError(f"--against {path}: name the file of one text, or of a collection of originals")
    content = next(inputs.items([path])).content
    if not content.startswith(SQLITE):
        return content
    from mtdetect.originals import Originals

    return Originals(path, create=False)
