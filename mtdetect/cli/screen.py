"""``mtdetect screen``: a verdict for each record of a collection."""

from __future__ import annotations

import argparse
import os
import sys
import time

from mtdetect.cli import options


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "screen",
        help="judge every record of large JSON Lines files",
        description="Judge every record of large JSON Lines files: one line out for each record in, in the same order.",
    )
    add = parser.add_argument
    add(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="JSON Lines (.jsonl, .ndjson, .json) or plain texts (one record each), also .gz and .xz; folders of them; "
        "- is JSON Lines on standard input",
    )
    add(
        "--output",
        required=True,
        metavar="FILE",
        help="JSON Lines to write, also .gz and .xz; - is standard output",
    )
    options.add_fpr(parser)
    add("--evidence", action="store_true", help="write sentences and evidence, too (--phrases asks for it)")
    add(
        "--originals",
        metavar="DB",
        help="look each text up in a collection made by 'mtdetect originals add'; its best match becomes 'match'",
    )
    options.add_fields(parser)
    add("--jobs", type=options.count, default=1, metavar="N", help="worker processes (default: %(default)s)")
    add("--fail-on-flagged", action="store_true", help="exit with status 1 if a record is flagged")
    options.add_model(parser)
    options.add_phrases(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Judge the records and sum up on stderr.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser of :func:`add_parser` made of the command line.

    Returns
    -------
    int
        1 if ``--fail-on-flagged`` and a record is flagged, else 0.

    Raises
    ------
    MtdetectError
        If an input cannot be opened or the output cannot be written.
    """
    from mtdetect import inputs, screening
    from mtdetect.cli.progress import Meter
    from mtdetect.verdict import LABELS

    sources = inputs.expand(args.inputs)
    sizes = [None if _unsized(source) else os.path.getsize(source) for source in sources]
    total = None if None in sizes else sum(filter(None, sizes))
    start = time.perf_counter()
    with Meter("records", total, live=args.output != inputs.STDIN or not sys.stdout.isatty()) as meter:
        tally = screening.screen(
            args.inputs,
            args.output,
            options=screening.Options(
                args.fpr,
                args.evidence or args.phrases is not None,
                args.text_field,
                args.id_field,
                args.originals,
            ),
            model=args.model,
            phrases=args.phrases,
            jobs=args.jobs,
            progress=lambda tally: meter.show(tally.bytes, tally.records),
        )
    took = time.perf_counter() - start
    labels = ", ".join(f"{tally.labels[label]:,} {label}" for label in LABELS if tally.labels[label])
    print(
        f"mtdetect: {tally.records:,} records in {took:.1f} s ({tally.bytes / 1e6 / took:.1f} MB/s)"
        + (f": {labels}" if labels else ""),
        file=sys.stderr,
    )
    return int(args.fail_on_flagged and tally.flagged > 0)


def _unsized(source: str) -> bool:
    """Whether a source does not tell how many bytes will be read from it."""
    return source == "-" or source.lower().endswith((".gz", ".xz"))
