"""Engines that make degraded text: what each one guarantees."""

from __future__ import annotations

import argparse
import functools
import json
import shutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect.cli import degrade as cli
from mtdetect.cli import main
from mtdetect.degrade import FAMILIES, Apertium, Chain, Command, Mixture, Spinner, Thesaurus, WebSpinner
from mtdetect.degrade.engine import chance
from mtdetect.errors import EngineError, InputError, UsageError

ENTRIES = {
    "harbour": [["haven", "seaport"], ["shelter", "entertain"]],
    "boat": [["vessel"], ["sauceboat"]],
    "repair": [["mend", "fix"], ["resort", "haunt"]],
    "quiet": [["silent", "still"], ["calm"]],
    "keeper": [["guardian"], ["goalkeeper", "net minder"]],
    "lamp": [["light source"], ["lantern"]],
    "paint": [["pigment"], ["rouge", "blusher"]],
    "heavy": [["weighty"], ["sullen", "ponderous"]],
    "slowly": [["tardily"], ["easy"]],
    "apple": [["pome"], ["orchard fruit"]],
    "security": [["safety"], ["surety"]],
    "cheerful": [["sunny"], ["merry"]],
}
TEXT = (
    "The keeper of the lamp painted a quiet boat. Heavy rain fell, and she repaired the harbour "
    "wall slowly.\n\n"
    "Nobody knew why the cheerful keepers repaired a boat with paint. An apple lay in the lamp room.\n"
    "Later, the quiet harbour held heavy boats, and the cheerful keeper slowly painted a lamp."
)
LONG = "\n".join(TEXT.replace("Nobody", f"Nobody{n * 'x'}") for n in range(30))
THESAURUS = Thesaurus(ENTRIES)
prose = st.lists(st.sampled_from([*TEXT.split(" "), "\n", "\n\n", "é", "  "]), max_size=60).map(" ".join)


class Upper:
    """An engine whose changes are easy to see."""

    name = "upper"

    def degrade(self, texts, seed=0):
        return [text.upper() for text in texts]


def changed(before: str, after: str) -> int:
    """Words of one text that are not in the other, counted with multiplicity."""
    words = before.split()
    left = after.split()
    for word in words:
        if word in left:
            left.remove(word)
    return len(left)


def has_mode(*modes: str) -> bool:
    if shutil.which("apertium") is None:
        return False
    listed = subprocess.run(["apertium", "-l"], capture_output=True, text=True, check=False).stdout.split()
    return set(modes) <= set(listed)


needs_spanish = pytest.mark.skipif(
    not has_mode("eng-spa", "spa-eng"), reason="Apertium with eng-spa is not installed"
)


@functools.cache
def spanish() -> Apertium:
    return Apertium(timeout=60)


def test_chance_is_the_same_in_every_process():
    code = "from mtdetect.degrade.engine import chance; print(chance(1, 'a', 'b').random())"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "12"
    ]
    assert {run.stdout.strip() for run in runs} == {str(chance(1, "a", "b").random())}
    assert (
        len({chance(1, "a", "b").random(), chance(2, "a", "b").random(), chance(1, "b", "b").random()}) == 3
    )


class TestThesaurus:
    def test_reads_its_format(self, tmp_path):
        path = tmp_path / "words.tsv"
        path.write_text("word\tsenses\nBoat\tvessel,Boat|sauceboat\n", encoding="utf-8")
        assert Thesaurus.load(path).senses("boat") == (("vessel",), ("sauceboat",))

    def test_reads_plain_lists(self, tmp_path):
        path = tmp_path / "words.txt"
        path.write_text("Boat,vessel,Boat,steam launch\nquay,pier\n", encoding="utf-8")
        thesaurus = Thesaurus.load(path)
        assert list(thesaurus) == ["boat", "quay"]
        assert thesaurus.senses("boat") == (("vessel", "steam launch"),)

    def test_an_unknown_word_has_no_senses(self):
        assert THESAURUS.senses("zebra") == ()
        assert "zebra" not in THESAURUS

    def test_neighbours_make_one_sense(self):
        assert Thesaurus.of_neighbours({"boat": ["ship", "ferry"]}).senses("boat") == (("ship", "ferry"),)

    @pytest.mark.parametrize(
        "content", ["", "word\tsenses\n", "word\tsenses\nno tab here\n", "boat,ship\nno comma here\n"]
    )
    def test_a_bad_file_is_named(self, tmp_path, content):
        path = tmp_path / "bad.tsv"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=r"bad\.tsv"):
            Thesaurus.load(path)

    def test_a_missing_or_truncated_file_is_named(self, tmp_path):
        (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00")
        for name in ("none.tsv", "cut.gz"):
            with pytest.raises(InputError, match=name):
                Thesaurus.load(tmp_path / name)


@pytest.mark.parametrize("family", FAMILIES)
class TestEveryFamily:
    def test_damages_and_is_deterministic(self, family):
        first = Spinner(THESAURUS, family=family, rate=0.4).degrade([LONG], seed=5)
        assert first == Spinner(THESAURUS, family=family, rate=0.4).degrade([LONG], seed=5)
        assert first != [LONG]

    def test_more_rate_is_more_damage(self, family):
        light, heavy = (Spinner(THESAURUS, family=family, rate=r).degrade([LONG])[0] for r in (0.05, 0.7))
        assert 0 < changed(LONG, light) < changed(LONG, heavy)

    @settings(max_examples=25, deadline=None)
    @given(texts=st.lists(prose, max_size=4), seed=st.integers(0, 9))
    def test_promises_of_an_engine(self, family, texts, seed):
        spinner = Spinner(THESAURUS, family=family, rate=0.5)
        made = spinner.degrade(texts, seed)
        assert len(made) == len(texts)
        assert [t.count("\n") for t in made] == [t.count("\n") for t in texts]
        assert made == [spinner.degrade([t], seed)[0] for t in texts]

    def test_function_words_alone_are_left_alone(self, family):
        text = "of and to the in that"
        assert Spinner(THESAURUS, family=family, rate=1.0).degrade([text]) == [text]


def test_case_is_kept():
    made = Spinner(THESAURUS, family="table", rate=1.0).degrade(["Boat and BOAT. Boat."])[0]
    assert made[0].isupper()
    assert made.split()[2].isupper()


def test_names_are_hit_by_a_table_and_spared_by_the_sparing():
    text = "We met Border Security yesterday."
    assert "Security" not in Spinner(THESAURUS, family="table", rate=1.0).degrade([text])[0]
    assert "Security" in Spinner(THESAURUS, family="sparing", rate=1.0).degrade([text])[0]


@given(st.sampled_from(sorted(FAMILIES)), st.floats(0.1, 1.0), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_marked_spans_are_what_differs(family: str, rate: float, seed: int) -> None:
    ((made, spans),) = Spinner(THESAURUS, family=family, rate=rate).marked([TEXT], seed)
    assert [made] == Spinner(THESAURUS, family=family, rate=rate).degrade([TEXT], seed)
    assert all(0 <= a < b <= len(made) for a, b in spans)
    kept, at = [], 0
    for start, end in spans:
        kept.append(made[at:start])
        at = end
    kept.append(made[at:])
    position = 0
    for part in kept:  # what stays stands in the original, in order, but for articles that were mended
        if FAMILIES[family].mend_article:
            part = part.rstrip("aAn ")
        position = TEXT.find(part, position)
        assert position >= 0


def test_bad_spinners_are_refused():
    for wrong in ({"family": "none"}, {"rate": 0.0}, {"rate": 1.5}, {"local": 0.0}):
        with pytest.raises(UsageError):
            Spinner(THESAURUS, **wrong)


class TestMixture:
    def test_damages_its_share_of_the_paragraphs(self):
        text = "\n\n".join(f"paragraph {n}" for n in "abcdefghij")
        made = Mixture(Upper(), 0.3).degrade([text])[0]
        assert sum(p.isupper() for p in made.split("\n\n")) == 3
        assert made.lower() == text

    def test_newlines_part_where_no_line_is_blank(self):
        made = Mixture(Upper(), 0.5).degrade(["one\ntwo\nthree\nfour"])[0]
        assert sum(line.isupper() for line in made.split("\n")) == 2

    @settings(max_examples=40, deadline=None)
    @given(texts=st.lists(prose, max_size=4))
    def test_does_not_depend_on_the_batch(self, texts):
        mixture = Mixture(Upper(), 0.5)
        assert mixture.degrade(texts) == [mixture.degrade([t])[0] for t in texts]
        assert [t.lower() for t in mixture.degrade(texts)] == [t.lower() for t in texts]

    @pytest.mark.parametrize("share", [0.0, 1.1, -1.0])
    def test_a_bad_share_is_refused(self, share):
        with pytest.raises(UsageError):
            Mixture(Upper(), share)


def test_a_byte_order_mark_on_standard_input(stdin, capsys):
    stdin(b"\xef\xbb\xbf" + b'{"id": 1, "text": "We stayed where the road ends."}\n')
    assert (
        main(["degrade", "-", "--format", "jsonl", "--engine", "spin", "--family", "web-a", "--rate", "1"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["text"] == "We stayed the place the road ends."


def test_a_chain_runs_in_order():
    chain = Chain(Spinner(THESAURUS, rate=1.0), Upper())
    assert chain.name == "spin:thesaurus:1.00+upper"
    assert chain.degrade(["a boat"])[0] in ("A VESSEL", "A SAUCEBOAT")
    with pytest.raises(UsageError):
        Chain()


class TestCommand:
    @staticmethod
    def python(code: str, **options) -> Command:
        return Command([sys.executable, "-c", code], **options)

    def test_one_text_in_one_out(self):
        command = self.python("import sys; print(sys.stdin.read().upper())")
        assert command.degrade(["a\nb", "", "c"]) == ["A\nB", "", "C"]

    def test_failure_says_why(self):
        with pytest.raises(EngineError, match="exit status 3: no luck"):
            self.python("import sys; sys.stderr.write('no luck'); sys.exit(3)").degrade(["a"])

    def test_a_missing_program_is_named(self):
        with pytest.raises(EngineError, match="no-such-program"):
            Command(["no-such-program"]).degrade(["a"])

    def test_a_hanging_program_is_killed(self):
        with pytest.raises(EngineError, match="killed"):
            self.python("import time; time.sleep(60)", timeout=0.3).degrade(["a"])

    def test_output_that_is_not_text_is_refused(self):
        with pytest.raises(EngineError, match="UTF-8"):
            self.python("import sys; sys.stdout.buffer.write(b'\\xff')").degrade(["a"])

    @pytest.mark.parametrize("argv", [[], "cat -"])
    def test_a_command_is_a_list(self, argv):
        with pytest.raises(UsageError):
            Command(argv)


@pytest.mark.parametrize(
    "chain", [[], ["eng-spa"], ["spa-eng"], ["eng-spa", "gl-en"], ["../x-y"], "eng-spa,spa-eng"]
)
def test_chain_that_does_not_lead_to_english_is_refused(chain):
    with pytest.raises(UsageError):
        Apertium(chain)


def test_missing_apertium_names_the_package(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(EngineError, match="apt install apertium apertium-eng-cat"):
        Apertium(["eng-cat", "cat-eng"])


@needs_spanish
class TestApertium:
    TEXTS = (
        "The keeper said a heavy storm was near.\n\n  The US boat left\tearly.\r\n",
        "",
        "\n \n",
        "Odd signs: [a] {b} ^c$ d/e f@g <h> \\ ~ * # 50%.",
        "She walked home, and nobody asked why the working lamp had been left outside.",
    )

    def test_names_itself(self):
        assert spanish().name == "apertium:eng-spa-eng"
        assert spanish().pivot == "es"
        assert "apertium" in spanish().version()

    def test_damages_and_keeps_lines(self):
        made = spanish().degrade(self.TEXTS)
        assert [t.count("\n") for t in made] == [t.count("\n") for t in self.TEXTS]
        assert made[0] != self.TEXTS[0]
        assert made[1:3] == ["", "\n \n"]
        assert made[0].endswith("\r\n")

    def test_unknown_words_carry_no_mark(self):
        assert "zorblax" in spanish().degrade(["The zorblax slept."])[0]
        assert "*" not in spanish().degrade(["The zorblax slept."])[0]

    def test_does_not_depend_on_the_batch(self):
        texts = [TEXT, *self.TEXTS]
        made = spanish().degrade(texts)
        assert made == spanish().degrade(texts[::-1])[::-1]
        assert made == [spanish().degrade([t])[0] for t in texts]

    def test_a_slow_batch_is_killed(self):
        with pytest.raises(EngineError, match="killed"):
            Apertium(timeout=0.001).degrade([LONG])


class TestCommandLine:
    @staticmethod
    def run(*argv: str) -> int:
        parser = argparse.ArgumentParser()
        cli.add_parser(parser.add_subparsers())
        args = parser.parse_args(["degrade", *argv])
        return args.run(args)

    @pytest.fixture
    def words(self, tmp_path):
        path = tmp_path / "words.tsv"
        rows = ("\t".join((w, "|".join(map(",".join, senses)))) for w, senses in ENTRIES.items())
        path.write_text("word\tsenses\n" + "\n".join(rows) + "\n", encoding="utf-8")
        return str(path)

    def test_text(self, tmp_path, words, capsys):
        path = tmp_path / "in.txt"
        path.write_text(TEXT, encoding="utf-8")
        assert self.run(str(path), "--engine", "spin", "--thesaurus", words, "--rate", "0.5") == 0
        assert capsys.readouterr().out == Spinner(Thesaurus.load(words), rate=0.5).degrade([TEXT])[0]

    def test_json_lines(self, tmp_path, words, capsys):
        path = tmp_path / "in.jsonl"
        rows = [
            {"id": "1", "text": TEXT, "label": "original"},
            {"id": "2", "text": TEXT, "group": "g", "x": 7},
        ]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        self.run(
            str(path), "--engine", "spin", "--thesaurus", words, "--format", "jsonl", "--family", "table"
        )
        first, second = map(json.loads, capsys.readouterr().out.splitlines())
        assert first["text"] != TEXT
        assert (first["id"], first["group"], first["label"], first["method"]) == ("1", "1", "spun", "spin")
        assert (second["group"], second["x"], second["tool"]) == ("g", 7, "spin:table:0.30")

    @pytest.mark.parametrize(
        "id", ["18446744073709551616", "1e400", "-0", "1.10", "12345678901234567890123", '"a"']
    )
    def test_an_id_comes_out_as_it_came_in(self, tmp_path, words, capsys, id):
        path = tmp_path / "in.jsonl"
        path.write_text(f'{{"id": {id}, "text": "{TEXT.split(".")[0]}."}}', encoding="utf-8")
        self.run(str(path), "--engine", "spin", "--thesaurus", words, "--format", "jsonl")
        told = capsys.readouterr().out
        assert told.startswith(f'{{"id":{id},"text":')
        assert f'"group":{id},' in told

    def test_a_web_spinner_needs_no_thesaurus(self, tmp_path, capsys):
        path = tmp_path / "in.txt"
        path.write_text(TEXT * 20, encoding="utf-8")
        self.run(str(path), "--engine", "spin")
        made = capsys.readouterr().out
        assert made == WebSpinner("web-a", 0.3, None).degrade([TEXT * 20], 0)[0] != TEXT * 20

    @pytest.mark.parametrize("argv", [["--engine", "spin", "--family", "table"], ["--engine", "command"]])
    def test_missing_options(self, argv):
        with pytest.raises(UsageError, match="needs --"):
            self.run(*argv)

    def test_command_records_need_a_label(self):
        with pytest.raises(UsageError, match="--label"):
            self.run("--engine", "command", "--command", "cat", "--format", "jsonl")

    @pytest.mark.parametrize("content", ["{", "[]", '{"id": 1}', "[" * 100_000])
    def test_bad_lines_are_numbered(self, tmp_path, words, content):
        path = tmp_path / "bad.jsonl"
        path.write_text('{"text": "a"}\n' + content, encoding="utf-8")
        with pytest.raises(InputError, match=r"bad.jsonl: line 2"):
            self.run(str(path), "--engine", "spin", "--thesaurus", words, "--format", "jsonl")

    def test_unreadable_files_are_named(self, tmp_path, words):
        (tmp_path / "latin.txt").write_bytes(b"\xff\xfe\xfa")
        for name in ("none.txt", "latin.txt"):
            with pytest.raises(InputError, match=name):
                self.run(str(tmp_path / name), "--engine", "spin", "--thesaurus", words)
