"""``mtdetect audit``: what a log of decisions tells."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from mtdetect.cli import options, skipped


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "audit",
        help="replay a log of decisions",
        description="Look into the log of decisions that 'serve --audit' and 'score --audit' write.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    replay = actions.add_parser(
        "replay",
        help="decide again, and tell what would differ today",
        description="Decide again what a log tells, by today's policy and model, and tell what would differ. "
        "Exit status 1 if something would.",
    )
    add = replay.add_argument
    add("logs", nargs="+", metavar="LOG", help="logs, rotated ones, too (.jsonl, also .gz and .xz)")
    add(
        "--policy",
        action="append",
        default=[],
        metavar="FILE",
        help="today's policy; of several each decides what one of its name decided (default: those of the log)",
    )
    add(
        "--texts",
        action="append",
        default=[],
        metavar="INPUT",
        help="texts to score again by today's model, as for 'screen'; others keep the figures of the log",
    )
    options.add_fields(replay)
    add(
        "--format",
        choices=("table", "jsonl"),
        default="table",
        help="a table for people, JSON Lines for programs (default: %(default)s)",
    )
    options.add_model(replay)
    replay.set_defaults(run=run_replay)


def run_replay(args: argparse.Namespace) -> int:
    """Decide again and print what differs.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser made of the command line.

    Returns
    -------
    int
        1 if a decision would differ, 2 if a line could not be read, else 0.

    Raises
    ------
    MtdetectError
        If a log or policy cannot be opened.
    """
    from mtdetect import inputs, policy
    from mtdetect.policy import audit
    from mtdetect.rendering.figures import write_replay
    from mtdetect.serialization import to_json

    logs = inputs.expand(args.logs)
    policies = [policy.load(path) for path in args.policy]
    tally = audit.Tally()

    from mtdetect.detector import load

    replayed = audit.replay(
        logs, load(args.model), tally, policies=policies, texts=_texts(args) if args.texts else ()
    )
    differing = (one for one in replayed if one.differs)
    if args.format == "table":
        write_replay(differing, sys.stdout)
    else:
        for one in differing:
            sys.stdout.write(to_json(one.to_dict()).decode() + "\n")
    counts = tally.counts
    print(
        f"mtdetect: {counts['decisions']:,} decisions, {counts['differ']:,} would differ; "
        f"{counts['scored_again']:,} texts scored again, {counts['other_model']:,} by another model and not at hand",
        file=sys.stderr,
    )
    return skipped.tell("line", tally.unreadable) or int(counts["differ"] > 0)


def _texts(args: argparse.Namespace) -> Iterator[str]:
    from mtdetect import inputs
    from mtdetect.text import decode

    for source in inputs.expand(args.texts):
        for raw in inputs.records(source):
            text = inputs.parse(raw, args.text_field, args.id_field).text
            if text is not None:
                yield text if isinstance(text, str) else decode(text) or ""
