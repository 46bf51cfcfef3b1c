"""The command line from argv to exit status."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

import mtdetect
from mtdetect.cli import COMMANDS, _parser, actions, main
from mtdetect.inputs.formats import SUFFIXES, WHOLE
from mtdetect.rendering.terminal import shown
from mtdetect.rendering.verdicts import CSV_COLUMNS, reasons_in_words

PROSE = (
    "My grandmother kept bees behind the old railway station, and every August she let us taste the first comb while "
    "it was still warm. Nobody wore a veil. She said that bees can tell when you are afraid, so we were not afraid, or "
    "at least we told her so. The honey was dark and a little bitter, because of the chestnut trees along the line. "
    "Years later I bought a jar of chestnut honey in a shop in town, and it tasted of nothing much at all."
)


def parsers():
    """Name and parser of each command, subcommands included."""
    for name, parser in actions(_parser()):
        yield name, parser
        yield from ((f"{name} {action}", below) for action, below in actions(parser))


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """A working folder with one text for each label."""
    monkeypatch.chdir(tmp_path)
    for name, mark in {"plain": "", "spun": "SPUN ", "doubt": "MAYBE "}.items():
        (tmp_path / f"{name}.txt").write_text(mark + PROSE, encoding="utf-8")
    (tmp_path / "short.txt").write_text("Too short to say.", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["plain.txt"], 0),
        (["spun.txt"], 1),
        (["plain.txt", "spun.txt"], 1),
        (["doubt.txt"], 0),
        (["empty.txt"], 0),
    ],
)
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "sarif"])
def test_exit_status_of_flagged_texts(stub, texts, capsys, args, status, form):
    assert main(["score", *args, "--format", form]) == status
    found = capsys.readouterr()
    assert found.out
    assert found.err == ""


def test_budget_decides(stub, texts, capsys):
    assert main(["score", "doubt.txt", "--fpr", "0.05"]) == 1
    assert main(["score", "spun.txt", "--fpr", "0.0001"]) == 0


def test_json_of_one_file_is_an_object(stub, texts, capsys):
    main(["score", "spun.txt", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["id"], found["label"], found["evidence"][0]["kind"]) == ("spun.txt", "spun", "glitch")


def test_json_of_a_pattern_is_a_list(stub, texts, capsys):
    main(["score", "*p*n.txt", "--format", "json"])
    assert [found["id"] for found in json.loads(capsys.readouterr().out)] == ["plain.txt", "spun.txt"]


@pytest.mark.parametrize("args", [["spun.txt", "plain.txt"], ["only"]])
def test_json_of_several_files_is_a_list(stub, texts, capsys, args):
    (texts / "only").mkdir()
    (texts / "only" / "one.txt").write_text(PROSE, encoding="utf-8")
    main(["score", *args, "--format", "json"])
    names = args if len(args) > 1 else [os.path.join("only", "one.txt")]
    assert [found["id"] for found in json.loads(capsys.readouterr().out)] == names


def test_json_lines(stub, texts, capsys):
    main(["score", ".", "--format", "jsonl"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in found] == ["doubt.txt", "empty.txt", "plain.txt", "short.txt", "spun.txt"]
    assert [one["reason"] for one in found] == ["budget", "empty", None, "short", None]


def test_csv(stub, texts, capsys):
    main(["score", "spun.txt", "empty.txt", "--format", "csv"])
    spun, empty = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert tuple(spun) == CSV_COLUMNS
    assert (spun["id"], spun["label"], spun["pivot"], spun["reason"]) == ("spun.txt", "spun", "pt", "")
    assert float(spun["probability_spun"]) == 0.7275
    assert empty["reason"] == "empty"


def test_standard_input_is_the_default(stub, stdin, capsys):
    stdin(("MT " + PROSE).encode())
    assert main(["score", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["id"] == "-"


def test_no_input_at_a_terminal(stub, stdin, monkeypatch, capsys):
    stdin(b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["score"]) == 2
    assert "name a file" in capsys.readouterr().err


def test_table_shows_the_reasons(stub, texts, capsys):
    main(["score", "."])
    out = capsys.readouterr().out
    for piece in ("spun.txt", "0.970", "71", "“blue words” → better words", "“glitch” (glitch)"):
        assert piece in out
    assert "neighbouring words seldom meet" in out
    assert "too short to say: 4 words" in out
    assert "p-value 0.03 misses the error budget of 0.01" in out
    assert "\x1b" not in out


def test_table_says_what_its_labels_mean_and_what_to_do(stub, texts, capsys):
    main(["score", ".", "--fpr", "0.001"])
    said = [line for line in capsys.readouterr().out.splitlines() if re.match(r"[a-z_]+: ", line)]
    assert [line.partition(":")[0] for line in said] == ["uncertain", "unsupported", "original", "spun"]
    assert "So do some 0.1 % of people’s texts: read it first (--explain)" in said[-1]


@pytest.mark.parametrize("width", [60, 80, 99])
def test_narrow_terminals_get_a_list(stub, texts, capsys, monkeypatch, width):
    monkeypatch.setattr("mtdetect.rendering.terminal.PLAIN_WIDTH", width)
    main(["score", "spun.txt", "plain.txt"])
    out = capsys.readouterr().out
    assert out.startswith(
        "spun.txt\n  spun  score 0.970  quality 71  words 89\n  “blue words” → better words\n"
    )
    assert max(map(len, out.splitlines())) <= width


@pytest.mark.parametrize(("no_colour", "coloured"), [(None, True), ("1", False)])
def test_colours_only_at_a_terminal(stub, texts, monkeypatch, no_colour, coloured):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    if no_colour:
        monkeypatch.setenv("NO_COLOR", no_colour)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    main(["score", "spun.txt"])
    assert bool(re.search(r"\x1b\[[0-9;]*3[15]m", screen.getvalue())) == coloured


def test_strongest_reasons_come_first(verdict_of):
    verdict = verdict_of("SPUN " + PROSE)
    assert reasons_in_words(verdict) == [
        "“blue words” → better words",
        "“glitch” (glitch)",
        "neighbouring words seldom meet",
    ]
    assert reasons_in_words(verdict, 1) == ["“blue words” → better words"]
    assert reasons_in_words(verdict_of(""), 1) == ["no verdict: empty"]


def test_foreign_text_cannot_drive_the_terminal():
    assert shown("a\x1b[31m b\u202e\tc\r\nd") == "a\ufffd[31m b c d"
    assert shown("co\u00adoperate") == "cooperate"
    assert shown("x" * 100) == "x" * 59 + "…"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["score", "nowhere.txt"], "nowhere.txt: no such file or folder"),
        (["score", "--nope"], "unrecognized arguments: --nope"),
        (["score", "--fpr", "7", "plain.txt"], "between 0 and 1"),
        (["score", "--fpr", "much", "plain.txt"], "'much' is not a number"),
        (["score", "--format", "xml", "plain.txt"], "invalid choice: 'xml'"),
        (["score", "none"], "none: no file in it ends with"),
        (["screen", "plain.txt"], "--output"),
        (["screen", "plain.txt", "--output", "x", "--jobs", "0"], "'0' is not a number from 1 up"),
        (["screen", "plain.txt", "--output", "no/where"], "no/where: cannot be written"),
        (["evaluate", "plain.txt"], "plain.txt: not JSON Lines"),
        (["nothing"], "invalid choice: 'nothing'"),
    ],
)
def test_wrong_use_is_one_line(stub, texts, capsys, args, message):
    (texts / "none").mkdir()
    assert main(args) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("mtdetect: ")
    assert streams.err.count("\n") == 1
    assert message in streams.err


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "originals add o.db --store-text a.txt",
            {"database": "o.db", "store_text": True, "inputs": ["a.txt"]},
        ),
        (
            "originals search o.db a.txt --top 1 b.txt",
            {"database": "o.db", "top": 1, "inputs": ["a.txt", "b.txt"]},
        ),
        ("originals add o.db", {"database": "o.db", "inputs": []}),
        ("originals remove o.db -- -1", {"database": "o.db", "ids": ["-1"]}),
        ("originals remove -- o.db -x", {"database": "o.db", "ids": ["-x"]}),
        ("compare -- -a.txt b.txt", {"suspect": "-a.txt", "original": "b.txt"}),
        (
            "compare --format json -- a.txt -b.txt",
            {"suspect": "a.txt", "original": "-b.txt", "format": "json"},
        ),
        ("score -- --html=victim.txt a.txt", {"inputs": ["--html=victim.txt", "a.txt"], "html": None}),
        ("screen --output - -- -a.txt", {"inputs": ["-a.txt"], "output": "-"}),
        (
            "screen a --output b --evidence c --resume d",
            {"inputs": ["a", "c", "d"], "output": "b", "evidence": "measured"},
        ),
        ("compare a --format json b", {"suspect": "a", "original": "b", "format": "json"}),
        ("degrade --engine spin", {"file": "-", "engine": "spin"}),
        ("audit replay a --policy p b --policy q", {"logs": ["a", "b"], "policy": ["p", "q"]}),
    ],
)
def test_options_may_stand_between_inputs(typed, expected):
    args = vars(_parser().parse_args(typed.split()))
    assert {name: args[name] for name in expected} == expected


@pytest.mark.parametrize("command", ["originals add o.db", "score", "audit replay log.jsonl"])
def test_unknown_options_point_to_the_help_of_their_command(capsys, command):
    assert main([*command.split(), "--nope"]) == 2
    command = command.removesuffix(" o.db").removesuffix(" log.jsonl")
    assert capsys.readouterr().err == (
        f"mtdetect: unrecognized arguments: --nope (see 'mtdetect {command} --help')\n"
    )


@pytest.mark.parametrize(("command", "parser"), list(parsers()))
def test_help_shows_all_inputs(capsys, command, parser):
    """Parsing hides them for a moment, to find options between them."""
    main([*command.split(), "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert all(str(one.metavar) in out for one in parser._get_positional_actions())


def test_help_of_score_names_the_files_of_a_folder(capsys):
    main(["score", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    listed = re.search(r"of a folder all (.*?) files", out)[1].replace(" and ", ", ").split(", ")
    assert listed == [suffix for kind in WHOLE for suffix in SUFFIXES[kind]]
    page = (Path(__file__).parents[1] / "docs" / "scoring.md").read_text(encoding="utf-8")
    assert re.findall("`([^`]+)`", re.search(r"folders \(all (.*?) files in them\)", page)[1]) == listed


def test_unreadable_input_is_one_line(stub, texts, capsys, monkeypatch):
    def denied(path, mode):
        return False

    monkeypatch.setattr(os, "access", denied)
    assert main(["score", "plain.txt"]) == 2
    assert "plain.txt: cannot be read" in capsys.readouterr().err


def test_full_disk_is_one_line(stub, texts, capsys, monkeypatch):
    def full(verdicts, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mtdetect.rendering.verdicts.write_table", full)
    assert main(["score", "plain.txt"]) == 2
    assert capsys.readouterr().err == "mtdetect: No space left on device\n"


def test_interrupted(stub, texts, capsys, monkeypatch):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setattr("mtdetect.cli.score.run", interrupt)
    assert main(["score", "plain.txt"]) == 130
    assert capsys.readouterr().err == "mtdetect: interrupted\n"


def test_help_lists_the_commands_in_order(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    names = [module.__name__.rpartition(".")[2] for module in COMMANDS]
    assert names == [
        "score",
        "compare",
        "screen",
        "originals",
        "serve",
        "calibrate",
        "evaluate",
        "audit",
        "selfcheck",
        "degrade",
        "train",
    ]
    lines = [*names[:5], "Calibrate And Check:", *names[5:9], "For Model Builders:", *names[9:]]
    places = [re.search(rf"^ *{line}", out, re.MULTILINE).start() for line in lines]
    assert places == sorted(places)
    assert "Positional" not in out


@pytest.mark.parametrize("command", [[], ["originals"], ["audit"]])
def test_without_a_command_there_is_help(capsys, command):
    assert main(command) == 2  # 0 would say that nothing is flagged
    streams = capsys.readouterr()
    assert streams.out == ""
    assert " ".join(["Usage: mtdetect", *command]) in streams.err
    assert "mtdetect" in streams.err.rpartition("example")[2]


@pytest.mark.parametrize("command", [name for name, _ in parsers()])
def test_help_ends_with_examples_that_can_be_typed(capsys, command):
    assert main([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    examples = out.rstrip().rsplit("example", 1)[1].splitlines()[1:]
    assert any(line.strip().startswith(f"mtdetect {command}") for line in examples)
    for line in examples:
        for typed in line.partition(" > ")[0].split(" && "):
            program, *args = shlex.split(typed)
            assert program == "mtdetect"
            _parser().parse_args(args)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mtdetect {mtdetect.__version__}\n"


@pytest.mark.parametrize(
    ("args", "tables", "pairs"),
    [
        ([], False, False),
        (["--stage", "model"], False, False),
        (["--stage", "all"], True, True),
        (["--tables"], True, False),
        (["--pairs"], False, True),
        (["--tables", "--pairs"], True, True),
    ],
)
def test_train_passes_its_options_on(tmp_path, monkeypatch, capsys, args, tables, pairs):
    seen = {}

    def train(data, output, *, jobs, tables, pairs, progress):
        seen.update(data=data, output=output, jobs=jobs, tables=tables, pairs=pairs)
        progress("counting")

    monkeypatch.setattr("mtdetect.training.train.train", train)
    assert main(["train", str(tmp_path), "--output", str(tmp_path / "en"), "--jobs", "2", *args]) == 0
    assert seen == {"data": tmp_path, "output": tmp_path / "en", "jobs": 2, "tables": tables, "pairs": pairs}
    assert capsys.readouterr() == ("", "mtdetect: counting\n")


@pytest.mark.parametrize(
    ("args", "stage", "output"),
    [
        (["--stage", "tables"], "training.tables.build_tables", "tables"),
        (["--stage", "pairs"], "training.pairs.fit_pairs", "en"),
        (["--only-pairs"], "training.pairs.fit_pairs", "en"),
        (["--stage", "sentences"], "training.train.train_sentences", "en"),
        (["--stage", "calibration"], "training.train.train_calibration", "en"),
        (["--only-sentences"], "training.train.train_sentences", "en"),
    ],
)
def test_train_runs_one_stage(tmp_path, monkeypatch, args, stage, output):
    seen = []
    for name in (
        "training.tables.build_tables",
        "training.pairs.fit_pairs",
        "training.train.train_sentences",
        "training.train.train_calibration",
    ):
        monkeypatch.setattr(f"mtdetect.{name}", lambda *given, name=name, **_: seen.append((name, given[1])))
    for name in ("record", "record_dependents"):
        monkeypatch.setattr(f"mtdetect.verification.{name}", lambda *folders: None)
    assert main(["train", str(tmp_path), "--output", str(tmp_path / "en"), *args]) == 0
    assert seen == [(stage, tmp_path / output)]


@pytest.mark.parametrize(
    ("stage", "fit"),
    [
        ("retranslation", "training.retranslation.fit_retranslation"),
        ("first-look", "training.first_look.fit_first_look"),
    ],
)
def test_stages_that_build_on_a_model_take_the_one_beside_the_output(tmp_path, monkeypatch, stage, fit):
    seen = []
    monkeypatch.setattr(f"mtdetect.{fit}", lambda *given, **_: seen.append(given[:3]))
    monkeypatch.setattr("mtdetect.verification.record_dependents", lambda *folders: None)
    command = ["train", str(tmp_path), "--output", str(tmp_path / "own"), "--stage", stage]
    assert main(command) == 0
    assert main([*command, "--model", str(tmp_path / "other" / "mine")]) == 0
    assert seen == [
        (tmp_path, tmp_path / "en", tmp_path / "own"),
        (tmp_path, tmp_path / "other" / "mine", tmp_path / "own"),
    ]


@pytest.mark.parametrize(
    ("data", "output", "options", "said"),
    [
        ("none", "en", [], "none: no such folder; DATA is the folder of the corpora"),
        (".", "file", [], "file: Not a directory; name a folder that can be written"),
        (".", "en", ["--stage", "retranslation", "--cache", "file"], "file: Not a directory; name a folder"),
    ],
)
def test_train_says_at_once_what_cannot_be_read_or_written(
    tmp_path, monkeypatch, capsys, data, output, options, said
):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("in the way")
    assert main(["train", data, "--output", output, *options]) == 2
    assert said in capsys.readouterr().err


def test_train_refuses_a_model_that_no_stage_builds_on(tmp_path, capsys):
    assert main(["train", str(tmp_path), "--output", str(tmp_path / "en"), "--model", str(tmp_path)]) == 2
    assert "--model goes with --stage retranslation or first-look" in capsys.readouterr().err


@pytest.mark.parametrize(
    "args",
    [["--tables", "--only-pairs"], ["--pairs", "--only-sentences"], ["--stage", "all", "--pairs"]],
)
def test_train_refuses_two_stages(tmp_path, capsys, args):
    assert main(["train", str(tmp_path), "--output", str(tmp_path / "en"), *args]) == 2
    assert "run one stage after the other" in capsys.readouterr().err


def typed(*args):
    """Options as a command sees them."""
    parsed = vars(_parser().parse_args([*args]))
    return {name: value for name, value in parsed.items() if name != "run"}


OLD_NAMES = [
    (("screen", "a", "--output", "b"), ("--report", "r.html"), ("--html", "r.html")),
    (("screen", "a", "--output", "b"), ("--originals", "o.db"), ("--against", "o.db")),
    (("serve",), ("--originals", "o.db"), ("--against", "o.db")),
    (("serve",), ("--workers", "3"), ("--jobs", "3")),
    (("selfcheck",), ("--json",), ("--format", "json")),
    (("train", "d", "--output", "o"), ("--only-pairs",), ("--stage", "pairs")),
    (("train", "d", "--output", "o"), ("--only-sentences",), ("--stage", "sentences")),
]


@pytest.mark.parametrize(("command", "old", "new"), OLD_NAMES)
def test_released_names_of_options_are_accepted(command, old, new, capsys):
    assert typed(*command, *old) == typed(*command, *new) != typed(*command)
    assert main([command[0], "--help"]) == 0
    out = capsys.readouterr().out
    assert not re.search(rf"{old[0]}\b", out)
    assert re.search(rf"{new[0]}\b", out)


def test_an_option_means_the_same_in_every_command():
    meanings = {}
    for _, parser in parsers():
        for action in parser._actions:
            for option in action.option_strings:
                if action.help != argparse.SUPPRESS:
                    meanings.setdefault(option, set()).add((action.dest, action.metavar, action.type))
    # These differ in what may be named: a file, a folder, a collection.
    assert {option for option, found in meanings.items() if len(found) > 1} == {"--against", "--output"}


@pytest.mark.parametrize("buffering", [1, -1])
def test_closed_pipe(stub, texts, monkeypatch, capsys, buffering):
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", buffering=buffering, encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["score", "spun.txt", "--format", "jsonl"]) == 141
    assert capsys.readouterr().err == ""


@pytest.fixture
def awkward(tmp_path):
    """Files that are not English prose, or hardly."""
    cases = {
        "empty": b"",
        "blank": b" \n\t\n",
        "nul": b"\0" * 5000,
        "noise": bytes((n * n * 31 + 7 * n) % 251 for n in range(20000)),
        "latin-1": "Café déjà vu. ".encode("latin-1") * 50,
        "utf-16": PROSE.encode("utf-16"),
        "no spaces": b"a" * 200_000,
        "marks": b"?!" * 5000,
        "French": "Les enfants jouaient dans la cour pendant que leurs parents préparaient le repas. ".encode()
        * 10,
        "code": b"while (k > 0) { total -= row[k]; k--; }\n" * 60,
        "combining": ("e" + "\u0301" * 500).encode() * 50,
        "brackets": b"(" * 50_000,
        "joined": "👩‍👩‍👧‍👦 ".encode() * 500,
        "turned": ("\u202e" + PROSE).encode(),
    }
    for name, content in cases.items():
        (tmp_path / f"{name}.txt").write_bytes(content)
    return tmp_path


def test_shipped_model_answers_whatever_it_is_given(shipped, awkward, capsys):
    assert main(["score", str(awkward), "--format", "jsonl"]) in (0, 1)
    found = {json.loads(line)["id"]: json.loads(line) for line in capsys.readouterr().out.splitlines()}
    labels = {os.path.basename(name)[:-4]: one["label"] for name, one in found.items()}
    assert len(labels) == 14
    for name in (
        "empty",
        "blank",
        "nul",
        "noise",
        "no spaces",
        "marks",
        "French",
        "code",
        "brackets",
        "joined",
    ):
        assert labels[name] == "unsupported", name
    assert all(one["reason"] for one in found.values() if one["label"] == "unsupported")
    assert main(["score", str(awkward)]) in (0, 1)


def test_shipped_model_does_not_flag_human_text(shipped, tmp_path, capsys):
    (tmp_path / "honey.txt").write_text(PROSE, encoding="utf-8")
    assert main(["score", str(tmp_path / "honey.txt"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["label"] in ("original", "uncertain")
    assert found["language"] == "en"
    assert 80 <= found["words"] <= 95
    assert found["model"]["sha256"] == shipped.model.sha256
    for span in [*found["sentences"], *found["evidence"]]:
        assert 0 <= span["start"] < span["end"] <= len(PROSE)
