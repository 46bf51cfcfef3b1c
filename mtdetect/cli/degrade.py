"""``mtdetect degrade``: make degraded text for training and tests, with :mod:`mtdetect.degrade`."""

from __future__ import annotations

import argparse
import io
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from mtdetect.cli import options
from mtdetect.errors import InputError, UsageError

if TYPE_CHECKING:
    from mtdetect.degrade import Engine

OWN: dict[str, dict[str, Any]] = {
    "spin": {"family": None, "rate": 0.3, "thesaurus": None},
    "apertium": {"chain": "eng-spa,spa-eng"},
    "neural": {"passes": 1, "engine_folder": None},
    "command": {"command": None},
}
"""Options that only one engine has, by their names in the parsed arguments, with their defaults."""

_BATCH = 500
_LABELS = {"apertium": "machine_translated", "neural": "machine_translated", "spin": "spun"}
_METHODS = {"machine_translated": "round_trip", "spun": "spin"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "degrade",
        help="degrade English text by machine, to train and test detectors",
        description="Degrade English text by machine, to train and test detectors; never to publish.",
    )
    add = parser.add_argument
    add(
        "file",
        nargs="?",
        type=options.READS,
        default="-",
        metavar="FILE",
        help="text to degrade; - is standard input (default)",
    )
    add(
        "--engine",
        required=True,
        choices=tuple(OWN),
        help="what degrades the text",
    )
    add(
        "--family",
        metavar="F",
        help="spin: kind of spinner; web-a to web-h, web-j and web-k are those of the web "
        "(default: web-a, and thesaurus with --thesaurus)",
    )
    add(
        "--rate",
        type=float,
        metavar="R",
        help=f"spin: share of words replaced, above 0 and up to 1 (default: {OWN['spin']['rate']})",
    )
    add(
        "--thesaurus",
        type=options.READS,
        metavar="FILE",
        help="spin: lines of a word, a tab and its senses as a,b|c; may be gzipped",
    )
    add(
        "--chain",
        metavar="M,M",
        help=f"apertium: modes, in order (default: {OWN['apertium']['chain']})",
    )
    add(
        "--passes",
        type=int,
        metavar="N",
        help=f"neural: round trips through Portuguese, one after another (default: {OWN['neural']['passes']})",
    )
    options.add(parser, "--engine-folder")
    add("--command", metavar="ARGV", help="command: program and arguments; reads one text, writes one text")
    add(
        "--share",
        type=float,
        default=1.0,
        metavar="S",
        help="share of paragraphs degraded, above 0 and up to 1 (default: 1)",
    )
    add("--seed", type=int, default=0, metavar="N", help="random seed (default: %(default)s)")
    add(
        "--format",
        choices=("text", "jsonl"),
        default="text",
        help="input and output format: one text, or JSON Lines (default: %(default)s)",
    )
    add(
        "--label",
        choices=tuple(_METHODS),
        help="label of the records written; needed with --engine command and --format jsonl",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Degrade the input and print it.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0; what goes wrong is raised.
    """
    from mtdetect.serialization import to_json

    for owner, defaults in OWN.items():
        for name, default in defaults.items():
            if getattr(args, name) is None:
                setattr(args, name, default)
            elif owner != args.engine:
                raise UsageError(f"--{name.replace('_', '-')} goes with --engine {owner}")
    label = args.label or _LABELS.get(args.engine)
    if args.format == "jsonl" and label is None:
        raise UsageError("--engine command with --format jsonl needs --label")
    engine = _engine(args)
    try:
        with _open(args.file) as file:
            if args.format == "text":
                sys.stdout.write(engine.degrade([file.read()], args.seed)[0])
            else:
                for record in _degraded(_records(file, args.file), engine, args.seed, str(label)):
                    sys.stdout.write(to_json(record).decode("utf-8") + "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{args.file}: is not UTF-8") from error
    return 0


def _engine(args: argparse.Namespace) -> Engine:
    """Make the engine that the options describe."""
    from mtdetect.degrade import (
        FAMILIES,
        WEB_FAMILIES,
        Apertium,
        Command,
        Mixture,
        Neural,
        Spinner,
        Thesaurus,
        WebSpinner,
    )

    engine: Engine
    if args.engine == "spin":
        family = args.family or ("web-a" if args.thesaurus is None else "thesaurus")
        if family not in (*FAMILIES, *WEB_FAMILIES):
            known = ", ".join((*FAMILIES, *WEB_FAMILIES))
            raise UsageError(f"--family {family}: no such family; choose one of {known}")
        thesaurus = None if args.thesaurus is None else Thesaurus.load(args.thesaurus)
        if family in WEB_FAMILIES:
            engine = WebSpinner(family, args.rate, thesaurus)
        elif thesaurus is None:
            raise UsageError(
                f"--engine spin --family {family} needs --thesaurus FILE; {', '.join(WEB_FAMILIES)} do not"
            )
        else:
            engine = Spinner(thesaurus, family=family, rate=args.rate)
    elif args.engine == "apertium":
        engine = Apertium([mode.strip() for mode in args.chain.split(",")])
    elif args.engine == "neural":
        engine = Neural(args.passes, folder=args.engine_folder)
    else:
        if not args.command:
            raise UsageError('--engine command needs --command "PROGRAM ARGUMENTS"')
        try:
            engine = Command(shlex.split(args.command))
        except ValueError as error:
            raise UsageError(f"--command: {error}") from error
    return engine if args.share == 1.0 else Mixture(engine, args.share)


def _open(name: str) -> Any:
    """Open the input as text, with its line ends unchanged."""
    if name == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):  # a caller in Python may have replaced it
            sys.stdin.reconfigure(encoding="utf-8-sig", newline="")
        return nullcontext(sys.stdin)
    try:
        return open(name, encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from error


def _records(file: IO[str], name: str) -> Iterator[dict[str, Any]]:
    """Read the records of a JSON Lines file."""
    from mtdetect.serialization import from_json

    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                record = from_json(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{name}: line {number} is not JSON ({error})") from error
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise InputError(f"{name}: line {number} is not an object with a string 'text'")
            yield record


def _degraded(
    records: Iterable[dict[str, Any]], engine: Engine, seed: int, label: str
) -> Iterator[dict[str, Any]]:
    """Records with their texts degraded. Each keeps its group, so that all versions of a text stay together."""
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        texts = engine.degrade([record["text"] for record in batch], seed)
        for record, text in zip(batch, texts, strict=True):
            group = record.get("group", record.get("id"))
            made = {
                "text": text,
                "label": label,
                "origin": "machine",
                "method": _METHODS[label],
                "tool": engine.name,
            }
            yield {**record, **({} if group is None else {"group": group}), **made}
