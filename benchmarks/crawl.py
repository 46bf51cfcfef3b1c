#!/usr/bin/env python3
"""Trust on your own crawl: which pages are flagged, and how often a reader agrees.

    python3 benchmarks/crawl.py sample INPUT... --output FOLDER [--flagged 30] [--unflagged 30] [--seed 0] [--fpr P] [--jobs N]
    python3 benchmarks/crawl.py precision FOLDER JUDGEMENTS.json

``sample`` screens a crawl (WARC, WET, JSON Lines and all else that ``mtdetect screen`` reads) and prints flagged pages by host and kind. It
draws flagged and unflagged pages at random, each page with the same chance, and writes ``FOLDER/sheet.html``: the pages in mixed order, one at a
time, without what mtdetect says of them unless the reader asks. The keys y, n and ? say whether a machine degraded the page; "Save" downloads the
answers. The verdicts stay in ``FOLDER/verdicts``, so that another seed, or a run that was cut off, does not screen the crawl again.

``precision`` prints the share of flagged pages that the reader calls degraded, and that of unflagged pages, with exact (Clopper-Pearson)
intervals of 95 %. Pages with "?" count neither way; a second line counts them against mtdetect. The intervals are those of a random sample of
pages: if one host has most of the flagged pages, they say little of the others.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup

import mtdetect
from mtdetect import inputs, screening
from mtdetect.cli import WRONG
from mtdetect.cli.options import count
from mtdetect.errors import InputError, MtdetectError
from mtdetect.inputs import RawRecord
from mtdetect.rendering import html
from mtdetect.screening import Options, judging, plan
from mtdetect.screening.run import sources_of
from mtdetect.text import decode
from mtdetect.verdict import DEGRADED

HERE = Path(__file__).resolve().parent

SHOWN = 12_000
"""Characters of a page that the sheet shows, at most: six minutes of reading."""

HOSTS = 20
EVIDENCE = 12
"""Hosts and pieces of evidence that are listed, at most."""

KINDS = sorted(DEGRADED)

ANSWERS = {"y": "degraded", "n": "not degraded", "?": "cannot say"}


class Page(NamedTuple):
    """A page of the sample."""

    number: int
    flagged: bool
    id: Any
    host: str
    label: str
    score: float
    p_value: float | None


class Reservoir:
    """A random sample of a stream of unknown length, in which each item has the same chance."""

    def __init__(self, size: int, seed: str) -> None:
        self.size = size
        self.seen = 0
        self.items: list[tuple[RawRecord, dict[str, Any]]] = []
        self._chance = random.Random(seed)

    def offer(self, raw: RawRecord, row: dict[str, Any]) -> None:
        self.seen += 1
        if len(self.items) < self.size:
            self.items.append((raw, row))
        elif (place := self._chance.randrange(self.seen)) < self.size:
            self.items[place] = (raw, row)


def rows_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of all shards, in the order of the records."""
    for shard in sorted(folder.glob("part-*")):
        with gzip.open(shard, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def is_judged(row: dict[str, Any]) -> bool:
    """Whether mtdetect could say something of a page: not if it is no English prose, or too short."""
    return row["label"] != "unsupported" and row["reason"] not in ("short", "fragments")


def sample(given: argparse.Namespace) -> None:
    options = Options(
        given.fpr,
        text_field=given.text_field,
        id_field=given.id_field,
        input_format=given.input_format,
        packing=".gz",
    )
    folder = Path(given.output)
    folder.mkdir(parents=True, exist_ok=True)
    tally = screening.screen(
        given.inputs, f"{folder / 'verdicts'}/", options=options, jobs=given.jobs, resume=True
    )
    flagged, unflagged = (
        Reservoir(given.flagged, f"{given.seed} f"),
        Reservoir(given.unflagged, f"{given.seed} u"),
    )
    hosts: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    batches = plan.batches(plan.groups(sources_of(given.inputs, options), options), options)
    raws = (raw for batch in batches for raw in batch.records)
    for raw, row in zip(raws, rows_of(folder / "verdicts"), strict=True):
        if row["label"] in DEGRADED:
            host = judging.site(raw, inputs.parse(raw, given.text_field, given.id_field))
            hosts[host] += 1
            kinds[host, row["label"]] += 1
            flagged.offer(raw, row)
        elif is_judged(row):
            unflagged.offer(raw, row)
    drawn = [*flagged.items, *unflagged.items]
    random.Random(f"{given.seed} order").shuffle(drawn)
    pages, views = [], []
    detector = mtdetect.load()
    for number, (raw, row) in enumerate(drawn, start=1):
        record = inputs.parse(raw, given.text_field, given.id_field)
        text = record.text if isinstance(record.text, str) else decode(record.text or b"")
        host = judging.site(raw, record)
        page = Page(
            number, row["label"] in DEGRADED, row["id"], host, row["label"], row["score"], row["p_value"]
        )
        pages.append(page)
        address = str(record.url or row["id"])
        evidence = detector.score(text, fpr=given.fpr).evidence
        views.append(
            {
                **page._asdict(),
                "address": address if address.startswith(("http://", "https://")) else None,
                "text": text[:SHOWN],
                "cut": len(text) - SHOWN,
                "evidence": [
                    (one.text, one.suggestion)
                    for one in sorted(evidence, key=lambda one: -one.weight)[:EVIDENCE]
                ],
            }
        )
    facts = {
        "records": tally.records,
        "flagged": flagged.seen,
        "unflagged": unflagged.seen,
        "fpr": given.fpr,
        "seed": given.seed,
        "pages": [page._asdict() for page in pages],
    }
    facts["sample"] = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    (folder / "sample.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (folder / "sheet.html").write_text(sheet(str(facts["sample"]), views), encoding="utf-8", errors="replace")
    print(f"{tally.records:,} records, {flagged.seen:,} flagged, {unflagged.seen:,} judged and not flagged\n")
    print("| host | flagged | " + " | ".join(KINDS) + " |\n|---|" + "---:|" * (1 + len(KINDS)))
    for host, flags in sorted(hosts.items(), key=lambda one: (-one[1], one[0]))[:HOSTS]:
        print(f"| {host} | {flags:,} | " + " | ".join(f"{kinds[host, kind]:,}" for kind in KINDS) + " |")
    if len(hosts) > HOSTS:
        print(f"\nand {len(hosts) - HOSTS:,} more hosts")
    print(f"\nRead {folder / 'sheet.html'} ({len(pages)} pages).")
    print(f"Then: python3 benchmarks/crawl.py precision {folder} judgements.json")


def sheet(sample: str, pages: list[dict[str, Any]]) -> str:
    """The sheet for reading, as an HTML document."""
    script = (HERE / "crawl.js").read_text(encoding="utf-8")
    shared = html._environment()
    environment = shared.overlay(loader=ChoiceLoader([FileSystemLoader(HERE), shared.loader]))
    return environment.get_template("crawl.html").render(
        sample=sample,
        pages=pages,
        answers=ANSWERS,
        script=Markup(script),
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def judgements(path: str, facts: dict[str, Any]) -> dict[int, str]:
    """Answers by number of the page, after a check that they belong to this sample."""
    try:
        given = json.loads(Path(path).read_bytes())
        answers = {int(number): str(answer) for number, answer in given["judgements"].items()}
        same = given["sample"] == facts["sample"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: is no file of judgements ({error}); save one from sheet.html") from error
    if not same:
        raise InputError(f"{path}: belongs to another sample; read the sheet.html beside sample.json")
    numbers = {page["number"] for page in facts["pages"]}
    for number, answer in answers.items():
        if number not in numbers or answer not in ANSWERS:
            raise InputError(
                f"{path}: page {number}: {answer!r} is no answer; there are {', '.join(ANSWERS)}"
            )
    return answers


def interval(hits: int, of: int) -> tuple[float, float]:
    """Exact confidence interval of a share, 95 %."""
    from scipy.stats import binomtest

    found = binomtest(hits, of).proportion_ci(0.95, method="exact")
    return float(found.low), float(found.high)


def line(name: str, hits: int, of: int) -> str:
    if not of:
        return f"| {name} | 0 | | |"
    low, high = interval(hits, of)
    return f"| {name} | {of} | {hits / of:.0%} | {low:.0%} to {high:.0%} |"


def precision(given: argparse.Namespace) -> None:
    try:
        facts = json.loads((Path(given.folder) / "sample.json").read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{given.folder}: holds no sample ({error}); make one with 'crawl.py sample'"
        ) from error
    answers = judgements(given.judgements, facts)
    said = {
        kind: Counter(answers.get(page["number"], "") for page in facts["pages"] if page["flagged"] is kind)
        for kind in (True, False)
    }
    print("| | pages | degraded | 95 % interval |\n|---|---:|---:|---|")
    for kind, name, against in ((True, "flagged", "n"), (False, "not flagged", "y")):
        counts = said[kind]
        sure, unsure = counts["y"] + counts["n"], counts["?"]
        print(line(name, counts["y"], sure))
        if unsure:
            hits = counts["y"] + (unsure if against == "y" else 0)
            print(line(f"{name}, ? taken as {against}", hits, sure + unsure))
    missing = said[True][""] + said[False][""]
    if missing:
        print(f"\n{missing} of {len(facts['pages'])} pages have no answer yet.")
    hosts = Counter(page["host"] for page in facts["pages"] if page["flagged"])
    if hosts:
        host, most = hosts.most_common(1)[0]
        print(
            f"\nThe flagged pages of the sample come from {len(hosts)} hosts, {most} of {hosts.total()} from {host}."
        )


def main(args: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    first = commands.add_parser("sample", help="screen a crawl and draw pages to read")
    first.add_argument("inputs", nargs="+", metavar="INPUT")
    first.add_argument("--output", required=True, metavar="FOLDER")
    first.add_argument("--flagged", type=count, default=30, metavar="N")
    first.add_argument("--unflagged", type=count, default=30, metavar="N")
    first.add_argument("--seed", type=int, default=0)
    first.add_argument("--fpr", type=float, default=Options().fpr)
    first.add_argument("--jobs", type=count, default=1)
    first.add_argument("--text-field", default=Options().text_field)
    first.add_argument("--id-field", default=Options().id_field)
    first.add_argument("--input-format", choices=inputs.FORMATS)
    first.set_defaults(run=sample)
    second = commands.add_parser("precision", help="what the judgements of a reader say")
    second.add_argument("folder", metavar="FOLDER")
    second.add_argument("judgements", metavar="JUDGEMENTS.json")
    second.set_defaults(run=precision)
    given = parser.parse_args(args)
    try:
        given.run(given)
    except (MtdetectError, OSError) as error:
        print("crawl.py:", error, file=sys.stderr)
        sys.exit(WRONG)


if __name__ == "__main__":
    main()
