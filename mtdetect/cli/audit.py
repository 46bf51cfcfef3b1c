"""``mtdetect audit``: read a log of decisions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mtdetect.cli import options
from mtdetect.cli.reading import Reading

if TYPE_CHECKING:
    from mtdetect.inputs import Record


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "audit",
        help="replay an audit log: which decisions would differ today",
        description="Read the audit log that 'score --audit' and 'serve --audit' write.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    replay = actions.add_parser(
        "replay",
        help="list the decisions that would differ today",
        description="Apply today's policy and model to the entries of an audit log and list the decisions that would differ. "
        "Exit status 1 if there are any.",
    )
    add = replay.add_argument
    add(
        "logs",
        nargs="+",
        type=options.READS,
        metavar="LOG",
        help="audit logs, rotated ones included (.jsonl, .jsonl.gz, .jsonl.xz)",
    )
    add(
        "--policy",
        action="append",
        type=options.READS,
        default=[],
        metavar="FILE",
        help="today's policy; may be repeated, each replaces the one of its name (default: the policies in the log)",
    )
    add(
        "--texts",
        action="append",
        type=options.READS,
        default=[],
        metavar="INPUT",
        help="texts to score again with today's model, as for 'screen'; other entries keep their logged scores",
    )
    options.add(replay, "--text-field", "--id-field")
    options.add_retranslate(replay, "as the log says")
    options.add_format(replay, "table", "jsonl")
    options.add(replay, "--model", "--profile")
    replay.set_defaults(run=run_replay)


def run_replay(args: argparse.Namespace) -> int:
    """Replay the decisions and print those that differ.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        1 if a decision would differ, 2 if a line of a log could not be read, or texts could not and none was judged again, else 0.
    """
    from mtdetect import inputs, policy
    from mtdetect.cli.progress import report_skipped
    from mtdetect.policy import audit
    from mtdetect.rendering.figures import write_replay
    from mtdetect.serialization import to_json

    logs = inputs.expand(args.logs)
    reading = Reading(args.texts, args)
    policies = [policy.load(path) for path in args.policy]
    tally = audit.Tally()

    from mtdetect.detector import load

    detector = load(args.model).with_options(engine_folder=args.engine_folder, profile=args.profile)
    replayed = audit.replay(
        logs,
        detector,
        tally,
        policies=policies,
        texts=_texts(reading),
        retranslate=args.retranslate,
    )
    differing = (one for one in replayed if one.differs)
    if args.format == "table":
        write_replay(differing, sys.stdout)
    else:
        for one in differing:
            sys.stdout.write(to_json(one.to_dict()).decode() + "\n")
    counts = tally.counts
    other = counts["other_profile"]
    print(
        f"mtdetect: {_count(counts['decisions'], 'decision')}, {counts['differ']:,} would differ; "
        f"{_count(counts['scored_again'], 'text')} scored again, {counts['other_model']:,} by another model and without their text"
        + (f", {other:,} kept as logged because they had a calibration profile (--profile)" if other else ""),
        file=sys.stderr,
    )
    status = report_skipped("line", tally.unreadable) or int(counts["differ"] > 0)
    # A folder of texts may hold other files, too; they matter if there was nothing else.
    unread = reading.unreadable if counts["scored_again"] == 0 else ()
    return report_skipped("text", unread) or status


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _texts(records: Iterable[Record]) -> Iterator[str]:
    """Decoded texts of the records that have one."""
    from mtdetect.text import decode

    for record in records:
        text = record.text if isinstance(record.text, str) else decode(record.text or b"")
        if text:
            yield text
