"""``mtdetect evaluate``: error rates on labelled texts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mtdetect.cli import options

FIGURES = ("roc.png", "calibration.png", "score_by_length.png")
"""Files that ``--plots`` writes."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure true- and false-positive rates on labelled texts",
        description="Measure true- and false-positive rates on labelled texts: by tool, pivot, domain, origin and length.",
    )
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        type=options.READS,
        metavar="FILE",
        help="JSON Lines with text, label and, where known, group, tool, pivot, domain, origin; all files form one set",
    )
    options.add(parser, "--fpr")
    options.add_retranslate(parser, profile=False)
    options.add_format(parser, "table", "json")
    add(
        "--plots",
        type=options.Named("writes", Path, inside=FIGURES),
        metavar="FOLDER",
        help=f"write {', '.join(FIGURES[:-1])} and {FIGURES[-1]} into this folder",
    )
    add(
        "--baseline",
        type=options.READS_PATH,
        metavar="FILE",
        help="compare with a file that --save wrote; exit status 1 if a group got significantly worse",
    )
    add(
        "--save",
        type=options.WRITES_PATH,
        metavar="FILE",
        help="save the scores as the baseline of a later run",
    )
    add(
        "--limit",
        type=options.count,
        metavar="N",
        help="largest number of texts of each label (default: all)",
    )
    add(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="random seed of the sample and of the bootstrap (default: %(default)s)",
    )
    add(
        "--min-words",
        type=options.count,
        default=40,
        metavar="N",
        help="skip texts of fewer words (default: %(default)s)",
    )
    options.add(parser, "--model")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score the texts and print the figures.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        1 if a group got worse than the baseline, 0 otherwise.
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

        detector = load(args.model).with_options(engine_folder=args.engine_folder)
        evaluation = evaluate(
            args.inputs,
            detector,
            fpr=args.fpr,
            min_words=args.min_words,
            limit=args.limit,
            seed=args.seed,
            progress=show,
            retranslate=args.retranslate,
        )
    change = None if earlier is None else baseline.compare(evaluation, earlier)
    if args.format == "json":
        answer = evaluation.to_dict() | ({} if change is None else {"regression_check": change.to_dict()})
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
