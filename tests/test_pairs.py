"""Learning from pairs: what pairs are made of, and the model that comes of them."""

from __future__ import annotations

import json

import pytest

from mtdetect.errors import ModelError
from mtdetect.originals.judging import load_judge
from mtdetect.training import pairs
from mtdetect.training.examples import Example
from mtdetect.training.pairs import TextPair

NAMES = "Anna Boris Clara David Elena Frank Greta Henry Irene James".split()
PLACES = "harbour library station market museum bakery theatre garden hospital stadium".split()
VERBS = "painted repaired visited measured cleaned rented closed sketched guarded bought".split()
SWAPS = {
    "painted": "colored",
    "repaired": "mended",
    "visited": "frequented",
    "measured": "gauged",
    "small": "diminutive",
    "evening": "eventide",
    "old": "aged",
    "friends": "companions",
    "because": "since",
}


def text(seed, size=8):
    lines = []
    for k in range(size):
        name, place, verb = (
            NAMES[(seed * 7 + k) % 10],
            PLACES[(seed * 3 + k * 3) % 10],
            VERBS[(seed + k * 7) % 10],
        )
        lines.append(
            f"{name} {verb} the old {place} with {2 + (seed * k) % 90} friends, because the small {PLACES[(seed + k) % 10]} "
            f"was closed that evening."
        )
    return "\n".join(lines)


def spun(given):
    for word, other in SWAPS.items():
        given = given.replace(word, other)
    return given


@pytest.fixture(scope="module")
def training():
    result = []
    for k in range(16):
        own = text(k)
        result += [
            TextPair(spun(own), own, "spun", "spinner", f"spin:{k % 4}"),
            TextPair(
                own.replace("with", "together with the").replace("that evening", "in the evening"),
                own,
                "machine_translated",
                "mt_train",
                f"mt/{k % 4}",
            ),
            TextPair(own.replace("Anna", "And Anna"), own, "edited", "desk", "desk"),
            TextPair(
                own.replace("the old", "one old old"), own, "machine_translated", "apertium", f"ap:{k % 4}"
            ),
            TextPair(own, text(k + 41, 5), "related", "allsides", "allsides/1"),
            TextPair(
                own, f"It rained on day {k}. Nobody came to the {PLACES[k % 10]}.", "unrelated", "people", "p"
            ),
        ]
    return result


def test_model_is_written_and_the_same_again(training, shipped, tmp_path):
    from mtdetect.comparison.model import PairModel

    found = pairs.measured(training, shipped.lexicon, progress=lambda line: None)
    lines: list[str] = []
    first = pairs.write_pairs(training, found, load_judge(), {}, tmp_path / "a", lines.append)
    second = pairs.write_pairs(training, found, load_judge(), {}, tmp_path / "b", lines.append)
    assert first == second
    assert any(line.startswith("direction right where given") for line in lines)
    assert first["figures"]["copies called copies"]["spinner"] == 1
    model = PairModel.load(tmp_path / "a")
    comparison = shipped.compare(spun(text(90)), text(90))
    assert comparison.is_copy
    measures, style = found[0]
    makers = model.makers(measures.kind, 0.1)
    assert makers.sum() == pytest.approx(1)
    assert model.direction_odds(measures, style, makers) > 0

    path = tmp_path / "a" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["columns"][0].append("another")
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="train again"):
        PairModel.load(tmp_path / "a")


def test_excerpts_keep_whole_sentences():
    own = text(3, 20)
    written = [Example("Someone else wrote this. And this, too.", "original", "g", "s", "", "", "train", "e")]
    changed = 0
    for k in range(60):
        pair = TextPair(f"{k}. " + own, own, "spun", "spinner", "x")
        cut = pairs._perhaps_excerpt(pair, written)
        changed += cut != pair
        for line in cut.original.split("\n"):
            assert line in own
    assert 5 < changed < 45
    other = TextPair(own, own, "related", "allsides", "x")
    assert pairs._perhaps_excerpt(other, written) == other


def test_desk_leaves_most_as_it_was():
    written = [Example(text(k, 10), "original", f"g{k}", "s", "", "", "train", "e") for k in range(12)]
    edited = list(pairs._edited(written, 12))
    assert edited
    for pair in edited:
        assert pair.kind == "edited"
        assert pairs._shared_runs(pair.suspect, pair.original) > 0.3
