"""``mtdetect selfcheck``: check that the installation is complete and scores as recorded."""

from __future__ import annotations

import argparse
import sys

from mtdetect.cli import options


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "selfcheck",
        help="check that the installation is complete and scores as recorded",
        description="Check every shipped file against its checksum, and the verdicts on a few texts against those recorded "
        "when the model was trained. Exit status 2 if anything differs.",
    )
    options.add_format(parser, "table", "json")
    options.add_old_name(parser, "--json", action="store_const", const="json", dest="format")
    options.add(parser, "--model")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check the installation and print the result.

    Parameters as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0 if all is as recorded.

    Raises
    ------
    ModelError
        If anything is not. With ``--format json`` the result is printed first.
    """
    from mtdetect.errors import ModelError
    from mtdetect.serialization import to_json
    from mtdetect.verification import selfcheck

    found = selfcheck(args.model)
    if args.format == "json":
        sys.stdout.write(to_json(found.to_dict()).decode() + "\n")
    elif found.ok:
        print(
            f"mtdetect {found.version}, model {found.model['name']} {found.model['version']}: "
            f"{found.files:,} files ({found.bytes / 1e6:.0f} MB) are whole, {found.texts} texts are judged as recorded, "
            + (
                f"{found.retranslated} of them also with the translation engine"
                if found.retranslated
                else "no translation engine is consulted"
            )
        )
    if not found.ok:
        rest = len(found.problems) - 1
        raise ModelError(
            found.problems[0]
            + (f" (and {rest} more, see --format json)" if rest and args.format != "json" else "")
        )
    return 0
