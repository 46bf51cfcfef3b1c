"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import argparse
import glob
import os
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mtdetect.errors import InputError, UsageError
from mtdetect.verdict import DEFAULT_FPR, MODES, check_fpr


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


@dataclass(frozen=True)
class Named:
    """Type of a value that names a file or a folder, for ``add_argument``; :func:`check_files` compares the two roles.

    Parameters
    ----------
    role : str
        Whether the command reads or writes it. What it both reads and writes counts as written.
    make : callable
        Makes the value of what was typed.
    whole : bool
        Whether every file of a folder is read, not only those whose names end as those of inputs do.
    only : tuple of str
        Formats that are read of a folder; all if empty.
    inside : tuple of str
        Names and patterns of the files that are written into a folder.
    stdout : bool
        Whether ``-`` is standard output.
    """

    role: Literal["reads", "writes"]
    make: Callable[[str], Any] = str
    whole: bool = False
    only: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    stdout: bool = False

    def __call__(self, text: str) -> Any:
        """Make the value, for ``argparse``."""
        if not text:
            raise argparse.ArgumentTypeError("an empty name; name a file or a folder")
        return self.make(text)


READS = Named("reads")
READS_TEXTS = Named("reads", only=("text", "html"))
READS_PATH = Named("reads", Path)
READS_FOLDER = Named("reads", Path, whole=True)
WRITES = Named("writes")
WRITES_PATH = Named("writes", Path)

SHARED: dict[str, dict[str, Any]] = {
    "--fpr": {
        "type": budget,
        "default": DEFAULT_FPR,
        "metavar": "P",
        "help": "error budget: share of human texts that may be flagged (default: %(default)s)",
    },
    "--model": {
        "type": READS_FOLDER,
        "metavar": "FOLDER",
        "help": "a model of your own, made by 'mtdetect train' (default: the English model)",
    },
    "--profile": {
        "type": READS_PATH,
        "metavar": "FILE",
        "help": "calibration profile of your own human texts, made by 'mtdetect calibrate'",
    },
    "--phrases": {
        "type": READS_PATH,
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
        "type": READS_FOLDER,
        "metavar": "FOLDER",
        "help": "folder that holds enpt-1693087644/ and pten-1693087646/ of the translation engine, instead of those of mtdetect[retranslate] "
        "(default: the variable MTDETECT_ENGINE_FOLDER)",
    },
    "--audit": {
        "type": WRITES,
        "metavar": "FILE.jsonl",
        "help": "append every decision to this audit log, for 'mtdetect audit replay'",
    },
}
"""Options that mean the same in several commands: the keywords of ``add_argument``."""


RECORDS = (
    "JSON Lines, CSV, TSV, Parquet, WARC and WET files, web pages and plain texts (one record each), also .gz, .xz and .zst; "
    "folders of them; patterns such as 'crawl/**/*.warc.gz'; - is JSON Lines on standard input"
)
"""Help on the inputs of commands that read records."""


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


def add_retranslate(parser: argparse.ArgumentParser, default: str = "auto", *, profile: bool = True) -> None:
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
    parser.add_argument("--html", type=WRITES, metavar="FILE", help=f"also write an HTML page: {content}")


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


def check_files(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse an output that the command also reads, or that another option writes, too.

    Every parser of a command does this after it has parsed the arguments. What is compared is each argument whose type is
    :class:`Named`.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    args : Namespace
        What it parsed.

    Raises
    ------
    UsageError
        If there is such an output, or one is standard output, which carries the answer.
    """
    written = list(_named(parser, args, "writes"))
    if not written:
        return
    from mtdetect.inputs import STDIN, atomic

    taken: dict[Hashable, tuple[str, argparse.Action]] = {}
    for action, use, path in written:
        if path == STDIN:
            if not use.stdout:
                raise UsageError(
                    f"{_name(action)} needs the name of a file; standard output carries the answer"
                )
            continue
        own = {mark: target for target in _targets(path, use) for mark in atomic.marks(target)}
        for mark, target in own.items():
            if mark in taken:
                raise _taken(target, f"the {_name(taken[mark][1])}", action)
        taken |= {mark: (target, action) for mark, target in own.items()}
    # What is not there cannot be lost. Folders that are read are listed only if something can.
    present = {mark: one for mark, one in taken.items() if os.path.exists(one[0])}
    if not present:
        return
    read = dict.fromkeys(atomic.marks_of_stdin(), "standard input")
    for source, kind, given in _named(parser, args, "reads"):
        what = f"the {_name(source)}" if source.option_strings else "an input"
        for one in _files(given, kind, whole=getattr(args, "input_format", None) is not None):
            read |= dict.fromkeys(atomic.marks(one), what)
    for mark, (target, action) in present.items():
        if mark in read:
            raise _taken(target, read[mark], action)


def _named(
    parser: argparse.ArgumentParser, args: argparse.Namespace, role: str
) -> Iterator[tuple[argparse.Action, Named, str]]:
    """Each path that was given to an argument of a role."""
    for action in parser._actions:
        use = action.type
        # A hidden option is an old name: the option of today has its value.
        if not isinstance(use, Named) or use.role != role or action.help == argparse.SUPPRESS:
            continue
        value = getattr(args, action.dest, None)
        for one in value if isinstance(value, list) else [value]:
            if one is not None and str(one):
                yield action, use, str(one)


def _name(action: argparse.Action) -> str:
    """How messages name an argument."""
    return action.option_strings[0] if action.option_strings else str(action.metavar)


def _targets(path: str, use: Named) -> Iterator[str]:
    """What an output overwrites: the file, or the folder and the files in it."""
    yield path
    for name in use.inside:
        yield os.path.join(path, name)
        yield from glob.glob(os.path.join(glob.escape(path), name))


def _files(given: str, use: Named, *, whole: bool) -> Iterator[str]:
    """What a path makes the command read: itself, and the files of a folder or pattern."""
    from mtdetect.inputs import formats

    yield given
    try:
        yield from formats.expand([given], use.only or formats.FORMATS, all_files=use.whole or whole)
    except InputError:  # the command says it in its own words
        return


def _taken(path: str, what: str, action: argparse.Action) -> UsageError:
    kind = "folder" if action.metavar == "FOLDER" else "file"
    return UsageError(f"{path}: is {what}, too; name another {kind} for {_name(action)}")
