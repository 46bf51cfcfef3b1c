"""Training pairs, and the pair model fitted on them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mtdetect.comparison.model import METHODS
from mtdetect.errors import InputError, ModelError
from mtdetect.originals.scoring import load_search_model
from mtdetect.training import pair_fit, pairs
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
                own.replace("was closed", "had been closed down, as everybody recalled, on"),
                own,
                "paraphrased",
                pairs.REWRITES,
                f"rewrites/{k % 3}",
            ),
            TextPair(
                own.replace("the old", "one old old"), own, "machine_translated", "apertium", f"ap:{k % 4}"
            ),
            TextPair(own, text(k + 41, 5), "related", "allsides", "allsides/1"),
            TextPair(
                own, f"It rained on day {k}. Nobody came to the {PLACES[k % 10]}.", "unrelated", "people", "p"
            ),
        ]
    return result


def test_too_few_copies_are_refused_in_one_line(tmp_path):
    enough = np.repeat(np.arange(len(METHODS)), pair_fit.LEAST_COPIES)
    pair_fit.require_enough(tmp_path, enough)
    with pytest.raises(
        InputError, match=r"they make 59 copies of the kind 'rules', and at least 60 are needed"
    ):
        pair_fit.require_enough(tmp_path, np.delete(enough, pair_fit.LEAST_COPIES))


def test_model_is_written_and_the_same_again(training, shipped, tmp_path):
    from mtdetect.comparison.model import PairModel

    found = pairs.measured(training, shipped.lexicon, progress=lambda line: None)
    lines: list[str] = []
    first = pairs.write_pairs(
        training, found, load_search_model(), {}, shipped.lexicon, tmp_path / "a", lines.append
    )
    second = pairs.write_pairs(
        training, found, load_search_model(), {}, shipped.lexicon, tmp_path / "b", lines.append
    )
    assert first == second
    assert any(line.startswith("direction right where given") for line in lines)
    assert first["figures"]["copies called copies"]["spinner"] == 1
    model = PairModel.load(tmp_path / "a")
    comparison = shipped.compare(spun(text(90)), text(90))
    assert comparison.is_copy
    measures, style = found[0]
    making = model.making(measures, style, 0.1)
    assert making.methods.sum() == pytest.approx(1)
    assert making.direction_odds > 0

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
        assert pairs._shared_ngrams(pair.suspect, pair.original) > 0.3


def test_short_texts_of_one_source_are_no_copies():
    written = [
        Example(text(k, 9), "original", f"g{k // 2}", "s" if k % 3 else "t", "", "", "train", "e")
        for k in range(30)
    ]
    found = pairs._short(written)
    groups = {example.text[:40]: example.group for example in written}
    assert found
    for pair in found:
        assert not pair.is_copy
        assert groups[pair.suspect[:40]] != groups[pair.original[:40]]
        assert len(pair.suspect.split()) <= pairs.PASSAGE[1]


def test_strangers_share_domain_but_no_group():
    written = [{"id": f"w{k}", "group": f"g{k // 2}", "domain": "ab"[k % 2]} for k in range(20)]
    made = [one | {"id": f"m{k}"} for k, one in enumerate(written)]
    for near in (True, False):
        found = list(pairs._strangers(written, made, near=near))
        assert len(found) > 20
        for first, other in found:
            assert first["domain"] == other["domain"]
            assert first["group"] != other["group"]
            assert other["id"].startswith("w")


def test_odds_of_directions_are_calibrated_by_a_factor():
    from mtdetect.training import pair_fit

    draw = np.random.default_rng(0)
    true = draw.normal(0, 2, 4000)
    sign = np.where(draw.random(4000) < 1 / (1 + np.exp(-true)), 1.0, -1.0)
    # Written so that all should be positive; the log-odds are three times too large.
    assert pair_fit.slope_of(3 * true * sign, np.ones(4000)) == pytest.approx(1 / 3, rel=0.15)
    threshold = pair_fit.direction_threshold(true * sign, np.ones(4000))
    given = np.abs(true) >= threshold
    assert (true * sign > 0)[given].mean() >= pair_fit.DIRECTION_RIGHT


def test_swapped_texts_swap_the_classes():
    from mtdetect.comparison.model import DIRECTED, METHODS, class_probabilities

    draw = np.random.default_rng(1)
    same, differ = draw.normal(size=(7, len(METHODS))), draw.normal(size=(7, len(DIRECTED)))
    there, back = class_probabilities(same, differ), class_probabilities(same, -differ)
    assert np.allclose(there, back[:, ::-1])
    assert np.allclose(there.sum(axis=(1, 2)), 1)
    assert np.allclose(there[:, 0, len(DIRECTED) :], there[:, 1, len(DIRECTED) :])
