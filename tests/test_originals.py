"""Collections of originals: search, storage, concurrency, damaged files, and the command."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mtdetect
from mtdetect import Originals
from mtdetect.cli import main
from mtdetect.errors import InputError, MtdetectError, UsageError
from mtdetect.features.lexicon import shipped as tables
from mtdetect.originals import postings, ranking, store
from mtdetect.originals import sketch as sketching
from mtdetect.serialization import from_json, to_json
from mtdetect.text import read

PEOPLE = "Agnes Pell|Tom Harker|the ferryman Ruddock|Dr Ilves|my cousin Wren|the beekeeper Oakes|Captain Moss".split(
    "|"
)
DEEDS = "repaired|auctioned|smuggled|photographed|borrowed|catalogued|abandoned|varnished".split("|")
THINGS = (
    "a cracked barometer|the chapel organ|forty lobster pots|an astrolabe from Lisbon|seven harpoons|the parish ledger|"
    "a crate of quinces|his mother's loom|the lighthouse lens|twelve beeswax candles"
).split("|")
PLACES = (
    "behind the tannery in Harwich|at the Whitby regatta|beneath the viaduct|during the eclipse of 1927|near Penrith|"
    "while the harbour was frozen|after the brewery burned|in spite of the curate"
).split("|")
SYNONYMS = {
    "repaired": "mended",
    "auctioned": "sold off",
    "smuggled": "bootlegged",
    "photographed": "snapped",
    "cracked": "chapped",
    "crate": "packing case",
    "frozen": "icy",
    "burned": "combusted",
    "borrowed": "took over",
    "abandoned": "deserted",
}


def prose(seed: int, sentences: int = 14) -> str:
    draw = random.Random(seed)
    made = (" ".join(draw.choice(part) for part in (PEOPLE, DEEDS, THINGS, PLACES)) for _ in range(sentences))
    return " ".join(f"{one[0].upper()}{one[1:]}, on {draw.randrange(1, 9999)} occasions." for one in made)


def spun(text: str) -> str:
    return " ".join(SYNONYMS.get(word, word) for word in text.split())


def records(count: int, start: int = 0):
    return [{"id": f"t{k}", "text": prose(k)} for k in range(start, start + count)]


@pytest.fixture
def originals(tmp_path):
    with Originals(tmp_path / "originals.db") as made:
        made.add(records(60))
        yield made


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a file of originals and one of suspects."""
    monkeypatch.chdir(tmp_path)
    lines = "".join(json.dumps(record) + "\n" for record in records(30))
    (tmp_path / "some.jsonl").write_text(lines, encoding="utf-8")
    with gzip.open(tmp_path / "packed.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(lines)
    (tmp_path / "suspect.txt").write_text(spun(prose(7)), encoding="utf-8")
    return tmp_path


# ---- posting lists


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_come_back(values):
    data, ends = postings.encode(np.array(values, np.uint64))
    assert postings.decode(data).tolist() == values
    assert ends.tolist() == [len(postings.encode(np.array(values[: k + 1]))[0]) for k in range(len(values))]


PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 300)), max_size=80)


@given(PAIRS)
def test_lists_come_back(pairs):
    segment = segment_of(pairs, 301, first=5)
    keys, numbers = segment.everything()
    assert sorted(zip(keys.tolist(), numbers.tolist(), strict=True)) == sorted(set(pairs))
    asked = np.arange(42, dtype=np.uint32)
    found, which = segment.lists(*segment.spans(asked))
    assert sorted(zip(asked[which].tolist(), found.tolist(), strict=True)) == sorted(set(pairs))


@given(PAIRS, PAIRS, st.sets(st.integers(0, 601)))
def test_merging_keeps_all_but_removed_originals(one, two, dead):
    alive = np.array([k not in dead for k in range(602)])
    both = postings.merged([segment_of(one, 301, 1), segment_of(two, 301, 302)], alive)
    wanted = {(key, number) for key, number in one} | {(key, number + 301) for key, number in two}
    keys, numbers = both.everything()
    assert set(zip(keys.tolist(), numbers.tolist(), strict=True)) == {
        pair for pair in wanted if pair[1] not in dead
    }
    assert (both.first, both.stop) == (1, 603)


def segment_of(pairs, size, first):
    keys = np.array([key for key, _ in pairs], np.uint32)
    return postings.Segment.build(
        first, np.ones(size, np.float32), keys, np.array([n for _, n in pairs], np.int64)
    )


# ---- sketches


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("plan", "planning"),
        ("study", "studies"),
        ("repair", "repaired"),
        ("harpoon", "harpoons"),
        ("1,500", "1500"),
    ],
)
def test_one_stem(one, other):
    assert keys_of(one) == keys_of(other) != keys_of("lighthouse")


def test_rare_stems_weigh_more():
    keys, weights = keys_and_weights("The astrolabe is about the river of people")
    by_key = dict(zip(keys, weights, strict=True))
    assert by_key[keys_of("astrolabe")[0]] > by_key[keys_of("river")[0]] > 1
    assert len(by_key) < 5


def test_texts_of_a_batch_do_not_mix():
    texts = ["", prose(1), "?!", prose(2, 1), ""]
    batch = sketching.sketch(read(texts, tables().vocabulary), tables())
    stored = sketching.packed(batch)
    for k, text in enumerate(texts):
        alone = sketching.sketch(read([text], tables().vocabulary), tables())
        assert np.array_equal(batch.one(k).keys, alone.keys)
        assert np.array_equal(batch.one(k).pairs, alone.pairs)
        assert stored[k] == sketching.packed(alone)[0]


def keys_and_weights(text):
    made = sketching.sketch(read([text], tables().vocabulary), tables())
    return made.keys.tolist(), made.weights.tolist()


def keys_of(text):
    return keys_and_weights(text)[0]


# ---- finding


@pytest.mark.parametrize(
    ("suspect", "relations"),
    [
        (prose(7), {"verbatim"}),
        (prose(7).replace("a ", "the "), {"verbatim", "edited"}),
        (spun(prose(7)), {"edited", "machine_translated", "spun"}),
        (" ".join(prose(7).split()[40:100]), {"verbatim", "edited"}),
        (
            "The council met on Monday to speak about the budget. " * 12 + " ".join(prose(7).split()[30:110]),
            {"edited"},
        ),
    ],
    ids=["verbatim", "edited", "spun", "passage", "quoted"],
)
def test_finds_the_original(originals, suspect, relations):
    best, *others = originals.search(suspect)
    assert best.original == "t7"
    assert best.relation in relations
    assert best.score > 0.9
    assert all(other.score <= best.score for other in others)


def test_unrelated_text_is_not_called_a_copy(originals):
    text = (
        "Sales of electric cars rose again last month, the industry said, although buyers complain that chargers are "
        "scarce outside the cities. Analysts expect prices to fall next year as more models arrive. "
    )
    found = originals.search(text * 2 + prose(7)[:60])
    assert found
    for match in found:
        assert match.relation == "unrelated"
        assert match.score < 0.5
        assert match.copied < 0.5


@pytest.mark.parametrize(
    "text", ["", " \n", "?!", "word", "今天天气很好，我们去公园散步。" * 9, b"\0" * 99, "the of and " * 50]
)
def test_nothing_to_look_for(originals, text):
    assert all(match.score < 0.5 for match in originals.search(text))


def test_top_and_order(originals):
    assert len(originals.search(prose(3), top=2)) == 2
    assert [m.original for m in originals.search(prose(3), top=1)] == ["t3"]
    several = list(originals.search_many([prose(3), "", prose(4)], top=1))
    assert [[m.original for m in found] for found in several] == [["t3"], [], ["t4"]]
    with pytest.raises(UsageError, match="top"):
        originals.search("x", top=0)


def test_long_texts(originals, tmp_path):
    long = " ".join(prose(k, 60) for k in range(200, 270))
    originals.add([("long", long), ("one word", "word " * 400_000)])
    assert originals.search(long, top=1)[0].original == "long"
    inside = originals.search(prose(250, 60), top=1)[0]
    assert (inside.original, inside.relation) == ("long", "verbatim")


# ---- keeping


def test_adding_again_changes_nothing(originals):
    before = originals.info()
    assert originals.add(records(60)) == store.Added(unchanged=60)
    assert originals.info() == before


def test_new_text_replaces_the_old(originals):
    assert originals.add([("t7", prose(1007)), ("new", prose(1008))]) == store.Added(added=1, updated=1)
    assert originals.search(prose(1007), top=1)[0].original == "t7"
    assert originals.search(prose(7), top=1)[0].relation != "verbatim"
    assert len(originals) == 61


def test_an_id_twice(originals):
    assert originals.add([("x", "One text."), ("x", "One text.")]) == store.Added(added=1, unchanged=1)
    with pytest.raises(UsageError, match='id "y" comes twice'):
        originals.add([("y", "One text."), ("y", "Another text.")])
    assert "y" not in originals


def test_ids_keep_their_kind(originals):
    originals.add([(7, prose(70)), ("7", prose(71)), ("naïve ☃", prose(72))])
    assert originals.search(prose(70), top=1)[0].original == 7
    assert originals.search(prose(71), top=1)[0].original == "7"
    assert originals.search(prose(72), top=1)[0].original == "naïve ☃"
    originals.add([(2**70, prose(73)), (from_json("1e400"), prose(74)), (1.0, prose(75)), (1, prose(76))])
    found = [originals.search(prose(number), top=1)[0].original for number in range(73, 77)]
    assert [to_json(one) for one in found] == [str(2**70).encode(), b"1e400", b"1.0", b"1"]
    assert from_json("1e400") in originals


@pytest.mark.parametrize("record", [{"text": "x"}, {"id": 1}, {"id": 1, "text": None}, ("a", 3)])
def test_records_without_id_or_text(originals, record):
    with pytest.raises(UsageError):
        originals.add([record])


def test_removing_and_compacting(originals):
    assert originals.remove(["t7", "t59"]) == 2
    assert originals.search(prose(7), top=1)[0].original != "t7"
    with pytest.raises(UsageError, match='no original with the id "t7"'):
        originals.remove(["t8", "t7"])
    assert "t8" in originals
    originals.compact()
    info = originals.info()
    assert (info.originals, info.removed, info.segments) == (58, 0, 1)
    originals.add([("t59", prose(59)), ("later", prose(99))])
    for name, seed in {"t8": 8, "t59": 59, "later": 99}.items():
        assert originals.search(prose(seed), top=1)[0].original == name


def test_batches_and_merging_find_the_same(tmp_path, monkeypatch):
    with Originals(tmp_path / "one.db") as one:
        one.add(records(60))
        wanted = [one.search(spun(prose(k))) for k in range(0, 60, 7)]
    monkeypatch.setattr(store, "BATCH_TEXTS", 3)
    with Originals(tmp_path / "many.db") as many:
        many.add(records(60))
        assert 1 < many.info().segments < 20
        assert [many.search(spun(prose(k))) for k in range(0, 60, 7)] == wanted
        many.compact()
        assert many.info().segments == 1
        assert [many.search(spun(prose(k))) for k in range(0, 60, 7)] == wanted


def test_texts_are_stored_if_asked(tmp_path):
    with Originals(tmp_path / "o.db", store_text=True) as originals:
        originals.add([("a", "It rained. \ud83d"), ("b", "")])
        assert (originals.text("a"), originals.text("b"), originals.text("c")) == (
            "It rained. \ud83d",
            "",
            None,
        )
        assert originals.info().texts == 2


def test_texts_are_stored_of_originals_that_were_added_without(tmp_path):
    with Originals(tmp_path / "o.db") as originals:
        originals.add(records(5))
    with Originals(tmp_path / "o.db", store_text=True) as originals:
        done = originals.add(records(7))
        assert (done.added, done.updated, done.unchanged) == (2, 5, 0)
        assert originals.info().texts == 7
        assert originals.text("t3") == prose(3)
        assert originals.add(records(7)).unchanged == 7


def test_an_original_needs_an_id(tmp_path):
    with Originals(tmp_path / "o.db") as originals:
        for record in ((None, prose(1)), {"text": prose(1)}, {"id": None, "text": prose(1)}):
            with pytest.raises(UsageError, match="a record has no 'id'"):
                originals.add([record])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda o: o.add([5]), "a record is int; give an id and a text"),
        (lambda o: o.add([(1, 2, 3)]), "a record is tuple"),
        (lambda o: o.add([({1}, "It rained.")]), "an id must be a JSON value, not set"),
        (lambda o: o.search(None), "a text must be str or bytes, not NoneType"),
        (lambda o: o.search("It rained.", top="3"), "top must be 1 or more, not '3'"),
    ],
)
def test_wrong_calls_say_so(tmp_path, call, says):
    with Originals(tmp_path / "o.db") as originals, pytest.raises(UsageError, match=re.escape(says)):
        call(originals)


def test_a_closed_collection_says_so(tmp_path):
    with Originals(tmp_path / "o.db") as originals:
        originals.add(records(2))
    with pytest.raises(UsageError, match="was closed; open the collection again"):
        originals.search(prose(1))


# ---- several at once


def test_readers_see_what_a_writer_has_written(tmp_path):
    path = tmp_path / "o.db"
    with Originals(path) as writer, Originals(path, create=False) as reader:
        assert reader.search(prose(1)) == []
        writer.add(records(5))
        assert reader.search(prose(1), top=1)[0].original == "t1"
        writer.remove(["t1"])
        assert reader.search(prose(1), top=1)[0].original != "t1"
        writer.compact()
        assert reader.search(prose(2), top=1)[0].original == "t2"


def test_threads_share_one(originals):
    wrong = []

    def look(seed):
        for k in range(seed, 60, 4):
            if originals.search(prose(k), top=1)[0].original != f"t{k}":
                wrong.append(k)

    threads = [threading.Thread(target=look, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    originals.add(records(20, start=60))
    for thread in threads:
        thread.join()
    assert wrong == []


def test_another_writer_is_waited_for_then_reported(originals, monkeypatch):
    other = sqlite3.connect(originals.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    originals._database.connection.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(InputError, match="another process has been writing"):
        originals.add([("x", prose(900))])
    assert originals.search(prose(3), top=1)[0].original == "t3"
    other.execute("ROLLBACK")
    other.close()
    assert originals.add([("x", prose(900))]).added == 1


KILLED = """
import sys
from mtdetect.originals import store
sys.path.insert(0, sys.argv[2])
from test_originals import records
store.BATCH_TEXTS = 10
with store.Originals(sys.argv[1]) as originals:
    print("ready", flush=True)
    originals.add(records(100_000))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("patience", [0.0, 0.11, 0.37])
def test_killed_while_adding(tmp_path, patience):
    path = tmp_path / "o.db"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), os.path.dirname(__file__)],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    process.stdout.readline()
    time.sleep(patience)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with Originals(path, create=False) as originals:
        assert originals._database.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = len(originals)
        assert count % 10 == 0
        for k in range(0, count, max(1, count // 5)):
            assert originals.search(prose(k), top=1)[0].original == f"t{k}"
        assert originals.add(records(count + 10)) == store.Added(added=10, unchanged=count)


# ---- files that are not collections


def foreign(path, statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("PRAGMA user_version = 99", "newer mtdetect"),
        ("PRAGMA application_id = 5", "not a collection"),
        ("UPDATE facts SET value = 'other'", "other language tables.*make it again"),
        ("CREATE TRIGGER t AFTER INSERT ON originals BEGIN DELETE FROM facts; END", "tables are not those"),
        ("DROP TABLE removed", "tables are not those"),
    ],
)
def test_refused(originals, change, message):
    originals.close()
    foreign(originals.path, [change])
    with pytest.raises(InputError, match=message):
        Originals(originals.path)


def test_manipulated_lists_are_reported(originals):
    originals._database.connection.execute("UPDATE segments SET data = zeroblob(length(data))")
    originals._index._read.clear()
    originals.search(prose(3))  # zeros are a list, too
    originals._database.connection.execute(
        "UPDATE segments SET data = CAST(replace(hex(data), '0', 'F') AS BLOB)"
    )
    originals._index._read.clear()
    with pytest.raises(InputError, match="damaged"):
        originals.search(prose(3))


def test_damaged_pages_are_reported_or_harmless(originals):
    originals.compact()
    originals.close()
    with open(originals.path, "rb") as file:
        content = file.read()
    draw = random.Random(5)
    told = 0
    for _ in range(25):
        broken = bytearray(content)
        for _ in range(30):
            broken[draw.randrange(100, len(broken))] = draw.randrange(256)
        with open(originals.path, "wb") as file:
            file.write(broken)
        try:
            with Originals(originals.path, create=False) as damaged:
                damaged.search(prose(3))
        except MtdetectError:  # anything but an error of ours fails
            told += 1
    assert told > 0


# ---- the command


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("source", ["some.jsonl", "packed.jsonl.gz"])
def test_command(folder, capsys, source):
    assert main(["originals", "add", "o.db", source]) == 0
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "30 added, 0 updated, 0 unchanged" in streams.err
    assert main(["originals", "search", "o.db", "suspect.txt", source, "--top", "2"]) == 0
    got = lines(capsys)
    assert [row["id"] for row in got] == ["suspect.txt", *(f"t{k}" for k in range(30))]
    assert [row["matches"][0]["original"] for row in got] == ["t7", *(f"t{k}" for k in range(30))]
    assert all(
        set(match) >= {"original", "score", "relation", "copied"} for row in got for match in row["matches"]
    )
    assert all(len(row["matches"]) == 2 for row in got)
    assert main(["originals", "search", "o.db", "suspect.txt", "--format", "table"]) == 0
    assert "suspect.txt" in capsys.readouterr().out


def test_command_info_remove_compact(folder, capsys):
    main(["originals", "add", "o.db", "some.jsonl", "--store-text"])
    assert main(["originals", "info", "o.db", "--format", "jsonl"]) == 0
    (info,) = lines(capsys)
    assert (info["originals"], info["texts"], info["removed"]) == (30, 30, 0)
    assert main(["originals", "remove", "o.db", "t1", "t2"]) == 0
    assert main(["originals", "compact", "o.db"]) == 0
    assert main(["originals", "info", "o.db"]) == 0
    assert "originals  28" in capsys.readouterr().out


def test_unreadable_records_are_reported_and_the_rest_is_kept(folder, stdin, capsys):
    stdin(b'{"id": 1, "text": "It rained."}\n{broken\n{"id": 2}\n{"id": 3, "text": ""}\n')
    assert main(["originals", "add", "o.db"]) == 2
    assert "2 records skipped: -: line 2: not JSON and others" in capsys.readouterr().err
    stdin(b'{"id": 1, "text": "It rained."}\n{broken\n')
    assert main(["originals", "search", "o.db"]) == 0
    assert [(row["id"], row.get("reason")) for row in lines(capsys)] == [
        (1, None),
        ("-:2", "line 2: not JSON"),
    ]


def test_of_an_id_that_comes_twice_the_first_text_is_kept(folder, stdin, capsys):
    """A crawl may hold a page in two versions."""
    texts = ("It rained.", "It snowed.", "It rained.")
    stdin("".join(json.dumps({"id": "t1", "text": text}) + "\n" for text in texts).encode())
    assert main(["originals", "add", "o.db", "--store-text"]) == 2
    assert (
        '1 record skipped: id "t1" comes twice with different texts; give each original'
        in capsys.readouterr().err
    )
    with Originals("o.db", create=False) as originals:
        assert (len(originals), originals.text("t1")) == (1, "It rained.")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["add", "o.db", "nowhere.jsonl"], "nowhere.jsonl: no such file or folder"),
        (["add", "suspect.txt", "some.jsonl"], "suspect.txt: not a collection of originals"),
        (["add", "no/where.db", "some.jsonl"], "no/where.db: "),
        (["add", ".", "some.jsonl"], ".: is a folder"),
        (["search", "none.db", "suspect.txt"], "none.db: no such file"),
        (["search", "suspect.txt", "suspect.txt"], "suspect.txt: not a collection of originals"),
        (["search", "full.db", "nowhere.txt"], "nowhere.txt: no such file or folder"),
        (["search", "full.db", "suspect.txt", "--top", "0"], "'0' is not a number from 1 up"),
        (["remove", "full.db", "gone"], 'no original with the id "gone"'),
        (["info", "none.db"], "none.db: no such file"),
        (["info", "foreign.db"], "foreign.db: not a collection of originals"),
        (["compact", "none.db"], "none.db: no such file"),
        (["nothing"], "invalid choice"),
    ],
)
def test_wrong_use_is_reported_in_one_line(folder, capsys, args, message):
    with Originals("full.db") as full:
        full.add(records(3))
    foreign("foreign.db", ["CREATE TABLE t (a)"])
    before = sorted(path.name for path in folder.iterdir())
    assert main(["originals", *args]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("mtdetect: ")
    assert streams.err.count("\n") == 1
    assert message in streams.err
    after = sorted(path.name for path in folder.iterdir())
    assert [name for name in after if name not in before] in ([], ["o.db"])


def test_the_class_is_public():
    assert mtdetect.Originals is Originals
    assert ranking.MOST_CANDIDATES > 10


# ---- comparison with stored texts

CALM = (
    "The council voted on Monday to keep the old swimming pool open for another two years, after hundreds of parents signed "
    "a petition against its closure. The pool, built in 1961, needs a new roof and costs about 400,000 pounds a year to run. "
    "Councillors had planned to sell the site to a housing company. Head teachers of three primary schools said their pupils "
    "would have nowhere else to learn to swim."
)
SWAPPED = (
    "The council balloted on Monday to hold the aged swimming pond unfastened for another two years, after hundreds of parents "
    "autographed a supplication against its closing. The pond, constructed in 1961, necessitates a fresh ceiling and prices "
    "approximately 400,000 pounds a year to sprint. Councillors had contrived to trade the locate to a lodging company. Head "
    "teachers of three elemental schools stated their pupils would have nowhere else to study to float."
)


@pytest.fixture
def stored(tmp_path):
    with Originals(tmp_path / "stored.db", store_text=True) as originals:
        originals.add([*records(20), {"id": "pool", "text": CALM}])
        yield originals


def test_relation_is_that_of_the_comparison_where_the_text_is_stored(stored):
    comparison = mtdetect.compare(SWAPPED, CALM)
    best, *others = stored.search(SWAPPED)
    assert (best.original, best.relation) == ("pool", comparison.relation)
    assert comparison.relation == "spun"
    assert (best.copied, best.covered) == (comparison.copied, comparison.covered)
    assert best.score >= comparison.confidence > 0.9
    assert {other.relation for other in others} <= {"related", "unrelated"}


def test_relation_is_given_without_the_text_too(tmp_path):
    with Originals(tmp_path / "o.db") as originals:
        originals.add([*records(20), {"id": "pool", "text": CALM}])
        best = originals.search(SWAPPED, top=1)[0]
    assert best.original == "pool"
    assert best.relation in ("machine_translated", "paraphrased", "spun")
    assert 0.3 < best.copied <= 1


def test_long_texts_are_not_compared(stored, monkeypatch):
    monkeypatch.setattr(store, "LARGEST_COMPARED", 100)
    monkeypatch.setattr(store, "compare_documents", None)  # would fail if it were called
    assert stored.search(SWAPPED, top=1)[0].original == "pool"


def test_too_long_an_original(folder, capsys, monkeypatch):
    monkeypatch.setattr(store, "LONGEST_ORIGINAL", 600)
    lines = [{"id": 1, "text": CALM}, {"id": "long", "text": CALM * 3}, {"id": 3, "text": prose(1)[:500]}]
    (folder / "mixed.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    assert main(["originals", "add", "o.db", "mixed.jsonl"]) == 2
    assert 'the record "long" is longer than' in capsys.readouterr().err
    with Originals("o.db", create=False) as originals:
        assert [name in originals for name in (1, "long", 3)] == [True, False, True]
        assert originals.search(CALM * 3, top=1)[0].original == 1
        with pytest.raises(UsageError, match="add it in parts"):
            originals.add([("x", CALM * 3)])


def test_empty_original(stored):
    assert stored.add([("empty", ""), ("blank", " \n")]).added == 2
    assert stored.search(CALM, top=1)[0].original == "pool"
    assert stored.text("empty") == ""


def test_a_text_that_is_stored_stays_stored(tmp_path):
    with Originals(tmp_path / "o.db", store_text=True) as originals:
        originals.add([("a", CALM)])
    with Originals(tmp_path / "o.db") as originals:
        assert originals.add([("a", SWAPPED), ("b", CALM)]).updated == 1
        assert originals.text("a") == SWAPPED
        assert originals.text("b") is None


def test_tags_change_no_relation(stored):
    tagged = "<p>" + CALM.replace("petition", "<b>petition</b>").replace("pool", "<i>pool</i>") + "</p>"
    stored.add([("tagged", tagged)])
    for text in (CALM, tagged):
        found = {match.original: match.relation for match in stored.search(text, top=2)}
        assert found == {"pool": "verbatim", "tagged": "verbatim"}


# ---- verdicts with a collection


def test_verdict_with_a_collection(stored, shipped):
    alone = shipped.score(SWAPPED, id="s")
    beside = shipped.against(alone, SWAPPED, stored)
    assert beside.match.original == "pool"
    assert (beside.match.relation, beside.match.direction) == ("spun", "suspect_is_copy")
    assert beside.score > alone.score
    own = shipped.score(CALM)
    assert shipped.against(own, CALM, stored).match.relation == "verbatim"
    assert shipped.against(own, CALM, stored).score == own.score


def test_without_stored_texts_there_is_no_direction(tmp_path, shipped):
    with Originals(tmp_path / "o.db") as originals:
        originals.add([*records(20), {"id": 7, "text": CALM}])
        alone = shipped.score(SWAPPED)
        beside = shipped.against(alone, SWAPPED, originals)
        assert (beside.match.original, beside.match.direction) == (7, "unclear")
        assert beside.score == alone.score
        stranger = shipped.score("Bread is best on the day it is baked. " * 12)
        assert (
            shipped.against(stranger, "Bread is best on the day it is baked. " * 12, originals).match is None
        )
        odd = shipped.score("")
        assert shipped.against(odd, "", originals) is odd


def test_score_command_closes_the_collection(folder, monkeypatch, capsys, stored):
    closed = []
    monkeypatch.setattr(Originals, "close", lambda self: closed.append(self.path))
    (folder / "s.txt").write_text(SWAPPED, encoding="utf-8")
    assert main(["score", "s.txt", "--against", stored.path]) in (0, 1)
    assert list(map(str, closed)) == [str(stored.path)]


def test_size_of_a_collection_as_json(folder, capsys, stored):
    """The name that other commands have for one object; jsonl was the first one here, and stays."""
    facts = []
    for form in ("json", "jsonl"):
        assert main(["originals", "info", stored.path, "--format", form]) == 0
        facts.append(json.loads(capsys.readouterr().out))
    assert facts[0] == facts[1]
    assert facts[0]["originals"] >= 1


def test_inputs_of_a_collection_are_those_of_a_crawl(capsys):
    texts = []
    for command in (["originals", "add"], ["screen"]):
        main([*command, "--help"])
        texts.append(" ".join(capsys.readouterr().out.split()))
    assert all("JSON Lines, CSV, TSV, Parquet, WARC and WET files" in text for text in texts)


def test_score_command_takes_a_collection(folder, monkeypatch, capsys, stored):
    (folder / "s.txt").write_text(SWAPPED, encoding="utf-8")
    assert main(["score", "s.txt", "--against", stored.path, "--format", "json"]) in (0, 1)
    match = json.loads(capsys.readouterr().out)["match"]
    assert (match["original"], match["relation"], match["direction"]) == ("pool", "spun", "suspect_is_copy")
    with monkeypatch.context() as patch:
        patch.setattr("mtdetect.inputs.record.LARGEST", 1000)  # the collection is larger than a text may be
        assert main(["score", "s.txt", "--against", stored.path, "--format", "csv"]) in (0, 1)
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert json.loads(row["match"]) == match
    assert main(["originals", "add", "without.db", "some.jsonl"]) == 0
    capsys.readouterr()
    assert main(["score", "s.txt", "--against", "without.db", "--format", "json"]) in (0, 1)
    assert "without.db: holds originals without their texts" in capsys.readouterr().err
    foreign("foreign.db", ["CREATE TABLE t (a)"])
    for wrong in ("nowhere.db", "foreign.db"):
        assert main(["score", "s.txt", "--against", wrong]) == 2
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert wrong in message
