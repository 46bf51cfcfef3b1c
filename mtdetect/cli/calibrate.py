"""``mtdetect calibrate``: thresholds from your own human texts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mtdetect.cli import options

if TYPE_CHECKING:
    from mtdetect.detector import Text


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
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
    """Score the texts, write the profile and print what it changes."""
    from mtdetect import inputs
    from mtdetect.inputs import atomic
    from mtdetect.rendering.figures import write_recalibration
    from mtdetect.serialization import to_json

    sources = inputs.expand(args.inputs)

    from mtdetect.cli.progress import Meter
    from mtdetect.detector import load
    from mtdetect.evaluation.recalibration import recalibrate

    def texts() -> Iterator[tuple[str, Text]]:
        for source in sources:
            for raw in inputs.records(source):
                record = inputs.parse(raw, args.text_field, args.id_field)
                yield str(record.id), record.text

    detector = load(args.model).with_options(engine_folder=args.engine_folder)
    with Meter("texts") as meter:
        result = recalibrate(
            texts(),
            detector,
            fpr=args.fpr,
            retranslate=args.retranslate or "never",
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
