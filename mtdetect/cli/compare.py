"""``mtdetect compare``: is one text a copy of another, what was changed, and which of the two is the copy?"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack

from mtdetect.cli import options
from mtdetect.errors import UsageError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "compare",
        help="compare two texts: is one a copy, what was changed, and which is the copy?",
        description="Compare two texts: is one a copy of the other, what was changed, and which of the two is the copy? "
        "Exit status 1 if there is a copy.",
    )
    parser.add_argument(
        "suspect",
        type=options.READS,
        metavar="SUSPECT",
        help="file of the text that may be a copy; - is standard input",
    )
    parser.add_argument(
        "original", type=options.READS, metavar="ORIGINAL", help="file of the text it may be a copy of"
    )
    options.add_format(parser, "table", "json")
    options.add_html(parser, "the two texts side by side, changes marked")
    options.add_retranslate(parser, profile=False)
    options.add(parser, "--model")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare the two texts and print the result.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        1 if one text is a copy, else 0.
    """
    from mtdetect import inputs
    from mtdetect.inputs import atomic
    from mtdetect.rendering.comparison import write_comparison, write_comparison_json

    names = (args.suspect, args.original)
    if names == (inputs.STDIN, inputs.STDIN):
        raise UsageError("only one of the two texts can be standard input")
    # Both are read before numpy and the model are loaded, so that a wrong name is reported at once.
    suspect, original = (_content(name) for name in names)
    with ExitStack() as stack:
        page = stack.enter_context(atomic.replacing(args.html)) if args.html else None

        from mtdetect.detector import load

        detector = load(args.model).with_options(engine_folder=args.engine_folder)
        comparison = detector.compare(suspect, original, names=names, retranslate=args.retranslate)
        if args.format == "json":
            write_comparison_json(comparison, sys.stdout)
        else:
            write_comparison(comparison, sys.stdout)
        if page is not None:
            from mtdetect.rendering.html_comparison import html_page

            with atomic.as_usage_error(args.html):
                page.write(html_page(comparison, suspect, original).encode("utf-8", "replace"))
    return int(comparison.is_copy)


def _content(name: str) -> bytes:
    from mtdetect import inputs

    if os.path.isdir(name):
        raise UsageError(f"{name}: is a folder; compare takes one file each")
    return next(inputs.items([name])).content
