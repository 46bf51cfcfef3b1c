"""``mtdetect calibrate``: thresholds from your own human texts."""

from __future__ import annotations

import argparse
import sys

from mtdetect.cli import options
from mtdetect.cli.reading import Reading
from mtdetect.errors import UsageError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "calibrate",
        help="set the thresholds from your own human texts",
        description="Make a calibration profile from 200 or more of your own human texts, for '--profile FILE' of other commands.",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        type=options.READS,
        metavar="FILE|FOLDER",
        help="human texts, none of them degraded: one per file, or JSON Lines",
    )
    parser.add_argument(
        "--output",
        required=True,
        type=options.WRITES,
        metavar="FILE",
        help="calibration profile to write (JSON)",
    )
    options.add(parser, "--text-field", "--id-field", "--fpr")
    options.add_retranslate(parser, "never", profile=False)
    options.add_format(parser, "table", "json")
    options.add(parser, "--jobs", "--model")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score the texts, write the profile and print what it changes.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        2 if a record could not be read (the others are used), else 0.
    """
    from mtdetect.inputs import atomic
    from mtdetect.rendering.figures import write_recalibration
    from mtdetect.serialization import to_json

    reading = Reading(args.inputs, args)

    from mtdetect.cli.progress import Meter, report_skipped, skipped
    from mtdetect.detector import load
    from mtdetect.evaluation.recalibration import recalibrate

    detector = load(args.model).with_options(engine_folder=args.engine_folder)
    with Meter("texts") as meter:
        try:
            result = recalibrate(
                ((str(one.id), one.text) for one in reading if one.text is not None),
                detector,
                fpr=args.fpr,
                retranslate=args.retranslate or "never",
                jobs=args.jobs,
                progress=lambda done: meter.show(done, done),
            )
        except UsageError as error:
            if not reading.unreadable:
                raise
            raise UsageError(f"{error}; {skipped('record', reading.unreadable)}") from error
    with atomic.replacing(args.output) as file:
        file.write(result.profile.to_json())
    if args.format == "json":
        sys.stdout.write(to_json(result.to_dict()).decode() + "\n")
    else:
        write_recalibration(result, sys.stdout)
    return report_skipped("record", reading.unreadable)
