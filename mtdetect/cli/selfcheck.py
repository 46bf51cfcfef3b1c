"""``mtdetect selfcheck``: is the installation sound?"""

from __future__ import annotations

import argparse
import sys

from mtdetect.cli import options


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "selfcheck",
        help="check that the installation is whole and judges as it should",
        description="Check every shipped file against its checksum, and the verdicts on a few texts against those that were "
        "recorded when the model was trained. Exit status 0 if all is well, 2 if anything is not.",
    )
    parser.add_argument("--json", action="store_true", help="tell what was checked as a JSON object")
    options.add_model(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, and print what was found.

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
    ModelError
        If anything is not as it should be.
    """
    from mtdetect.errors import ModelError
    from mtdetect.serialization import to_json
    from mtdetect.verification import selfcheck

    found = selfcheck(args.model)
    if args.json:
        sys.stdout.write(to_json(found.to_dict()).decode() + "\n")
    elif found.ok:
        print(
            f"mtdetect {found.version}, model {found.model['name']} {found.model['version']}: "
            f"{found.files:,} files ({found.bytes / 1e6:.0f} MB) are whole, {found.texts} texts are judged as recorded"
        )
    if not found.ok:
        rest = len(found.problems) - 1
        raise ModelError(
            found.problems[0] + (f" (and {rest} more, see --json)" if rest and not args.json else "")
        )
    return 0
