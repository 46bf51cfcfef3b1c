"""``mtdetect originals``: keep a collection of originals, and find which of them a text copies."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mtdetect.cli import options
from mtdetect.cli.reading import Reading

if TYPE_CHECKING:
    from mtdetect.inputs import Record
    from mtdetect.originals import Originals

BATCH = 200_000
BATCH_TEXTS = 64
"""Most characters and texts that are searched for together; small, so that the first lines are printed soon."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "originals",
        help="find which text of a collection another text copies",
        description="Keep a collection of originals in one file, and find which of them a text copies.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")

    add = actions.add_parser("add", help="add originals; a known id gets the new text")
    _add_database(add, writes=True)
    _add_inputs(add)
    add.add_argument(
        "--store-text",
        action="store_true",
        help="also store the texts, compressed; matches are then compared word by word",
    )
    add.set_defaults(run=run_add)

    search = actions.add_parser("search", help="find the originals of texts")
    _add_database(search)
    _add_inputs(search)
    search.add_argument(
        "--top",
        type=options.count,
        default=5,
        metavar="K",
        help="largest number of matches per text (default: %(default)s)",
    )
    options.add_format(search, "table", "jsonl", default="jsonl")
    search.set_defaults(run=run_search)

    info = actions.add_parser("info", help="show the size of a collection")
    _add_database(info)
    options.add_format(info, "table", "json", "jsonl")
    info.set_defaults(run=run_info)

    remove = actions.add_parser("remove", help="remove originals by their ids")
    _add_database(remove, writes=True)
    remove.add_argument("ids", nargs="+", metavar="ID", help="id, as 'search' prints it")
    remove.set_defaults(run=run_remove)

    compact = actions.add_parser("compact", help="free the disk space of removed originals")
    _add_database(compact, writes=True)
    compact.set_defaults(run=run_compact)


def _add_database(parser: argparse.ArgumentParser, *, writes: bool = False) -> None:
    use = options.WRITES if writes else options.READS
    parser.add_argument("database", type=use, metavar="DB", help="file of the collection")


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        nargs="*",
        type=options.READS,
        metavar="INPUT",
        help=f"{options.RECORDS} (default)",
    )
    options.add(parser, "--text-field", "--id-field")


def _reading(args: argparse.Namespace) -> Reading:
    from mtdetect.inputs import STDIN

    return Reading(args.inputs or [STDIN], args)


def run_add(args: argparse.Namespace) -> int:
    """Add originals.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        2 if a record could not be read (the others are added), else 0.
    """
    reading = _reading(args)
    from mtdetect.cli.progress import Meter, report_skipped
    from mtdetect.originals import Originals

    start = time.perf_counter()
    with Originals(args.database, store_text=args.store_text) as originals, Meter("originals") as meter:

        def records() -> Iterator[tuple[Any, str | bytes]]:
            for number, record in enumerate(reading, start=1):
                if record.text is not None:
                    yield record.id, record.text
                meter.show(number, number)

        done = originals.add(records(), reading.unreadable.append)
        count = len(originals)
    took = time.perf_counter() - start
    counts = {"added": done.added, "updated": done.updated, "unchanged": done.unchanged}
    print(
        f"mtdetect: {', '.join(f'{n:,} {what}' for what, n in counts.items())} in {took:.1f} s; "
        f"{args.database} holds {count:,} original{'' if count == 1 else 's'}",
        file=sys.stderr,
    )
    return report_skipped("record", reading.unreadable)


def run_search(args: argparse.Namespace) -> int:
    """Find the originals of texts and print them.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0, also if a record has no readable text: the line printed for it gives the reason.
    """
    reading = _reading(args)
    from mtdetect.originals import Originals
    from mtdetect.rendering.verdicts import write_matches

    with Originals(args.database, create=False) as originals:
        found = _found(originals, reading, args.top)
        if args.format == "table":
            write_matches(found, sys.stdout)
        else:
            from mtdetect.serialization import to_json

            for one in found:
                sys.stdout.write(to_json(one).decode() + "\n")
    return 0


def _found(originals: Originals, records: Iterable[Record], top: int) -> Iterator[dict[str, Any]]:
    """One output line for each record."""
    for batch in _batches(records):
        matches = originals.search_many((one.text for one in batch if one.text is not None), top)
        for record in batch:
            found = [] if record.text is None else [match.to_dict() for match in next(matches)]
            line: dict[str, Any] = {"id": record.id, "matches": found}
            yield line if record.error is None else {**line, "reason": record.error}


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Group the records, because looking up many texts costs little more than looking up one."""
    batch: list[Record] = []
    held = 0
    for record in records:
        batch.append(record)
        held += len(record.text or "")
        if held >= BATCH or len(batch) >= BATCH_TEXTS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def run_info(args: argparse.Namespace) -> int:
    """Print the size of a collection.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0; what goes wrong is raised.
    """
    from dataclasses import asdict

    from mtdetect.originals import Originals

    with Originals(args.database, create=False) as originals:
        facts = asdict(originals.info())
    if args.format != "table":  # one object: the same as JSON and as JSON Lines, which was its only name
        from mtdetect.serialization import to_json

        print(to_json(facts).decode())
    else:
        width = max(map(len, facts))
        for name, value in facts.items():
            print(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value}")
    return 0


def run_remove(args: argparse.Namespace) -> int:
    """Remove originals.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0. If there is no original with an id that was given, nothing is removed, and that is an error.
    """
    from mtdetect.originals import Originals

    with Originals(args.database, create=False) as originals:
        count = originals.remove(_typed(originals, given) for given in args.ids)
    print(f"mtdetect: {count:,} removed", file=sys.stderr)
    return 0


def _typed(originals: Originals, given: str) -> Any:
    """Find the id that was typed: the string itself or, if there is none, the JSON value it spells, such as 7."""
    from mtdetect.serialization import from_json

    if given in originals:
        return given
    try:
        spelt = from_json(given)
    except ValueError:
        return given
    return spelt if spelt in originals else given


def run_compact(args: argparse.Namespace) -> int:
    """Free the disk space of removed originals.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0; what goes wrong is raised.
    """
    from mtdetect.originals import Originals

    with Originals(args.database, create=False) as originals:
        before = originals.info().bytes
        originals.compact()
        after = originals.info().bytes
    print(f"mtdetect: {before:,} bytes before, {after:,} after", file=sys.stderr)
    return 0
