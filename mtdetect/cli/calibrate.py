"""``mtdetect calibrate``: thresholds by one's own clean texts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mtdetect.cli import options

if TYPE_CHECKING:
    from mtdetect.detector import Text


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "calibrate",
        help="set the thresholds by clean texts of your own",
        description="Set the thresholds by 200 or more clean texts of your own, for '--profile FILE' of other commands.",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="FILE|FOLDER",
        help="people's texts, none of them degraded: one a file, or JSON Lines",
    )
    parser.add_argument("--output", required=True, metavar="FILE", help="where the profile goes (JSON)")
    options.add_fields(parser)
    options.add_fpr(parser)
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: %(default)s")
    parser.add_argument(
        "--jobs", type=options.count, default=1, metavar="N", help="processes (default: %(default)s)"
    )
    options.add_model(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score the texts, write the profile and tell what it changes.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser of :func:`add_parser` made of the command line.

    Returns
    -------
    int
        0.

    Raises
    ------
    MtdetectError
        If an input cannot be read, the texts are too few or the profile cannot be written.
    """
    from mtdetect import inputs
    from mtdetect.errors import UsageError
    from mtdetect.inputs import atomic
    from mtdetect.rendering.figures import write_recalibration
    from mtdetect.serialization import to_json

    sources = inputs.expand(args.inputs)
    if args.output == inputs.STDIN:
        raise UsageError("--output needs the name of a file; standard output tells what changes")
    if any(atomic.same(source, args.output) for source in sources):
        raise UsageError(f"{args.output}: is an input, too; name another file")

    from mtdetect.cli.progress import Meter
    from mtdetect.detector import load
    from mtdetect.evaluation.recalibration import recalibrate

    def texts() -> Iterator[tuple[str, Text]]:
        for source in sources:
            for raw in inputs.records(source):
                record = inputs.parse(raw, args.text_field, args.id_field)
                yield str(record.id), record.text

    with Meter("texts") as meter:
        result = recalibrate(
            texts(),
            load(args.model),
            fpr=args.fpr,
            jobs=args.jobs,
            progress=lambda done: meter.show(done, done),
        )
    with atomic.replacing(args.output) as file:
        file.write(result.profile.to_json())
    if args.format == "json":
        sys.stdout.write(to_json(result.to_dict()).decode() + "\n")
    else:
        write_recalibration(result, sys.stdout)
    return 0
