"""``mtdetect train``: make the shipped model again, or one of your own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mtdetect.cli import options
from mtdetect.errors import UsageError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "train",
        help="make the model from the corpora",
        description="Make the model from the corpora. The same corpora and packages make the same files, byte for byte.",
    )
    add = parser.add_argument
    add("data", type=Path, metavar="DATA", help="folder of the corpora: human/, labelled/, phrases/")
    add("--output", type=Path, required=True, metavar="FOLDER", help="where the model goes")
    add("--jobs", type=options.count, default=1, metavar="N", help="processes (default: %(default)s)")
    add("--tables", action="store_true", help="count the language tables anew, too")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--pairs", action="store_true", help="fit the model that compares two texts, too")
    which.add_argument("--only-pairs", action="store_true", help="fit that model alone; it goes to --output")
    which.add_argument(
        "--only-sentences",
        action="store_true",
        help="fit the scores of sentences of the model in --output anew, and nothing else",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train, telling on stderr what is going on.

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
        If a corpus is missing or an engine fails.
    """
    if args.tables and (args.only_pairs or args.only_sentences):
        only, instead = ("pairs", " and --pairs") if args.only_pairs else ("sentences", "")
        raise UsageError(
            f"--only-{only} uses the tables that are installed; count them with --tables{instead}"
        )
    import sklearn.ensemble  # noqa: F401  # thread pools can be limited once they are loaded
    from threadpoolctl import threadpool_limits

    from mtdetect import verification
    from mtdetect.features.lexicon import shipped
    from mtdetect.training import train, train_sentences
    from mtdetect.training.pairs import fit_pairs

    def tell(line: str) -> None:
        print(f"mtdetect: {line}", file=sys.stderr, flush=True)

    # One thread adds up in one order, so that the same bytes come out whatever the number of cores; and threads that wait for each other on
    # a busy machine were seen to take twelve times as long.
    with threadpool_limits(1):
        if args.only_sentences:
            train_sentences(args.data, args.output, shipped(), tell)
            verification.record(args.output)
        elif args.only_pairs:
            fit_pairs(args.data, args.output, shipped(), tell, jobs=args.jobs)
            verification.record_if_shipped(args.output)
        else:
            train(args.data, args.output, jobs=args.jobs, tables=args.tables, pairs=args.pairs, progress=tell)
    return 0
