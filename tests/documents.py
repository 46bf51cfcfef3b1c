"""README.md and docs/: their commands and Python run, and show what is printed.

    python tests/documents.py [PAGE.md]...

writes what the commands print today into the pages, and draws the picture of the README anew; ``tests/test_documents.py`` says where a
page differs. Needs the extra ``test`` (the pages show verdicts with the translation engine). In a page:

- a ``bash`` block runs, line by line, in a folder of the page's own that has ``examples`` and ``benchmarks``; a command that ends
  in ``&`` is a service, which stays until the page ends;
- a ``python`` block runs, after the blocks before it;
- a ``text`` or ``json`` block right below is what they print. ``<!-- output: lines 1-8 12-14 -->`` above it shows these lines alone,
  ``<!-- output: json -->`` shortens long values;
- ``<!-- not run: REASON -->`` above a block says why it does not run. Its options are checked all the same;
- ``<!-- table: NAME -->`` above a table has it made of the tables in the model cards.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

LEFT_OUT = "…"
WIDTH = 110
"""Columns of shortened JSON."""

BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<kind>\w+)[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
TABLE = re.compile(r"^<!-- table: (?P<name>\w+) -->\n(?P<body>(?:^\|[^\n]*\n)*)", re.MULTILINE)

INSTALLING = re.compile(r"^((python3 -m venv|\. |pip install)[^&]*&& )*")
"""What comes before a command and installs it; ``.ci/run`` does that."""

MASKS = (
    (re.compile(r"\b\d[\d,.]* s(?!\w)"), "… s"),
    (re.compile(r"\b\d[\d,.]* [kM]B/s(?!\w)"), "… MB/s"),
    (re.compile(r"(modr-|req_)[0-9a-f]+"), r"\1…"),
    (re.compile(r"\d+ files \(\d+ MB\)"), "… files (… MB)"),
)
"""What differs from run to run, or with how it is installed: times, speeds, names that are drawn by chance, files."""


class PageError(Exception):
    """A command of a page that did not work."""


class Runner:
    """Runs what stands in one page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, Any] = {"__name__": "page"}
        self._services: list[subprocess.Popen[bytes]] = []
        self._port = ""
        for name in ("examples", "benchmarks", "tests"):
            (folder / name).symlink_to(ROOT / name, target_is_directory=True)

    def close(self) -> None:
        """End the services."""
        for process in self._services:
            process.terminate()
            process.wait(60)

    def run(self, kind: str, body: str) -> str:
        """Output of a block, as a terminal would show it."""
        if kind == "python":
            return self._python(body)
        lines = [
            line
            for line in body.replace("\\\n", " ").splitlines()
            if line.strip() and not line.startswith("#")
        ]
        return "".join(self._command(INSTALLING.sub("", line)) for line in lines)

    def _python(self, body: str) -> str:
        with self._captured() as told:
            exec(compile(body, "page", "exec"), self._names)
        return text(told)

    @contextlib.contextmanager
    def _captured(self) -> Iterator[io.TextIOWrapper]:
        told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        here = Path.cwd()
        os.chdir(self._folder)
        try:
            with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                yield told
        finally:
            os.chdir(here)

    def _command(self, line: str) -> str:
        words = shlex.split(line, comments=True)
        if words[-1] == "&":
            return self._serve(words[1:-1])
        if words[0] == "curl":
            return self._curl(words[1:])
        if words[0] == "mtdetect" and not {"|", "&&", ";", "2>"} & set(words):
            return self._mtdetect(words[1:])
        done = subprocess.run(
            ["bash", "-c", line], cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
        )  # fmt: skip
        if done.returncode not in (0, 1):
            raise PageError(f"{line}\n{done.stdout}")
        return done.stdout

    def _mtdetect(self, words: list[str]) -> str:
        from mtdetect.cli import main

        target = None
        if ">" in words:
            at = words.index(">")
            words, target = words[:at], self._folder / words[at + 1]
        with self._captured() as told:
            try:
                status = main(words)
            except SystemExit as ended:
                status = int(ended.code or 0)
        if status not in (0, 1):
            raise PageError(f"mtdetect {shlex.join(words)}\n{text(told)}")
        if target is None:
            return text(told)
        target.write_text(text(told), encoding="utf-8")
        return ""

    def _serve(self, words: list[str]) -> str:
        call = [
            sys.executable,
            "-c",
            "import sys; from mtdetect.cli import main; sys.exit(main())",
            *words,
            "--port",
            "0",
        ]
        log = self._folder / "service.log"
        with log.open("wb") as file:
            process = subprocess.Popen(call, cwd=self._folder, stderr=file)
        self._services.append(process)
        for _ in range(1200):
            first = log.read_text(encoding="utf-8").partition("\n")
            if first[1]:
                break
            if process.poll() is not None:
                raise PageError(log.read_text(encoding="utf-8"))
            time.sleep(0.05)
        found = re.search(r"127\.0\.0\.1:(\d+)", first[0])
        if found is None:
            raise PageError(first[0])
        self._port = found[1]
        return self._own_port(first[0]) + "\n"

    def _own_port(self, told: str) -> str:
        return told.replace(f":{self._port}", ":8000")

    def _curl(self, words: list[str]) -> str:
        parser = argparse.ArgumentParser()
        parser.add_argument("url")
        parser.add_argument("-s", action="store_true")
        parser.add_argument("-d")
        parser.add_argument("-H", action="append", default=[])
        asked = parser.parse_args(words)
        body = asked.d
        if body is not None and body.startswith("@"):
            body = (self._folder / body[1:]).read_text(encoding="utf-8")
        request = urllib.request.Request(
            "http://" + asked.url.replace("localhost:8000", f"127.0.0.1:{self._port}"),
            None if body is None else body.encode(),
            dict(header.split(": ", 1) for header in asked.H),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                told = response.read()
        except urllib.error.HTTPError as error:
            told = error.read()
        return self._own_port(told.decode()).rstrip("\n") + "\n"


def text(told: io.TextIOWrapper) -> str:
    """What was written to a stream."""
    return told.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


def shortened(output: str, mark: str | None) -> str:
    """The part of an output that a page shows."""
    for pattern, instead in MASKS:
        output = pattern.sub(instead, output)
    lines = [line.rstrip() for line in output.splitlines()]
    how = (mark or "").removeprefix("output: ") if (mark or "").startswith("output: ") else ""
    if how.startswith("lines "):
        kept: list[str] = []
        last = 0
        for span in how.removeprefix("lines ").split():
            first, _, end = span.partition("-")
            if int(first) > last + 1:
                kept.append(LEFT_OUT)
            last = int(end or first)
            kept += lines[int(first) - 1 : last]
        lines = [*kept, LEFT_OUT] if last < len(lines) else kept
    elif how == "json":
        lines = [row for line in lines if line for row in _laid_out(json.loads(line))]
    return "".join(f"{line}\n" for line in lines)


def _laid_out(value: Any, indent: str = "") -> list[str]:
    """A JSON value on a few lines of at most ``WIDTH`` columns where that can be, long values cut."""
    brief = _brief(value)
    if len(indent) + len(brief) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return [indent + brief]
    inner = indent + " "
    if isinstance(value, list):
        parts = [_laid_out(item, inner) for item in _first(value)]
        if len(value) > len(parts):
            parts.append([inner + LEFT_OUT])
        opening, closing = "[", "]"
    else:
        parts = []
        for key, item in value.items():
            name = f"{json.dumps(key)}: "
            rows = _laid_out(
                item, inner + " " * (len(name) if len(_brief(item)) + len(inner + name) > WIDTH else 0)
            )
            parts.append([inner + name + rows[0].strip(), *rows[1:]])
        opening, closing = "{", "}"
    lines = [""]
    for number, rows in enumerate(parts):
        end = "," if number < len(parts) - 1 else closing
        rows = [*rows[:-1], rows[-1] + end]
        if len(rows) == 1 and lines[-1] and len(lines[-1]) + len(rows[0].strip()) < WIDTH:
            lines[-1] += " " + rows[0].strip()
        else:
            lines += rows
    lines = lines[1:]
    lines[0] = indent + opening + lines[0].strip()
    return lines


def _first(value: list[Any]) -> list[Any]:
    """The items of a list that are shown: one of objects, eight of others."""
    return value[: 1 if value and isinstance(value[0], (dict, list)) else 8]


def _brief(value: Any) -> str:
    """A JSON value on one line, long values cut."""
    if isinstance(value, list):
        shown = [_brief(item) for item in _first(value)]
        return "[" + ", ".join([*shown, *([LEFT_OUT] if len(value) > len(shown) else [])]) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {_brief(v)}" for k, v in value.items()) + "}"
    if isinstance(value, str) and len(value) > 48:
        value = value[:12] + LEFT_OUT
    return json.dumps(value, ensure_ascii=False)


def refreshed(page: Path, folder: Path) -> str:
    """Text of a page with what its commands print now."""
    source = page.read_text(encoding="utf-8")
    source = TABLE.sub(lambda found: f"<!-- table: {found['name']} -->\n{TABLES[found['name']]()}", source)
    runner = Runner(folder)
    result, at, printed = "", 0, None
    try:
        for found in BLOCK.finditer(source):
            kind, body, mark = found["kind"], found["body"], found["mark"]
            between = source[at : found.start()]
            at_output = kind in ("text", "json") and printed is not None and not between.strip()
            result += between
            if at_output:
                body = shortened(printed, mark)
            opening = source[found.start() : found.start("body")]
            result += f"{opening}{body}```"
            printed = None
            if kind in ("bash", "python") and not (mark or "").startswith("not run: "):
                try:
                    printed = runner.run(kind, body)
                except Exception as error:
                    raise PageError(f"{page.name}: {body}{error!r}") from error
            at = found.end()
    finally:
        runner.close()
    return result + source[at:]


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Mark, kind and body of each block of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [(block["mark"] or "", block["kind"], block["body"]) for block in found]


def difference(page: Path, now: str) -> str:
    """Where a page differs from what its commands print; empty if nowhere."""
    before = page.read_text(encoding="utf-8")
    return "\n".join(
        difflib.unified_diff(
            before.splitlines(), now.splitlines(), page.name, "printed now", lineterm="", n=1
        )
    )


CARDS = {
    "en": ROOT / "trained" / "en" / "CARD.md",
    "retranslation": ROOT / "trained" / "retranslation" / "CARD.md",
}

KINDS = {
    "essays_round_trip_dev": "student essays, round trips by Google",
    "science_spun_round_trip_dev": "science: by SpinBot, or translated",
    "web_spun_dev": "pages by ten web spinners",
    "reviews_adversarial_substitution_dev": "reviews, a few words replaced",
    "persona_chat_mt_dev": "chats, translated",
    "exams_round_trip_dev": "exam passages, round trips",
    "reddit_round_trip_dev": "forum posts, round trips",
    "mt_dev": "news, translated by neural engines",
    "wiki_round_trip_dev": "encyclopaedia, round trips",
    "patients_round_trip_dev": "patients’ questions, round trips",
}
"""Development sets in words, for the table of the README."""


def card_table(card: str, after: str) -> list[list[str]]:
    """Cells of the first table of a model card that stands after some words, with its header."""
    source = CARDS[card].read_text(encoding="utf-8").partition(after)[2]
    found = re.search(r"(?:^\|[^\n]*\n)+", source, re.MULTILINE)
    if found is None:
        raise PageError(f"{CARDS[card]}: no table after {after!r}")
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in found[0].splitlines()
    ]
    return [rows[0], *rows[2:]]


def found_table() -> str:
    """What is found at the default budget, and who is flagged."""
    header, *rows = card_table("en", "Each table is printed by")
    found, flagged = header.index("found at the default budget"), header.index("people flagged")
    alone = {row[0]: (row[found], row[flagged]) for row in rows}
    header, *rows = card_table("retranslation", "## Figures")
    before = header.index("found without")
    engine: dict[str, list[str]] = {name: [] for name in KINDS}
    for row in rows:
        name, _, part = row[0].replace("`", "").partition(", ")
        if name in engine:
            engine[name].append(f"{part} {row[before + 1]} ({row[before]})".strip())
    lines = [
        "| kind of text, and set | found | people flagged | found with the engine (without), of a sample of 150 |",
        "|---|---:|---:|---:|",
    ]
    for name, kind in KINDS.items():
        one, wrong = alone[name]
        lines.append(f"| {kind}: `{name}` | {one} | {wrong} | {'; '.join(engine[name])} |")
    return "".join(f"{line}\n" for line in lines)


def lengths_table() -> str:
    """What is found of long and short texts."""
    bands = ["40–80", "80–150", "150–300", "300–600", "600+"]
    lines = [f"| words | {' | '.join(bands)} |", "|---|" + "---:|" * len(bands)]
    for name in ("essays_round_trip_dev", "science_spun_round_trip_dev", "mt_dev"):
        header, *rows = card_table("en", f"`{name}` by group:")
        found = header.index("found at the default budget")
        of_band = {
            row[0].removeprefix("length "): row[found]
            for row in rows
            if int(row[2].replace("–", "0")) >= LEAST
        }
        lines.append(f"| `{name}` | {' | '.join(of_band.get(band, '') for band in bands)} |")
    return "".join(f"{line}\n" for line in lines)


LEAST = 10
"""Texts by machines; of fewer no share is shown."""

TABLES = {"found": found_table, "lengths": lengths_table}


def main() -> int:
    """Write what the commands print today into the pages; exit status 1 if one could not be run, and stays as it was."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES)
    failed = False
    for page in parser.parse_args().pages:
        started = time.perf_counter()
        try:
            with tempfile.TemporaryDirectory() as folder:
                now = refreshed(page.resolve(), Path(folder))
        except PageError as error:
            failed = True
            print(f"{error}\n{error.__cause__}", flush=True)
            continue
        told = difference(page, now)
        page.write_text(now, encoding="utf-8")
        print(told or f"{page.name}: as it was", f"({time.perf_counter() - started:.1f} s)", flush=True)
    subprocess.run([sys.executable, ROOT / "examples" / "picture.py"], check=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
