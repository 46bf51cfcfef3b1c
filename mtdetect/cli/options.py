"""Options that several commands share, and the kinds of value they take."""

from __future__ import annotations

import argparse
from pathlib import Path

from mtdetect.errors import UsageError
from mtdetect.verdict import DEFAULT_FPR, check_fpr


def add_fpr(parser: argparse.ArgumentParser) -> None:
    """Add ``--fpr``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that gives labels.
    """
    parser.add_argument(
        "--fpr",
        type=budget,
        default=DEFAULT_FPR,
        metavar="P",
        help="error budget: share of people's texts that may be flagged (default: %(default)s)",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that scores.
    """
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FOLDER",
        help="a model of your own, as 'mtdetect train' makes (default: English)",
    )


def add_phrases(parser: argparse.ArgumentParser) -> None:
    """Add ``--phrases``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that gives evidence.
    """
    parser.add_argument(
        "--phrases",
        type=Path,
        metavar="FILE",
        help="phrases to tell as evidence: lines 'phrase<TAB>expected wording', or JSON if FILE ends in .json",
    )


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Add ``--profile``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that gives labels.
    """
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FILE",
        help="judge by clean texts of your own, as 'mtdetect calibrate' has measured them",
    )


def add_fields(parser: argparse.ArgumentParser) -> None:
    """Add ``--text-field`` and ``--id-field``.

    Parameters
    ----------
    parser : ArgumentParser
        Of a command that reads records.
    """
    parser.add_argument(
        "--text-field",
        default="text",
        metavar="F",
        help="field of the text; a.b reaches into a (default: %(default)s)",
    )
    parser.add_argument(
        "--id-field",
        default="id",
        metavar="F",
        help="field of the id; where it is missing, FILE:LINE (default: %(default)s)",
    )


def budget(text: str) -> float:
    """Read an error budget.

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
        If it is none.
    """
    try:
        return check_fpr(float(text))
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error


def count(text: str) -> int:
    """Read a number of things.

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
        If it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)
