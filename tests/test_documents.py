"""README.md and docs/ show what is printed, and what they name is there. ``python tests/documents.py`` writes what is printed now."""

from __future__ import annotations

import gzip
import importlib.util
import json
import lzma
import re
import shutil
import sys

import pytest

import documents
from documents import PAGES, ROOT
from mtdetect.cli import _parser, actions, main
from mtdetect.features.retranslation import files

NAMES = [page.name for page in PAGES]
ALL = [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))]


def sections(page):
    """Parts of a page under headings of the second level."""
    return re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.engine
@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in (files.PACKAGE, "sentencepiece")),
    reason="needs the extra retranslate",
)
@pytest.mark.skipif(sys.platform == "win32", reason="the pages are written for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_page_shows_what_is_printed(page, shipped, tmp_path):
    for extra in ("uvicorn", "pyarrow", "fastapi", "django"):
        pytest.importorskip(extra)
    told = documents.difference(page, documents.refreshed(page, tmp_path))
    assert told == "", f"{told}\n\npython tests/documents.py writes what is printed now"


def test_wrong_output_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(6 * 7)\n```\n\n```text\n41\n```\n", encoding="utf-8")
    (tmp_path / "work").mkdir()
    told = documents.difference(page, documents.refreshed(page, tmp_path / "work"))
    assert "-41\n+42" in told


def test_failing_command_is_told_with_its_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```bash\nmtdetect score nothing.txt\n```\n", encoding="utf-8")
    (tmp_path / "work").mkdir()
    with pytest.raises(documents.PageError, match=r"page\.md: mtdetect score nothing\.txt"):
        documents.refreshed(page, tmp_path / "work")


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        (None, "a\nb\nc\nd\n"),
        ("output: lines 1-2", "a\nb\n…\n"),
        ("output: lines 2 4", "…\nb\n…\nd\n"),
    ],
)
def test_lines_that_are_left_out(mark, shown):
    assert documents.shortened("a\nb\nc\nd\n", mark) == shown


def test_long_json_is_cut_and_wrapped():
    long = json.dumps({"sha256": "0" * 64, "list": [{"a": 1}, {"a": 2}], "name": "x" * 40, "other": "y" * 40})
    assert documents.shortened(long, "output: json") == (
        '{"sha256": "000000000000…", "list": [{"a": 1}, …], "name": "' + "x" * 40 + '",\n'
        ' "other": "' + "y" * 40 + '"}\n'
    )


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_page_starts_with_a_command_and_its_output(page):
    if page.name in ("glossary.md", "stability.md"):
        return
    kinds = [kind for mark, kind, _ in documents.blocks(page) if not mark.startswith("not run: ")]
    assert kinds[0] in ("bash", "python")
    assert kinds[1] in ("text", "json")


def options_of(parser):
    """Options of a command, and of the actions below it."""
    own = {option for action in parser._actions for option in action.option_strings}
    return own.union(*(options_of(below) for _, below in actions(parser)))


@pytest.mark.parametrize("page", ALL, ids=[page.name for page in ALL])
def test_options_exist(page):
    """Of commands that are not run, too, and of those that a sentence names."""
    source = page.read_text(encoding="utf-8")
    lines = [line for _, kind, body in documents.blocks(page) if kind == "bash" for line in body.splitlines()]
    lines += re.findall(r"`((?:mtdetect|python3 benchmarks/|python3? tests/)[^`\n]+)`", source)
    commands = dict(actions(_parser()))
    for line in lines:
        for part in re.split(r"&&|;|\|", line):
            words = part.split()
            if words[:1] == ["mtdetect"] and words[1:] and not words[1].startswith("-"):
                assert words[1] in commands, line
                known = options_of(commands[words[1]])
            elif words and words[0].startswith("python") and words[1:] and words[1].endswith(".py"):
                known = set(re.findall(r'"(--[a-z-]+)"', (ROOT / words[1]).read_text(encoding="utf-8")))
            else:
                continue
            given = {word.strip("[]…") for word in words[2:] if word.strip("[").startswith("--")}
            assert given - known - {"--", "--max-"} == set(), line


@pytest.mark.parametrize("page", ALL, ids=[page.name for page in ALL])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings], (
                target
            )


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_figures_have_a_command_beside_them(page):
    for section in sections(page):
        outside = re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)
        if re.search(r"^\|.*\d (%|/ \d)", outside, re.MULTILINE):
            assert re.search(r"python3 benchmarks/|mtdetect (evaluate|train)", section), section[:80]


def test_readme_fits_on_three_screens():
    assert (ROOT / "README.md").stat().st_size <= 12_000


def test_sample_of_the_corpora_is_what_its_script_makes(tmp_path):
    spec = importlib.util.spec_from_file_location("make_data", ROOT / "examples" / "make_data.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_data"] = module
    spec.loader.exec_module(module)
    module.main(tmp_path)
    openers = {".gz": gzip.decompress, ".xz": lzma.decompress}

    def contents(folder):
        found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {
            str(path.relative_to(folder)): openers.get(path.suffix, bytes)(path.read_bytes())
            for path in found
        }

    assert contents(tmp_path) == contents(ROOT / "examples" / "data")
    assert sum(path.stat().st_size for path in (ROOT / "examples" / "data").rglob("*.*")) < 200_000


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("apertium") is None, reason="needs Apertium")
def test_a_model_is_trained_on_the_sample(tmp_path, capsys):
    data = ROOT / "examples" / "data"
    assert main(["train", str(data), "--output", str(tmp_path / "en")]) == 0
    held = data / "labelled" / "mt_dev.jsonl.gz"
    assert main(["evaluate", str(held), "--model", str(tmp_path / "en"), "--retranslate", "never"]) == 0
    assert "AUC" in capsys.readouterr().out
