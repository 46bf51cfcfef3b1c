"""``mtdetect evaluate``: figures on labelled texts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mtdetect.cli import options


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "evaluate",
        help="measure how often the detector is right on labelled texts",
        description="Measure how often the detector is right on labelled texts: per tool, pivot, domain, origin, length.",
    )
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        metavar="FILE",
        help="JSON Lines with text, label and, where known, group, tool, pivot, domain, origin; taken together as one set",
    )
    options.add_fpr(parser)
    add("--format", choices=("table", "json"), default="table", help="default: %(default)s")
    add(
        "--plots",
        type=Path,
        metavar="FOLDER",
        help="draw roc.png, calibration.png and score_by_length.png there",
    )
    add(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="compare with what --save wrote; exit status 1 if any group got worse beyond noise",
    )
    add("--save", type=Path, metavar="FILE", help="keep the scores, to compare a later model with")
    add("--limit", type=options.count, metavar="N", help="texts of each label, at most (default: all)")
    add(
        "--seed", type=int, default=0, metavar="S", help="another seed, another sample (default: %(default)s)"
    )
    add(
        "--min-words",
        type=options.count,
        default=40,
        metavar="N",
        help="leave out texts with fewer words (default: %(default)s)",
    )
    options.add_model(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Judge the texts and print the figures.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser of :func:`add_parser` made of the command line.

    Returns
    -------
    int
        1 if a group got worse than the baseline, 0 otherwise.

    Raises
    ------
    MtdetectError
        If a file cannot be read or written, or a picture cannot be drawn.
    """
    from mtdetect.cli.progress import Meter
    from mtdetect.detector import load
    from mtdetect.evaluation import baseline
    from mtdetect.evaluation.metrics import evaluate
    from mtdetect.inputs import atomic
    from mtdetect.rendering.figures import write_evaluation, write_regression_check
    from mtdetect.rendering.plots import plot, require_matplotlib
    from mtdetect.serialization import to_json

    if args.plots is not None:
        require_matplotlib()
    earlier = None if args.baseline is None else baseline.load(args.baseline)
    with Meter("texts") as meter:

        def show(done: int, total: int) -> None:
            meter.total = total
            meter.show(done, done)

        evaluation = evaluate(
            args.inputs,
            load(args.model),
            fpr=args.fpr,
            min_words=args.min_words,
            limit=args.limit,
            seed=args.seed,
            progress=show,
        )
    change = None if earlier is None else baseline.compare(evaluation, earlier)
    if args.format == "json":
        answer = evaluation.to_dict() | ({} if change is None else {"drift": change.to_dict()})
        sys.stdout.write(to_json(answer).decode() + "\n")
    else:
        write_evaluation(evaluation, sys.stdout)
        if change is not None:
            write_regression_check(change, sys.stdout)
    if args.plots is not None:
        plot(evaluation, args.plots)
    if args.save is not None:
        with atomic.replacing(str(args.save)) as file:
            file.write(baseline.baseline_of(evaluation))
    return int(change is not None and bool(change.worse))
