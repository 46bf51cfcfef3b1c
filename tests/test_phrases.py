"""Listed phrases: every one is found at its place, and nothing else is."""

from __future__ import annotations

import json
import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect import screening
from mtdetect.cli import main
from mtdetect.errors import InputError, UsageError
from mtdetect.evidence.phrases import KIND, WEIGHT, Matcher, Phrase, listed, load, merged
from mtdetect.features.lexicon import shipped as tables
from mtdetect.text import read
from mtdetect.verdict import Evidence

PROSE = (
    "In the second part we explain how Counterfeit\nConsciousness is used to read old letters. The museum lent us four "
    "boxes of them, and my sister, who can read any hand, sat down with the first on a rainy Sunday. She says that a "
    "colossal information store is of little help if nobody has dusted the shelves."
)
LIST = "phrase\twording\n# seen in 2021\n\ncounterfeit consciousness\tartificial intelligence|AI\ncolossal information\tbig data\nirregular esteem\t\n"


@pytest.fixture(scope="module")
def vocabulary():
    return tables().vocabulary


def spans(evidence):
    return [(one.start, one.end) for one in evidence]


def find(phrases, text, vocabulary):
    return Matcher(listed(dict.fromkeys(phrases)), vocabulary).find(read([text], vocabulary, identify=False))[
        0
    ]


WORDS = st.lists(st.sampled_from(["sea", "Sea", "sand", "sands", "a", "7", "wind"]), min_size=1, max_size=3)
GAPS = st.sampled_from([" ", "\n", "  ", " \r\n", "\u00a0", ", ", "\n\n", " - ", "\u00ad "])


@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(st.tuples(WORDS, GAPS), max_size=12))
def test_what_is_found_is_what_a_slow_search_finds(phrases, parts):
    vocabulary = tables().vocabulary
    text, tokens, gaps = "", [], []
    for words, gap in parts:
        for word in words:
            text += word
            tokens.append((word.lower(), len(text) - len(word), len(text)))
            text += gap
            gaps.append(gap)
    wanted = {tuple(word.lower() for word in words) for words in phrases}
    every = {
        (tokens[k][1], tokens[k + len(words) - 1][2])
        for words in wanted
        for k in range(len(tokens) - len(words) + 1)
        if tuple(token[0] for token in tokens[k : k + len(words)]) == words
        and all(
            gap.strip(" \n\r\u00a0\u00ad") == "" and gap != "\n\n" for gap in gaps[k : k + len(words) - 1]
        )
    }
    told = {(a, b) for a, b in every if not any(c <= a and b <= d and (a, b) != (c, d) for c, d in every)}
    assert set(spans(find([" ".join(words) for words in phrases], text, vocabulary))) == told


@given(
    st.text(max_size=40),
    st.text(max_size=40),
    st.sampled_from(["Tall Hat", "e=mc2", "the “good” ship's", "œuf d'or"]),
)
def test_a_planted_phrase_is_found(before, after, phrase):
    vocabulary = tables().vocabulary
    text = f"{before}\n\n{phrase.upper()}\n\n{after}"
    found = find([phrase.lower()], text, vocabulary)
    start = len(before) + 2
    assert (start, start + len(phrase)) in spans(found)
    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(one.kind == KIND and one.weight == WEIGHT for one in found)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("well-known", "A Well–Known man, well known, wellknown.", ["Well–Known"]),
        ("can't stop", "They can’t stop, cannot stop.", ["can’t stop"]),
        ("cafe noir", "One café &#110;oir, please.", ["café &#110;oir"]),
        ("art", "Art for art's sake; artful hearts.", ["Art", "art"]),
        ("version 2", "In version 2.5 and in version 2.", ["version 2"]),
        ("C++", "C and C++ and C+++.", ["C++"]),
        ("one two", "one. two one\n\ntwo", []),
        ("one two", "One two two one two", ["One two", "one two"]),
        ("ha ha", "ha ha ha", ["ha ha", "ha ha"]),
        ("x" * 70, "y " + "x" * 70 + " " + "x" * 64 + "z" * 6, ["x" * 70]),
    ],
)
def test_what_counts_as_the_same(phrase, text, found, vocabulary):
    assert [one.text for one in find([phrase], text, vocabulary)] == found


def test_texts_do_not_run_into_each_other(vocabulary):
    matcher = Matcher(listed({"last word": None}), vocabulary)
    found = matcher.find(read(["the last", "word is mine", "", "my last word"], vocabulary, identify=False))
    assert list(map(spans, found)) == [[], [], [], [(3, 12)]]


def test_the_longer_phrase_is_told(vocabulary):
    given = {"old stone bridge": "b", "stone": "s", "old stone": "o", "bridge over water": "w"}
    found = Matcher(listed(given), vocabulary).find(
        read(["An old stone bridge over water, all stone."], vocabulary, identify=False)
    )[0]
    assert [one.text for one in found] == ["old stone bridge", "bridge over water", "stone"]
    assert [one.suggestion for one in found] == ["b", "w", "s"]


def test_long_lists(vocabulary):
    pick = random.Random(3)
    words = [a + b + c for a in "bdfg" for b in "aeiou" for c in "lmnr"]
    phrases = list({" ".join(pick.choices(words, k=pick.randint(2, 6))) for _ in range(20_000)})
    planted = pick.sample(phrases, 50)
    text = ". ".join(planted)
    found = {one.text for one in find(phrases, text, vocabulary)}
    assert all(any(phrase in one for one in found) for phrase in planted)


def test_merged_keeps_what_the_list_does_not_hold():
    one = Evidence(5, 20, "x", KIND, WEIGHT, "y")
    inside, across = Evidence(7, 12, "i", "collocation", 9.0), Evidence(15, 25, "a", "collocation", 9.0)
    before = Evidence(0, 4, "b", "article", 1.0)
    assert merged((one,), (before, inside, across)) == (before, one, across)
    assert merged((), (inside,)) == (inside,)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.tsv", LIST),
        ("bom.tsv", "\ufeff" + LIST.replace("\n", "\r\n")),
        (
            "list.json",
            '{"counterfeit consciousness": "artificial intelligence|AI", "colossal information": "big data", '
            '"irregular esteem": null}',
        ),
        (
            "list2.JSON",
            '[{"phrase": "counterfeit consciousness", "wording": "artificial intelligence|AI"}, '
            '{"phrase": "colossal information", "wording": "big data"}, {"phrase": "irregular esteem"}]',
        ),
    ],
)
def test_files(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    found = load(tmp_path / name)
    assert found == (
        Phrase("counterfeit consciousness", "artificial intelligence|AI"),
        Phrase("colossal information", "big data"),
        Phrase("irregular esteem", None),
    )
    assert [one.suggestion for one in found] == ["artificial intelligence", "big data", None]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.tsv", b"one\ttwo\nthree four\n", "line 2: no tab; write"),
        ("b.tsv", b"one\ttwo\n\n...\tdots\n", "line 3: the phrase holds no letter or figure; leave it out"),
        ("c.tsv", b"one\ttwo\nca\xe9\tcoffee\n", "line 2: not UTF-8; save"),
        ("d.tsv", b"# nothing\nphrase\twording\n", "holds no phrase; write"),
        ("e.tsv", b"x" * 201 + b"\ty", "line 1: the phrase is longer than 200 characters; shorten"),
        ("f.tsv", "hi \U0001f600\ty".encode(), "line 1: the phrase holds a rare sign"),
        ("g.tsv", b"\tonly wording", "line 1: the phrase holds no letter"),
        ("h.json", b'{"one": "two",\n "three"}', "line 2: not JSON"),
        ("i.json", b"7", "line 1: neither an object nor a list"),
        ("j.json", b'[{"phrase": "a b"}, "c d"]', "entry 2: no phrase with a wording"),
        ("k.json", b'{"a b": 7}', "entry 1: no phrase with a wording"),
        ("l.json", b"[" * 100_000, "line 1: "),
    ],
)
def test_wrong_files_are_one_line(tmp_path, monkeypatch, capsys, name, content, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"^{name}: ") as caught:
        load(name)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_file():
    with pytest.raises(InputError, match=r"nowhere.tsv: cannot be read \(No such file"):
        load("nowhere.tsv")


def test_detector(shipped):
    with pytest.raises(UsageError, match="phrase '!!' holds no letter"):
        shipped.with_phrases({"!!": "x"})
    with pytest.raises(UsageError, match="a list of Phrase, or a file"):
        shipped.with_phrases(["pond"])
    detector = shipped.with_phrases({"Colossal  information": "big data", "rainy Sunday": None})
    plain, told = shipped.score(PROSE), detector.score(PROSE)
    assert [(one.text, one.suggestion) for one in told.evidence if one.kind == KIND] == [
        ("rainy Sunday", None),
        ("colossal information", "big data"),
    ]
    assert (told.score, told.label) == (plain.score, plain.label)
    assert not [one for one in shipped.score(PROSE).evidence if one.kind == KIND]
    assert detector.score(PROSE, evidence=False).evidence == ()
    assert pickle.loads(pickle.dumps(detector)).score(PROSE) == told
    told = detector.with_phrases([Phrase("my sister")]).score(PROSE).evidence
    assert [one.text for one in told if one.kind == KIND] == ["my sister"]


def test_score_command(shipped, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(PROSE.encode())
    (tmp_path / "list.tsv").write_text(LIST, encoding="utf-8")
    assert main(["score", "a.txt", "--phrases", "list.tsv", "--format", "json"]) in (0, 1)
    told = [one for one in json.loads(capsys.readouterr().out)["evidence"] if one["kind"] == "listed"]
    assert [(one["text"], one["suggestion"]) for one in told] == [
        ("Counterfeit\nConsciousness", "artificial intelligence"),
        ("colossal information", "big data"),
    ]
    assert all(PROSE[one["start"] : one["end"]] == one["text"] for one in told)
    assert main(["score", "a.txt", "--phrases", "gone.tsv"]) == 2
    assert capsys.readouterr().err.startswith("mtdetect: gone.tsv: cannot be read")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_screen_command(shipped, tmp_path, monkeypatch, jobs):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text((json.dumps({"text": PROSE}) + "\n") * 3, encoding="utf-8")
    (tmp_path / "list.tsv").write_text(LIST, encoding="utf-8")
    args = ["screen", "in.jsonl", "--phrases", "list.tsv", "--output", "out.jsonl", "--jobs", jobs]
    assert main(args) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [[e["text"] for e in row["evidence"] if e["kind"] == "listed"] for row in rows] == [
        ["Counterfeit\nConsciousness", "colossal information"]
    ] * 3


def test_screen_notices_another_list_under_the_same_name(shipped, tmp_path):
    source, path, out = tmp_path / "in.jsonl", tmp_path / "list.tsv", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": PROSE}), encoding="utf-8")
    for phrase in ("four boxes", "old letters of"):
        path.write_text(f"{phrase}\t\n", encoding="utf-8")
        screening.screen([str(source)], str(out), options=screening.Options(evidence=True), phrases=path)
        assert (
            "four boxes" in json.dumps([e["text"] for e in json.loads(out.read_bytes())["evidence"]])
        ) == (phrase == "four boxes")


def test_screen_complains_before_it_works(stub, tmp_path):
    (tmp_path / "in.jsonl").write_text("{}", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    with pytest.raises(UsageError, match="is not a regular file"):
        screening.screen([str(tmp_path / "in.jsonl")], str(out), phrases=tmp_path, jobs=2)
    assert not out.exists()
