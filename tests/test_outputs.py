"""No command overwrites a file that it reads, and no two of its outputs are one file."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtdetect.cli import _parser, actions, main
from mtdetect.cli.evaluate import FIGURES
from mtdetect.cli.options import Named
from mtdetect.errors import UsageError
from mtdetect.inputs import atomic, formats
from mtdetect.screening import screen

OTHERWISE = {
    "ids",
    "--text-field",
    "--id-field",
    "--source",
    "--host",
    "--allow-host",
    "--family",
    "--chain",
    "--command",
}
"""Arguments whose text names no file."""


def leaves():
    """Name and parser of each command, or of its subcommands."""
    for name, parser in actions(_parser()):
        below = actions(parser)
        yield from ((f"{name} {action}", one) for action, one in below) if below else ((name, parser),)


def named(parser, *roles):
    return [one for one in parser._actions if isinstance(one.type, Named) and one.type.role in roles]


def label(action):
    return action.option_strings[0] if action.option_strings else action.dest


PAIRS = [
    (command, label(output), label(other))
    for command, parser in leaves()
    for output in named(parser, "writes")
    for other in named(parser, "reads", "writes")
    if other is not output
]


@pytest.mark.parametrize(("command", "parser"), list(leaves()))
def test_every_argument_says_whether_it_names_a_file(command, parser):
    """One that does has a type of ``options``, which is what the check goes by."""
    unsaid = {
        label(one)
        for one in parser._actions
        if one.nargs != 0
        and one.choices is None
        and one.type in (None, str, Path)
        and one.help != argparse.SUPPRESS
    }
    assert unsaid <= OTHERWISE


def test_pairs_are_those_of_all_commands():
    assert {command for command, *_ in PAIRS} == {
        "score",
        "compare",
        "screen",
        "originals add",
        "serve",
        "calibrate",
        "evaluate",
        "train",
    }
    for pair in (
        ("score", "--html", "--audit"),
        ("screen", "--output", "--against"),
        ("evaluate", "--save", "inputs"),
        ("serve", "--audit", "--against"),
        ("train", "--output", "--model"),
    ):
        assert pair in PAIRS


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize(("command", "output", "other"), PAIRS)
def test_one_file_for_an_output_and_something_else(tmp_path, monkeypatch, command, output, other, existing):
    """Parsing refuses it, so no work has started, whichever command it is."""
    monkeypatch.chdir(tmp_path)
    parser = dict(leaves())[command]
    if existing:
        Path("one.jsonl").write_text("mine")
    argv = command.split()
    positional = []
    for k, action in enumerate(parser._actions):
        if isinstance(action.type, Named):
            path = "./one.jsonl" if label(action) == other else f"{k}.jsonl"
            path = "one.jsonl" if label(action) == output else path
            if action.option_strings:
                argv += [action.option_strings[0], path] if action.help != argparse.SUPPRESS else []
            else:
                positional.append(path)
    both_written = other in map(label, named(parser, "writes"))
    if existing or both_written:
        with pytest.raises(UsageError, match=r"one\.jsonl: is .*, too; name another (file|folder) for "):
            _parser().parse_args([*argv, *positional])
    else:  # a file that is missing cannot be lost; the command says that it is missing
        _parser().parse_args([*argv, *positional])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """One file of each kind; the test ends with them as they were."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "a.txt",
        "orig.txt",
        "lab.jsonl",
        "a.jsonl",
        "o.db",
        "f.tsv",
        "ours.json",
        "p.toml",
        "b.json",
    ):
        Path(name).write_text(f"my {name}\n", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    yield tmp_path
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name in before} == before


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("evaluate lab.jsonl --save lab.jsonl", "lab.jsonl: is an input, too; name another file for --save"),
        ("evaluate lab.jsonl --save -", "--save needs the name of a file; standard output carries the answer"),
        ("evaluate a.jsonl --baseline b.json --save b.json", "b.json: is the --baseline, too"),
        ("screen a.jsonl --against o.db --output o.db", "o.db: is the --against, too; name another file for --output"),
        ("screen a.jsonl --against o.db --output v.jsonl --html o.db", "o.db: is the --against, too"),
        ("screen a.jsonl --originals o.db --output v.jsonl --report o.db", "o.db: is the --against, too"),
        ("screen a.jsonl --profile ours.json --output ours.json", "ours.json: is the --profile, too"),
        ("screen a.jsonl --phrases f.tsv --output f.tsv", "f.tsv: is the --phrases, too"),
        ("screen a.jsonl --output v.jsonl --html v.jsonl", "v.jsonl: is the --output, too; name another file for --html"),
        ("score a.txt --against orig.txt --html orig.txt", "orig.txt: is the --against, too"),
        ("score a.txt --against o.db --html o.db", "o.db: is the --against, too"),
        ("score a.txt --policy p.toml --html p.toml", "p.toml: is the --policy, too; name another file for --html"),
        ("score a.txt --phrases f.tsv --html f.tsv", "f.tsv: is the --phrases, too"),
        ("score a.txt --profile ours.json --html ours.json", "ours.json: is the --profile, too"),
        ("score a.txt --policy p.toml --audit x.jsonl --html x.jsonl", "x.jsonl: is the --html, too; name another file for --audit"),
        ("compare a.txt orig.txt --html orig.txt", "orig.txt: is an input, too"),
        ("calibrate a.jsonl --output a.jsonl", "a.jsonl: is an input, too"),
        ("originals add o.db o.db", "o.db: is an input, too; name another file for DB"),
        ("serve --tokens a.jsonl --audit a.jsonl", "a.jsonl: is the --tokens, too"),
    ],
)  # fmt: skip
def test_outputs_that_are_something_else_are_refused(stub, files, capsys, command, told):
    assert main(command.split()) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith(f"mtdetect: {told}")
    assert streams.err.count("\n") == 1


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_other_names_of_a_file(stub, files, capsys, link):
    link(files / "f.tsv", "linked")
    for name in ("linked", str(files / "f.tsv"), f"../{files.name}/f.tsv"):
        assert main(["score", "a.txt", "--phrases", "f.tsv", "--html", name]) == 2
        assert f"{name}: is the --phrases, too" in capsys.readouterr().err
    os.symlink("nowhere", "dangling")
    assert main(["screen", "a.jsonl", "--output", "nowhere", "--html", "dangling"]) == 2
    assert "dangling: is the --output, too" in capsys.readouterr().err


def test_files_of_folders_and_patterns(stub, files, capsys):
    """A folder that is read is its files; of one that is written, those that are replaced."""
    for folder in ("texts", "model", "figures", "verdicts"):
        Path(folder).mkdir()
    for name in (
        "texts/a.jsonl",
        "model/manifest.json",
        "figures/roc.png",
        "verdicts/part-00000.jsonl",
        "texts/x.bin",
    ):
        Path(name).write_text("mine")
    for command, told in (
        ("screen texts --output texts/a.jsonl", "texts/a.jsonl: is an input, too"),
        ("screen texts/*.jsonl --output texts/a.jsonl", "texts/a.jsonl: is an input, too"),
        ("screen texts --input-format jsonl --output texts/x.bin", "texts/x.bin: is an input, too"),
        ("score a.txt --model model --html model/manifest.json", "model/manifest.json: is the --model, too"),
        ("evaluate a.jsonl --plots figures --save figures/roc.png", "figures/roc.png: is the --plots, too"),
        ("evaluate a.jsonl --plots figures --baseline figures/roc.png", "figures/roc.png: is the --baseline, too; name another folder for --plots"),
        ("screen verdicts --output verdicts/ --restart", "verdicts/: is an input, too"),
        ("screen verdicts/part-*.jsonl --output verdicts/ --restart", "verdicts/part-00000.jsonl: is an input, too"),
    ):  # fmt: skip
        assert main(command.split()) == 2
        assert f"mtdetect: {told}" in capsys.readouterr().err
    assert {Path(name).read_text() for name in ("texts/a.jsonl", "verdicts/part-00000.jsonl")} == {"mine"}
    # A collection or a page beside the inputs is none of them.
    for command in (
        "originals add texts/o.db texts",
        "evaluate figures/lab.jsonl --plots figures --save figures/b.json",
    ):
        Path("texts/o.db").touch()
        Path("figures/lab.jsonl").touch()
        _parser().parse_args(command.split())


def test_figures_are_those_that_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    from conftest import StubDetector
    from mtdetect.evaluation.metrics import evaluate
    from mtdetect.rendering.plots import plot

    texts = tmp_path / "lab.jsonl"
    texts.write_text(
        '{"text": "%s", "label": "original"}\n{"text": "SPUN %s", "label": "spun"}\n' % (("word " * 60,) * 2)
    )
    drawn = plot(evaluate([str(texts)], StubDetector()), tmp_path)
    assert {path.name for path in drawn} == set(FIGURES)


def test_a_run_spares_what_it_reads_besides_its_inputs(stub, files):
    for given in ("phrases", "profile"):
        with pytest.raises(UsageError, match="is an input, too"):
            screen(["a.jsonl"], "f.tsv", **{given: Path("f.tsv")})


@pytest.mark.parametrize("stage", ["retranslation", "first-look"])
def test_train_spares_the_model_that_it_builds_on(tmp_path, capsys, stage):
    """The model is the one beside the output, unless it is named."""
    assert main(["train", str(tmp_path), "--output", str(tmp_path / "en"), "--stage", stage]) == 2
    assert (
        f"en: is the model that --stage {stage} builds on; name another --output" in capsys.readouterr().err
    )


def test_a_log_in_the_folder_of_the_texts_is_no_input_of_score(stub, files):
    Path("texts").mkdir()
    Path("texts/a.txt").write_text("mine")
    Path("texts/audit.jsonl").touch()
    _parser().parse_args("score texts --policy p.toml --audit texts/audit.jsonl".split())
    with pytest.raises(UsageError, match=r"texts/a\.txt: is an input, too"):
        _parser().parse_args("score texts --html texts/a.txt".split())


def test_the_file_behind_standard_input(files):
    with Path("a.txt").open() as file:
        done = subprocess.run(
            [sys.executable, "-m", "mtdetect", "score", "--html", "a.txt"], stdin=file, capture_output=True, text=True, check=False
        )  # fmt: skip
    assert done.returncode == 2
    assert "a.txt: is standard input, too; name another file for --html" in done.stderr


def test_an_empty_name_is_none(stub, files, capsys):
    for command in (["screen", "a.jsonl", "--output", ""], ["score", "a.txt", "--html", ""]):
        assert main(command) == 2
        assert "an empty name; name a file or a folder" in capsys.readouterr().err


def test_many_files_are_looked_up_once(stub, files, monkeypatch):
    """Not each output with each input."""
    for folder, name in (("texts", "{}.txt"), ("shards", "part-{}.jsonl")):
        Path(folder).mkdir()
        for k in range(300):
            Path(folder, name.format(k)).touch()
    asked = []
    monkeypatch.setattr(atomic, "marks", lambda path, known=atomic.marks: asked.append(path) or known(path))
    _parser().parse_args("screen texts --output shards/ --resume".split())
    assert 600 <= len(asked) < 2000


def test_the_work_folder_of_a_run_is_no_input_of_it(tmp_path):
    (tmp_path / "a.txt").touch()
    for name in (".out.jsonl.unfinished", ".unfinished"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal.json").touch()
    assert formats.expand([str(tmp_path)]) == [str(tmp_path / "a.txt")]


def test_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a").touch()
    assert atomic.same("a", "./a")
    assert atomic.same("new", "./new")
    assert not atomic.same("a", "new")
    assert not atomic.same("-", "-")
