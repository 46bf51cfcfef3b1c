"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtdetect.errors import UsageError
from mtdetect.verdict import DEFAULT_FPR, MODES, Mode, check_fpr


def budget(text: str) -> float:
    """Parse an error budget.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ArgumentTypeError
        If it is not a number between 0 and 1.
    """
    try:
        return check_fpr(float(text))
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error


def count(text: str) -> int:
    """Parse a number of things.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    int
        1 or more.

    Raises
    ------
    ArgumentTypeError
        If it is not a whole number from 1 up.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def seconds(text: str) -> float:
    """Parse a duration in seconds.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    float
        0 to 1,000,000.

    Raises
    ------
    ArgumentTypeError
        If it is not such a number.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


SHARED: dict[str, dict[str, Any]] = {
    "--fpr": {
        "type": budget,
        "default": DEFAULT_FPR,
        "metavar": "P",
        "help": "error budget: share of human texts that may be flagged (default: %(default)s)",
    },
    "--model": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "a model of your own, made by 'mtdetect train' (default: the English model)",
    },
    "--profile": {
        "type": Path,
        "metavar": "FILE",
        "help": "calibration profile of your own human texts, made by 'mtdetect calibrate'",
    },
    "--phrases": {
        "type": Path,
        "metavar": "FILE",
        "help": "phrases to report as evidence: lines 'phrase<TAB>expected wording', or JSON if FILE ends in .json",
    },
    "--text-field": {
        "default": "text",
        "metavar": "F",
        "help": "field that holds the text; a.b is field b of object a (default: %(default)s)",
    },
    "--id-field": {
        "default": "id",
        "metavar": "F",
        "help": "field that holds the id; a record without it gets FILE:LINE (default: %(default)s)",
    },
    "--jobs": {
        "type": count,
        "default": 1,
        "metavar": "N",
        "help": "number of processes (default: %(default)s)",
    },
    "--engine-folder": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "folder that holds enpt-1693087644/ and pten-1693087646/ of the translation engine, instead of those of mtdetect[retranslate] "
        "(default: the variable MTDETECT_ENGINE_FOLDER)",
    },
    "--audit": {
        "metavar": "FILE.jsonl",
        "help": "append every decision to this audit log, for 'mtdetect audit replay'",
    },
}
"""Options that mean the same in several commands: the keywords of ``add_argument``."""


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add options of :data:`SHARED`.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command.
    names : str
        Such as ``--fpr``.
    """
    for name in names:
        parser.add_argument(name, **SHARED[name])


def add_retranslate(parser: argparse.ArgumentParser, default: Mode = "auto", *, profile: bool = True) -> None:
    """Add ``--retranslate`` and ``--engine-folder``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that scores texts.
    default : str
        When the translation engine is consulted if the option is not given; then its value is None.
    profile : bool
        Whether the command has ``--profile``, which comes before the default.
    """
    parser.add_argument(
        "--retranslate",
        choices=MODES,
        help="when to consult a translation engine (mtdetect[retranslate]): auto where it can change the answer, always for every text, "
        f"or never (default: {'as the --profile was made, else ' if profile else ''}{default})",
    )
    add(parser, "--engine-folder")


def add_format(parser: argparse.ArgumentParser, *formats: str, default: str = "table") -> None:
    """Add ``--format``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that prints an answer.
    formats : str
        What it can print.
    default : str
        One of them.
    """
    parser.add_argument(
        "--format",
        choices=formats,
        default=default,
        help="output format: table to read, the others for programs (default: %(default)s)",
    )


def add_html(parser: argparse.ArgumentParser, content: str) -> None:
    """Add ``--html``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that can write an HTML page.
    content : str
        What the page shows.
    """
    parser.add_argument("--html", metavar="FILE", help=f"also write an HTML page: {content}")


def add_old_name(parser: argparse.ArgumentParser, name: str, **keywords: Any) -> None:
    """Accept a released name of an option that now has another one, without showing it in the help.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command that had it.
    name : str
        The released name, such as ``--report``.
    keywords
        For ``add_argument``; ``dest`` names the option of today.
    """
    parser.add_argument(name, default=argparse.SUPPRESS, help=argparse.SUPPRESS, **keywords)


def check_output(option: str, path: str, inputs: Iterable[str]) -> None:
    """Refuse an output file that is standard output or one of the inputs.

    Parameters
    ----------
    option : str
        The option that names the file.
    path : str
        The file.
    inputs : iterable of str
        Files that the command reads or writes besides.

    Raises
    ------
    UsageError
        If it is one of those.
    """
    from mtdetect.inputs import STDIN, atomic

    if path == STDIN:
        raise UsageError(f"{option} needs the name of a file; standard output carries the answer")
    if any(atomic.same(one, path) for one in inputs):
        raise UsageError(f"{path}: is an input, too; name another file for {option}")
