"""``mtdetect degrade``: make training text, with what :mod:`mtdetect.degrade` holds."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from mtdetect.errors import InputError, UsageError

if TYPE_CHECKING:
    from mtdetect.degrade import Engine

_BATCH = 500
_LABELS = {"apertium": "machine_translated", "spin": "spun"}
_METHODS = {"machine_translated": "round_trip", "spun": "spin"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "degrade",
        help="damage English text by machine, to train and to test detectors",
        description="Damage English text by machine, to train and test detectors; never to publish.",
    )
    add = parser.add_argument
    add("file", nargs="?", default="-", metavar="FILE", help="text to damage; - is standard input (default)")
    add("--engine", required=True, choices=("spin", "apertium", "command"), help="what does the damage")
    add(
        "--family", default="thesaurus", metavar="F", help="spin: habit of the spinner (default: %(default)s)"
    )
    add(
        "--rate",
        type=float,
        default=0.3,
        metavar="R",
        help="spin: share of words replaced (default: %(default)s)",
    )
    add("--thesaurus", metavar="FILE", help="spin: word, tab, senses as a,b|c; may be gzipped")
    add("--chain", default="eng-spa,spa-eng", metavar="M,M", help="apertium: modes (default: %(default)s)")
    add("--command", metavar="ARGV", help="command: the program and its arguments, one text in, one text out")
    add(
        "--share", type=float, default=1.0, metavar="S", help="share of the paragraphs damaged (default: all)"
    )
    add(
        "--seed", type=int, default=0, metavar="N", help="another seed, another damage (default: %(default)s)"
    )
    add(
        "--format",
        choices=("text", "jsonl"),
        default="text",
        help="what comes in and goes out: one text, or JSON Lines (default: %(default)s)",
    )
    add("--label", choices=tuple(_METHODS), help="label of the records made; needed for command with jsonl")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Damage the input and print it.

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
        If the options make no sense, the input cannot be read or the engine fails.
    """
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
                    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{args.file}: is not UTF-8") from error
    return 0


def _engine(args: argparse.Namespace) -> Engine:
    """The engine that the options describe."""
    from mtdetect.degrade import Apertium, Command, Mixture, Spinner, Thesaurus

    engine: Engine
    if args.engine == "spin":
        if args.thesaurus is None:
            raise UsageError("--engine spin needs --thesaurus FILE")
        engine = Spinner(Thesaurus.load(args.thesaurus), family=args.family, rate=args.rate)
    elif args.engine == "apertium":
        engine = Apertium([mode.strip() for mode in args.chain.split(",")])
    else:
        if not args.command:
            raise UsageError('--engine command needs --command "PROGRAM ARGUMENTS"')
        try:
            engine = Command(shlex.split(args.command))
        except ValueError as error:
            raise UsageError(f"--command: {error}") from error
    return engine if args.share == 1.0 else Mixture(engine, args.share)


def _open(name: str) -> Any:
    """The input as text, its line ends untouched."""
    if name == "-":
        return nullcontext(sys.stdin)
    try:
        return open(name, encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from error


def _records(file: IO[str], name: str) -> Iterator[dict[str, Any]]:
    """Records of a JSON Lines file."""
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise InputError(f"{name}: line {number} is not JSON ({error})") from error
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise InputError(f"{name}: line {number} is not an object with a string 'text'")
            yield record


def _degraded(
    records: Iterable[dict[str, Any]], engine: Engine, seed: int, label: str
) -> Iterator[dict[str, Any]]:
    """Records with their texts damaged; a text keeps its group, so that its versions stay together."""
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
