"""Comparison of two texts: alignment, substitutions, relation, direction, and the command."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mtdetect
from mtdetect.cli import main
from mtdetect.comparison import substitutions
from mtdetect.comparison.match import combined

ORIGINAL = """The town council voted on Monday to keep the old swimming pool open for another two years.
Hundreds of parents had signed a petition against the closure, which the mayor, Helen Marsh, called inevitable last spring.
The pool was built in 1961 and needs a new roof.
It costs about 400,000 pounds a year to run, and only 31,000 people used it last summer.
Councillors had planned to sell the site to a hotel company, but several of them changed their minds when the head teachers of three primary schools said that their pupils would have nowhere to learn to swim.
"We cannot ask an eight-year-old to take a bus for forty minutes," said David Okafor, who runs the school in Mill Lane.
The swimming club, which has trained there since the day it opened, is planning a party for September.
A shopkeeper in the high street asked why children should swim while his customers drove through potholes.
Mrs Marsh said that the roof would be paid for with a loan.
Work will start in October and should take eleven weeks."""

SPUN = """The township council balloted on Monday to hold the aged swimming pond open for another two years.
Hundreds of parents had autographed a supplication against the closing, which the mayor, Helen Marsh, called inescapable last spring.
The pond was constructed in 1961 and necessitates a fresh roof.
It costs approximately 400,000 pounds a twelvemonth to sprint, and only 31,000 folk utilized it last summer.
Councillors had contrived to trade the site to a hotel corporation, but various of them altered their heads when the head instructors of three elementary schools stated that their pupils would have nowhere to memorize to float.
"We cannot inquire an eight-year-old to take a coach for forty minutes," stated David Okafor, who sprints the school in Mill Lane.
The swimming order, which has prepared there since the daytime it unsealed, is designing a company for September.
A tradesman in the heights road inquired why offspring should float while his clients motored through potholes.
Mrs Marsh stated that the roof would be compensated for with a loan.
Labor will begin in October and should take eleven weeks."""

PARAPHRASED = """On Monday, the town council decided that the historic swimming pool would remain open for an additional two years.
The proposed closure, previously described as inevitable by Mayor Helen Marsh, had prompted hundreds of parents to sign a petition.
Constructed in 1961, the facility currently requires a complete replacement of its roof.
Its annual operating costs amount to approximately 400,000 pounds, although merely 31,000 visitors made use of it last summer.
Initially, councillors intended to sell the property to a hotel company; however, several reconsidered their position after the head teachers of three primary schools emphasized that their pupils would be left without any place to learn swimming.
David Okafor, who leads the school in Mill Lane, stressed that an eight-year-old could not be expected to spend forty minutes on a bus.
Meanwhile, the swimming club, which has been training at the venue ever since its opening, is organizing a celebration in September.
In contrast, a shopkeeper in the high street questioned why children should be able to swim while his customers are forced to drive through potholes.
According to Mrs Marsh, the expenses for the roof will be covered by means of a loan.
The renovation is scheduled to commence in October and is expected to be completed within eleven weeks."""

SAME_EVENT = """Swimmers are celebrating in the valley after a surprise decision at the town hall.
By nine votes to six, councillors threw out a plan that would have handed the 1961 building to developers.
I met David Okafor outside the school in Mill Lane, where he was counting bicycles.
He told me that he had expected to lose.
"They listened for once," he said, and laughed.
The mayor did not laugh: Helen Marsh has to find 400,000 pounds every year, and she did not say where.
Three schools will go on sending their pupils on Wednesdays, when the water is usually cold and the changing rooms smell of chlorine and wet towels."""

OTHER = """My grandmother kept bees behind the old railway station, and every August she let us taste the first comb while it was still warm.
Nobody wore a veil.
She said that bees can tell when you are afraid, so we were not afraid, or at least we told her so.
The honey was dark and a little bitter, because of the chestnut trees along the line."""

FRENCH = "Le gouvernement a annoncé une nouvelle loi sur la santé publique, et personne n'était content. " * 6


@pytest.fixture(scope="module")
def compare(shipped):
    return shipped.compare


def sentences(text):
    return text.split("\n")


def check(comparison):
    """Assert what holds for every comparison."""
    assert 0 <= comparison.copied <= 1
    assert 0 <= comparison.covered <= 1
    assert 0.0 <= comparison.confidence <= 1
    assert comparison.is_copy == (comparison.relation not in ("related", "unrelated"))
    for side in ("suspect", "original"):
        used = [k for link in comparison.alignment for k in getattr(link, side)]
        assert len(used) == len(set(used))
        assert all(k >= 0 for k in used)
        assert all(list(getattr(link, side)) == sorted(getattr(link, side)) for link in comparison.alignment)
    assert [link.suspect[0] for link in comparison.alignment] == sorted(
        link.suspect[0] for link in comparison.alignment
    )
    for link in comparison.alignment:
        assert link.suspect
        assert link.original
        assert min(len(link.suspect), len(link.original)) == 1
        assert 0 <= link.similarity <= 1


def test_same_text_is_verbatim(compare):
    comparison = compare(ORIGINAL, ORIGINAL)
    check(comparison)
    assert (comparison.relation, comparison.direction) == ("verbatim", "unclear")
    assert (comparison.copied, comparison.covered, comparison.confidence) == (1, 1, 1)
    assert comparison.substitutions == ()


def test_spun_copy(compare):
    comparison = compare(SPUN, ORIGINAL, names=("a", "b"))
    check(comparison)
    assert (comparison.relation, comparison.direction) == ("spun", "suspect_is_copy")
    assert comparison.copied > 0.9
    assert [link.original for link in comparison.alignment] == [(k,) for k in range(10)]
    found = {(one.suspect, one.original): one.kind for one in comparison.substitutions}
    for pair in (("petition", "supplication"), ("signed", "autographed"), ("new", "fresh")):
        assert found[pair[::-1]] == "synonym"
    assert next(one for one in comparison.substitutions if one.suspect == "stated").count == 3


def test_paraphrased_copy(compare):
    comparison = compare(PARAPHRASED, ORIGINAL)
    check(comparison)
    assert comparison.relation == "paraphrased"
    assert comparison.direction in ("suspect_is_copy", "unclear")
    assert comparison.copied > 0.9
    assert not compare(PARAPHRASED, SAME_EVENT).is_copy


def test_changed_articles_are_no_substitutions(compare):
    changed = ORIGINAL.replace("the site", "a site").replace("a loan", "the loan").replace("The pool", "Pool")
    assert changed != ORIGINAL
    assert compare(changed, ORIGINAL).substitutions == ()


def test_mostly_unchanged_copy_was_not_translated(shipped):
    from mtdetect.comparison.alignment import align
    from mtdetect.comparison.measures import DENSE, Pair
    from mtdetect.comparison.model import METHODS, MOSTLY, load_pairs
    from mtdetect.comparison.sides import Side
    from mtdetect.features.view import View
    from mtdetect.text import read

    quoted = "\n".join([*sentences(ORIGINAL)[:4], *sentences(SAME_EVENT)[-2:], *sentences(OTHER)])
    view = View(read([quoted, ORIGINAL, SPUN], shipped.lexicon.vocabulary), shipped.lexicon)
    page, original, spun = (Side(view, k) for k in range(3))
    kept, changed = align(page, original), align(spun, original)
    assert kept.kept > MOSTLY > changed.kept
    model = load_pairs()
    engines = [METHODS.index("neural"), METHODS.index("rules")]
    style = np.zeros(len(DENSE))
    assert not model.making(Pair(kept).measures(), style, kept.kept).methods[engines].any()
    assert model.making(Pair(changed).measures(), style, changed.kept).methods[engines].all()


def test_values_go_to_the_columns_of_their_names():
    from mtdetect.comparison.measures import _row

    assert _row(("a", "b"), {"b": 2.0, "a": 1.0}).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="2 values for 1 columns"):
        _row(("a",), {"a": 1.0, "b": 2.0})
    with pytest.raises(KeyError):
        _row(("a", "b"), {"a": 1.0, "c": 2.0})


def test_same_event_is_no_copy(compare):
    for suspect in (ORIGINAL, SPUN):
        comparison = compare(suspect, SAME_EVENT)
        check(comparison)
        assert (comparison.relation, comparison.is_copy) == ("related", False)
        assert (comparison.direction, comparison.substitutions) == ("unclear", ())


def test_unrelated(compare):
    comparison = compare(ORIGINAL, OTHER)
    check(comparison)
    assert comparison.relation == "unrelated"


def test_sentences_dropped_and_moved_are_an_edited_or_verbatim_copy(compare):
    parts = sentences(ORIGINAL)
    comparison = compare(" ".join(parts[5:] + parts[:4]), ORIGINAL)
    check(comparison)
    assert comparison.relation in ("verbatim", "edited")
    assert comparison.direction == "unclear"
    assert comparison.copied == 1
    assert [link.original[0] for link in comparison.alignment] == [5, 6, 7, 8, 9, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("before", "after", "sizes"),
    [(", and only", ". Only", (2, 1)), ("new roof.\nIt costs", "new roof, and it costs", (1, 2))],
)
def test_split_and_joined_sentences_make_one_link(compare, before, after, sizes):
    assert before in ORIGINAL
    comparison = compare(ORIGINAL.replace(before, after), ORIGINAL)
    check(comparison)
    assert sizes in [(len(link.suspect), len(link.original)) for link in comparison.alignment]
    assert comparison.copied == comparison.covered == 1


def test_headings_are_not_aligned(compare):
    comparison = compare("SHARE\n\n" + ORIGINAL + "\n\nLEAVE A REPLY", "Source\n\n" + SPUN)
    check(comparison)
    assert 0 not in {k for link in comparison.alignment for k in link.suspect}
    assert comparison.is_copy


# The last two begin and end with marks that belong to one of them, whichever comes first.
@pytest.mark.parametrize(
    ("a", "b"),
    [
        (SPUN, ORIGINAL), (SAME_EVENT, ORIGINAL), (ORIGINAL, OTHER), (SPUN[:-1], f'"{ORIGINAL}'), (f", {SPUN[:-1]}", ORIGINAL[:-1]),
    ],
)  # fmt: skip
def test_swapped_texts_give_the_mirrored_result(compare, a, b):
    assert compare(a, b, names=("a", "b")) == compare(b, a, names=("b", "a")).mirrored()
    assert compare(a, b).direction_odds == -compare(b, a).direction_odds


def test_a_flag_by_decisive_evidence_outlasts_a_comparison(compare, shipped):
    """A short text is flagged for its evidence alone; that it is a copy, too, must not clear it."""
    comparison = compare(SPUN, ORIGINAL)
    assert (comparison.relation, comparison.direction) == ("spun", "suspect_is_copy")
    verdict = shipped.score(SPUN)
    alone = replace(verdict, label="spun", reason=None, words=23, p_value=1e-4)
    assert combined(alone, comparison).label == "spun"
    short = replace(verdict, label="uncertain", reason="short", words=23)
    assert (combined(short, comparison).label, combined(short, comparison).reason) == ("uncertain", "short")


WORDS = sorted(set(re.findall(r"[\w'-]+", ORIGINAL + " " + SPUN)))


@settings(max_examples=25)
@given(st.data())
def test_result_is_consistent_for_any_change(compare, data):
    parts = data.draw(
        st.lists(st.sampled_from(sentences(ORIGINAL) + sentences(OTHER)), min_size=1, max_size=8)
    )
    changed = []
    for part in parts:
        words = part.split()
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, len(words) - 1))
            words[at : at + data.draw(st.integers(0, 2))] = [data.draw(st.sampled_from(WORDS))]
        changed.append(" ".join(words))
    suspect = data.draw(st.sampled_from(["\n", " ", "\n\n"])).join(changed)
    comparison = compare(suspect, ORIGINAL)
    check(comparison)
    turned = compare(ORIGINAL, suspect)
    assert turned.mirrored() == comparison
    flat = [" ".join(text.split()) for text in (suspect, ORIGINAL)]
    for one in comparison.substitutions:
        assert one.suspect in flat[0]
        assert one.original in flat[1]
        assert max(len(one.suspect.split()), len(one.original.split())) <= 3
        assert one.count >= 1
        assert (one.suspect == "") == (one.kind == "omission")
        assert (one.original == "") == (one.kind == "addition")
    count = suspect.count(".") + suspect.count("\n") + 1
    assert all(k < count + 8 for link in comparison.alignment for k in link.suspect)


@settings(max_examples=15)
@given(st.lists(st.sampled_from(sentences(ORIGINAL + "\n" + OTHER)), min_size=1, max_size=12))
def test_every_text_is_a_verbatim_copy_of_itself(compare, parts):
    text = "\n".join(parts)
    comparison = compare(text, text)
    assert (comparison.relation, comparison.direction, comparison.copied) == ("verbatim", "unclear", 1)


def test_contract(compare):
    result = compare(SPUN, ORIGINAL, names=("a.txt", "b.txt")).to_dict()
    assert list(result) == [
        "suspect",
        "original",
        "relation",
        "is_copy",
        "direction",
        "confidence",
        "copied",
        "covered",
        "retranslated",
        "alignment",
        "substitutions",
    ]
    assert list(result["alignment"][0]) == ["suspect", "original", "similarity"]
    assert list(result["substitutions"][0]) == ["suspect", "original", "count", "kind"]
    assert json.loads(json.dumps(result)) == result


def test_one_sentence(compare):
    suspect, original = sentences(SPUN)[1], sentences(ORIGINAL)[1]
    assert compare(suspect, original).is_copy
    assert not compare(suspect, sentences(ORIGINAL)[3]).is_copy


@pytest.mark.parametrize("text", ["", "   \n", FRENCH, b"\x00\xff" * 2000, "x = [1, 2]; y += 3;\n" * 40])
def test_text_that_is_not_english_prose(compare, text):
    with pytest.raises(mtdetect.MtdetectError, match="the original: is no English prose"):
        compare(ORIGINAL, text)


def test_stems_meet(shipped):
    from mtdetect.comparison import Side
    from mtdetect.features.view import View
    from mtdetect.text import read

    def stems(text):
        return Side(View(read([text], shipped.lexicon.vocabulary), shipped.lexicon), 0).stem

    a, b = (
        stems("walked countries national detention cuts closed"),
        stems("walks country nation detained cut close"),
    )
    assert (a == b)[[0, 1, 4, 5]].all()
    assert len(np.unique(stems("cat car cap pool port"))) == 5


def test_texts_of_different_batches(shipped):
    from mtdetect.comparison import Side, compare_documents
    from mtdetect.features.view import View
    from mtdetect.text import read

    def side(texts, k):
        return Side(View(read(texts, shipped.lexicon.vocabulary), shipped.lexicon), k)

    apart = compare_documents(side([OTHER, SPUN], 1), side([SAME_EVENT, OTHER, ORIGINAL], 2))
    together = shipped.compare(SPUN, ORIGINAL)
    assert apart.to_dict() == together.to_dict()


def test_long_texts_take_seconds(compare):
    draw = np.random.default_rng(0)
    lines = [
        " ".join(draw.choice(WORDS, 18)).capitalize() + "." for _ in range(2500)
    ]  # 45,000 words with a vocabulary of 250: each word stands in every tenth sentence
    comparison = compare("\n".join(lines), "\n".join(lines[1200:] + lines[:1200]))
    assert comparison.is_copy
    assert comparison.copied > 0.9


def test_words_of_endless_sentences_are_not_compared(compare, monkeypatch):
    assert compare(SPUN, ORIGINAL).substitutions
    monkeypatch.setattr(substitutions, "LONGEST_SENTENCE", 3)
    result = compare(SPUN, ORIGINAL)
    assert (result.is_copy, result.substitutions) == (True, ())


def test_endless_repetition(compare):
    comparison = compare((ORIGINAL + "\n") * 300, (ORIGINAL + "\n") * 300 + "And one more.")
    check(comparison)
    assert comparison.relation == "verbatim"
    assert comparison.copied == 1


# ---------------------------------------------------------------- the command


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = {"spun": SPUN, "original": ORIGINAL, "event": SAME_EVENT, "empty": "", "french": FRENCH}
    for name, text in cases.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_status_and_json(shipped, files, capsys):
    assert main(["compare", "spun.txt", "original.txt", "--format", "json"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["suspect"], result["original"], result["relation"]) == ("spun.txt", "original.txt", "spun")
    assert main(["compare", "event.txt", "original.txt", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_copy"] is False


def test_table(shipped, files, capsys):
    assert main(["compare", "spun.txt", "original.txt"]) == 1
    out = capsys.readouterr().out
    assert "the suspect is a spun copy of the original" in " ".join(out.split())
    assert re.search(r"necessitates +needs +synonym +1", out)
    assert "\x1b" not in out
    assert main(["compare", "event.txt", "original.txt"]) == 0
    assert "no copy: the same subject" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["nowhere.txt", "original.txt"], "nowhere.txt: no such file"),
        (["spun.txt", "empty.txt"], "empty.txt: is no English prose (empty)"),
        (["binary.txt", "original.txt"], "binary.txt: is no English prose"),
        (["french.txt", "original.txt"], "french.txt: is no English prose (language: fr)"),
        (["folder", "original.txt"], "folder: is a folder"),
        (["-", "-"], "only one"),
        (["spun.txt", "original.txt", "--html", "spun.txt"], "spun.txt: is an input"),
        (["spun.txt", "original.txt", "--html", "-"], "--html needs the name of a file"),
        (["spun.txt", "original.txt", "--html", "nowhere/a.html"], "cannot be written"),
        (["spun.txt"], "required"),
    ],
)
def test_bad_input_is_reported_in_one_line(shipped, files, capsys, args, complaint):
    assert main(["compare", *args]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert complaint in streams.err


def test_two_megabytes(shipped, files, monkeypatch, capsys):
    (files / "large.txt").write_text((ORIGINAL + "\n") * 2100, encoding="utf-8")
    assert (files / "large.txt").stat().st_size > 2e6
    assert main(["compare", "spun.txt", "large.txt", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["relation"] == "spun"
    monkeypatch.setattr("mtdetect.comparison.compare.LARGEST", 1_000_000)
    assert main(["compare", "spun.txt", "large.txt"]) == 2
    assert capsys.readouterr().err.startswith("mtdetect: large.txt: longer than 1,000,000 characters")


def test_standard_input(shipped, files, stdin, capsys):
    stdin(SPUN.encode())
    assert main(["compare", "-", "original.txt"]) == 1


class Page(HTMLParser):
    """Ids, addresses and what is marked."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.addresses, self.tags, self.attributes = [], [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src"):
                self.addresses.append(value)


def test_page(shipped, files, capsys):
    hostile = "<script>alert(1)</script> & \u202e"
    (files / "hostile.txt").write_text(hostile + "\n" + SPUN, encoding="utf-8")
    assert main(["compare", "hostile.txt", "original.txt", "--html", "page.html"]) == 1
    text = (files / "page.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    assert "default-src 'none'" in text
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
    assert len(page.ids) == len(set(page.ids))
    assert page.addresses
    assert all(address.startswith("#") and address[1:] in page.ids for address in page.addresses)
    assert page.tags.count("mark") > 40
    assert "Spun copy" in text
    assert re.search(r"<caption>\d+ changes: \d+ other wordings.*; \d+ different ones", text)
    assert re.search(r'<mark title="synonym: [a-z ]+">', text)
    assert not list(files.glob(".page*"))


def test_page_shows_the_texts_whole(shipped):
    from mtdetect.rendering.html_comparison import html_page

    comparison = shipped.compare(SPUN, ORIGINAL)
    text = re.sub(r"<a [^>]*>\d+</a>", "", html_page(comparison, SPUN, ORIGINAL))
    shown = re.findall(r'<div class="text" dir="ltr">(.*?)</div>', text, re.DOTALL)
    plain = [unescape(re.sub(r"<[^>]+>", "", one)) for one in shown]
    assert plain == [SPUN, ORIGINAL]


# ---------------------------------------------------------------- verdicts with a given original


def test_verdict_names_the_original(shipped, files, capsys):
    alone, beside = (
        ["score", "spun.txt", "original.txt", "event.txt", "empty.txt", "--format", "jsonl", *more]
        for more in ([], ["--against", "original.txt"])
    )
    main(alone)
    before = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(one["match"] is None for one in before)
    main(beside)
    after = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    spun, original, event, empty = after
    assert list(spun["match"]) == ["original", "score", "relation", "direction", "copied", "covered"]
    assert (spun["match"]["original"], spun["match"]["relation"]) == ("original.txt", "spun")
    assert spun["score"] >= before[0]["score"]
    assert spun["label"] == "spun"
    assert original["match"]["relation"] == "verbatim"
    assert event["match"]["relation"] == "related"
    assert empty["match"] is None
    # Only the verdict on the copy changes.
    for one, alone_ in zip(after[1:], before[1:], strict=True):
        assert one | {"match": None} == alone_


def test_paraphrase_never_raises_the_score(shipped):
    alone = shipped.score(PARAPHRASED)
    beside = shipped.against(alone, PARAPHRASED, ORIGINAL)
    assert beside.match.relation == "paraphrased"
    assert (beside.score, beside.label, beside.p_value) == (alone.score, alone.label, alone.p_value)


@pytest.mark.parametrize("text", [SPUN, PARAPHRASED, ORIGINAL, SAME_EVENT])
def test_comparison_search_and_verdict_agree(shipped, tmp_path, text):
    comparison = shipped.compare(text, ORIGINAL)
    with mtdetect.Originals(tmp_path / "o.db", store_text=True) as originals:
        originals.add([("pool", ORIGINAL), ("bees", OTHER)])
        found = next(one for one in originals.search(text) if one.original == "pool")
        verdict = shipped.score(text)
        matches = [found, *(shipped.against(verdict, text, other).match for other in (ORIGINAL, originals))]
    assert {match.relation for match in matches} == {comparison.relation}
    assert {match.direction for match in matches} == {comparison.direction}


@pytest.mark.parametrize("name", ["nowhere.txt", "-", "folder", "french.txt"])
def test_invalid_originals(shipped, files, capsys, name):
    assert main(["score", "spun.txt", "--against", name]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_table_names_the_original(shipped, files, capsys):
    main(["score", "spun.txt", "--against", "original.txt"])
    assert "copy of original.txt (spun" in " ".join(capsys.readouterr().out.split())
