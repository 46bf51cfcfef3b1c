"""The command line: parses arguments, runs a command, and turns every error into one line.

Each command is a module. Its ``add_parser(subparsers)`` registers the command and its options on what
``ArgumentParser.add_subparsers`` returned. Its ``run(args)`` does the work on the parsed options and returns the exit status; a
:class:`~mtdetect.errors.MtdetectError` that it raises becomes one line on stderr and exit status 2. A command imports
what it works with in ``run``, because ``mtdetect --help`` and a mistyped option should not wait for numpy.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import chain
from typing import Any, NoReturn

import mtdetect
from mtdetect.cli import (
    audit,
    calibrate,
    compare,
    degrade,
    evaluate,
    options,
    originals,
    score,
    screen,
    selfcheck,
    serve,
    train,
)
from mtdetect.cli.statuses import INTERRUPTED, PIPE_CLOSED, WRONG
from mtdetect.errors import MtdetectError, UsageError

GROUPS = {
    "commands": (score, compare, screen, originals, serve),
    "calibrate and check": (calibrate, evaluate, audit, selfcheck),
    "for model builders": (degrade, train),
}
"""Commands by their heading in ``mtdetect --help``, the daily ones first."""

COMMANDS = tuple(chain.from_iterable(GROUPS.values()))

EXAMPLES = {
    "score": (
        "mtdetect score article.txt --explain",
        "mtdetect score submissions/ --html report.html --phrases fingerprints.tsv",
        "mtdetect score docs/ --format sarif > mtdetect.sarif",
        "mtdetect score article.txt --fpr 0.001",
    ),
    "compare": (
        "mtdetect compare suspect.txt original.txt",
        "mtdetect compare suspect.txt original.txt --html comparison.html --format json",
    ),
    "screen": (
        "mtdetect screen pages.jsonl.gz --output verdicts.jsonl --phrases fingerprints.tsv",
        "mtdetect screen 'crawl/*.warc.gz' --output verdicts.parquet --jobs 8 --html report.html",
        "mtdetect screen crawl/ --output verdicts/ --output-format jsonl.zst --keep flagged --resume",
    ),
    "originals": (
        "mtdetect originals add originals.db articles.jsonl.gz",
        "mtdetect originals search originals.db suspects.jsonl --top 3",
    ),
    "originals add": (
        "mtdetect originals add --store-text originals.db articles.jsonl.gz",
        "mtdetect originals add originals.db articles/ --id-field url --text-field body",
    ),
    "originals search": ("mtdetect originals search originals.db suspects.jsonl --top 3 --format table",),
    "originals info": ("mtdetect originals info originals.db",),
    "originals remove": ("mtdetect originals remove originals.db articles/2024-03-05.txt",),
    "originals compact": ("mtdetect originals compact originals.db",),
    "serve": (
        "mtdetect serve",
        "mtdetect serve --port 8080 --against originals.db --policy policy.toml --audit audit.jsonl",
    ),
    "degrade": ("mtdetect degrade article.txt --engine apertium --chain eng-spa,spa-eng",),
    "train": (
        "mtdetect train ../data --output trained/en --jobs 2",
        "mtdetect train ../data --output trained/pairs --stage pairs",
    ),
    "calibrate": (
        "mtdetect calibrate our-articles/ --output ours.json && mtdetect score article.txt --profile ours.json",
    ),
    "audit replay": (
        "mtdetect audit replay audit.jsonl --policy policy.toml --texts submissions/ --format jsonl",
    ),
    "audit": ("mtdetect audit replay audit.jsonl --policy policy.toml --texts submissions/",),
    "selfcheck": ("mtdetect selfcheck", "mtdetect selfcheck --format json"),
    "evaluate": ("mtdetect evaluate labelled.jsonl.gz --plots figures",),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process if None.

    Returns
    -------
    int
        Exit status: 0 nothing flagged, 1 something flagged, 2 wrong usage or unreadable input.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(
                errors="backslashreplace"
            )  # a name or phrase that the terminal cannot encode must not stop the command
    try:
        try:
            args = _parser().parse_args(argv)
            status = int(args.run(args))
        except SystemExit as leaving:  # argparse has printed help or the version
            status = int(leaving.code or 0)
        sys.stdout.flush()
        return status
    except MtdetectError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # The reader of stdout has closed it. Without this, Python would print an error when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return _fail(f"{where}{error.strerror or error}")
    except KeyboardInterrupt:
        _fail("interrupted")
        return INTERRUPTED


def _fail(message: str) -> int:
    print("mtdetect:", " ".join(message.split()), file=sys.stderr)
    return WRONG


class _Parser(argparse.ArgumentParser):
    """Reports an error in one line, checks the files that a command is given, and loads the help formatter only when help is printed.

    Options may stand anywhere after the command, also between its inputs.
    """

    _intermixing = False

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see '{self.prog} --help')")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Print the help if a command is missing; give an option whose value may be left out its constant, unless one of its values follows.

        What follows such an option may be an input. Without a command the status is that of wrong usage, because 0 says that nothing is
        flagged.
        """
        given = list(sys.argv[1:] if args is None else args)
        if not given and actions(self):
            self.print_help(sys.stderr)
            self.exit(WRONG)
        for action in self._actions:
            if action.nargs != argparse.OPTIONAL or not action.option_strings or action.choices is None:
                continue
            for k, one in enumerate(given):
                if one in action.option_strings and (
                    k + 1 == len(given) or given[k + 1] not in action.choices
                ):
                    given[k] = f"{one}={action.const}"
        if self._intermixing or actions(self):
            return super().parse_known_args(given, namespace)
        # Until Python 3.12, what parses options between inputs calls this method twice, and help printed on the way would lack the inputs.
        # It also loses "--", after which a name that begins with a dash would be taken for an option.
        if {"-h", "--help", "--"}.intersection(given):
            parsed, unknown = super().parse_known_args(given, namespace)
        else:
            self._intermixing = True
            try:
                parsed, unknown = self.parse_known_intermixed_args(given, namespace)
            finally:
                self._intermixing = False
        if unknown:  # told here, because the program's own parser would point to its own help
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        options.check_files(self, parsed)
        return parsed, unknown

    def format_help(self) -> str:
        from rich_argparse import RawDescriptionRichHelpFormatter

        class Formatter(RawDescriptionRichHelpFormatter):
            text_markup = False  # square brackets are text, not markup
            help_markup = False

        self.formatter_class = Formatter
        return super().format_help()


def _parser() -> _Parser:
    parser = _Parser(
        prog="mtdetect",
        description="Detects English text that was machine-translated or spun by synonym substitution.",
        epilog=_example("score"),
    )
    parser.add_argument("--version", action="version", version=f"mtdetect {mtdetect.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    _add_headings(parser, subparsers)
    for name, subparser in subparsers.choices.items():
        subparser.epilog = _example(name)
        for action, below in actions(subparser):
            below.epilog = _example(f"{name} {action}")
    return parser


def _add_headings(parser: _Parser, subparsers: argparse._SubParsersAction[_Parser]) -> None:
    """List the commands under the headings of :data:`GROUPS`; argparse itself knows only one list."""
    parser._positionals._group_actions.remove(subparsers)
    for place, (title, modules) in enumerate(GROUPS.items()):
        group = parser.add_argument_group(title)
        names = {module.__name__.rpartition(".")[2] for module in modules}
        group._group_actions.extend(one for one in subparsers._choices_actions if one.dest in names)
        parser._action_groups.remove(group)
        parser._action_groups.insert(place, group)


def actions(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    """Name and parser of each subcommand.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of the program or of a command.

    Returns
    -------
    list of (str, ArgumentParser)
        In the order in which they were added.
    """
    return [
        (name, below)
        for group in parser._actions
        if isinstance(group, argparse._SubParsersAction)
        for name, below in group.choices.items()
    ]


def _example(command: str) -> str:
    lines = EXAMPLES[command]
    return "\n  ".join(("examples:" if len(lines) > 1 else "example:", *lines))
