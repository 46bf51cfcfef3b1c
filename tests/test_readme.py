"""What the README shows is what is printed: with the translation engine, which its first command installs."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from mtdetect.cli import main
from mtdetect.features.retranslation import files

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in (files.PACKAGE, "sentencepiece")),
        reason="needs the extra retranslate",
    ),
]

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LEFT_OUT = "…"


@pytest.fixture(autouse=True)
def at_home(shipped, monkeypatch):
    monkeypatch.chdir(ROOT)


def shown(kind, mark):
    """Lines of the README's block that holds a mark, but for those that are left out."""
    (block,) = (one for one in re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL) if mark in one)
    return [line for line in block.splitlines() if line != LEFT_OUT]


def printed(capsys, *arguments):
    main([*arguments])
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_table(capsys):
    assert printed(capsys, "score", "examples/spun.txt", "examples/person.txt") == shown(
        "text", "quality   words"
    )


@pytest.mark.parametrize(
    ("mark", "arguments"),
    [
        ("in widths", ("score", "examples/spun.txt", "--explain", "--phrases", "examples/fingerprints.tsv")),
        ("aligned: 8", ("compare", "examples/spun.txt", "examples/person.txt")),
    ],
)
def test_parts_of_longer_outputs(mark, arguments, capsys):
    lines = printed(capsys, *arguments)
    assert [line for line in shown("text", mark) if line not in lines] == []


def test_search(capsys, tmp_path):
    database = str(tmp_path / "originals.db")
    main(["originals", "add", "--store-text", database, "examples/person.txt", "examples/spun.txt"])
    lines = printed(capsys, "originals", "search", database, "examples/page.jsonl", "--top", "1")
    assert lines == shown("json", '"page-7","matches"')


def test_verdict(capsys):
    (line,) = printed(capsys, "score", "examples/spun.txt", "--format", "json")
    told, example = (
        re.sub(r"\s", "", one) for one in (line, "".join(shown("json", '"id": "examples/spun.txt"')))
    )
    assert [part for part in example.split(LEFT_OUT) if part not in told] == []
