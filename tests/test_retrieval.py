"""Training of the search model: its queries, its collection, and the fitted model."""

from __future__ import annotations

import numpy as np
import pytest

from mtdetect.errors import InputError, ModelError
from mtdetect.originals import Originals
from mtdetect.originals.scoring import RANK, RELATIONS, load_search_model
from mtdetect.training import corpus, retrieval
from mtdetect.training.retrieval import Query, Searched


def searched(count=120):
    """Queries with one original each among eight candidates, and a quarter of queries without one."""
    draw = np.random.default_rng(1)
    result = []
    for k in range(count):
        has = k % 4 > 0
        columns = draw.normal(0.2, 0.05, (8, len(RANK)))
        columns[:, RANK.index("weight")] = 6.0
        relation = RELATIONS[k // 4 % 4] if has else "unrelated"
        if has:
            columns[3] += 0.6 + 0.1 * (k % 3)
            columns[3, RANK.index("weight")] = 6.0
        query = Query("", "x3" if has else None, relation if has else "none", relation, f"g{k}")
        result.append(Searched(query, [f"x{n}" for n in range(8)], columns))
    return result


def test_model_ranks_the_original_first_and_scores_it_high():
    model, figures = retrieval.fit(searched())
    assert set(figures["originals first"].values()) == {1.0}
    assert figures["search"]["texts without an original that score 0.5 or more"] < 0.1
    # Sharing more never lowers the rank.
    weights = np.delete(model.search_rank[:-1], RANK.index("weight"))
    assert (weights >= 0).all()
    own, rival, _ = model.search_score
    assert own > 0 > rival


def test_the_same_searches_give_the_same_model():
    first, second = (retrieval.fit(searched())[0] for _ in range(2))
    for name in ("search_rank", "search_score", "search_rival", "search_relation"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_collection_holds_no_part_of_the_originals_but_themselves(tmp_path, monkeypatch):
    own = "The baker of Penrith sold nine hundred quince pies before the bells rang. " * 2
    other = "Nobody in the valley remembered when the old tannery had last been painted. " * 2
    query = "A stranger asked the ferryman whether the harbour would be frozen by the evening."
    rows = [
        {"id": "1", "group": "1", "text": f"It rained.\n{own}"},
        {"id": "2", "group": "2", "text": other},
        {"id": "3", "group": "3", "text": f"{query} He did not answer."},
    ]
    path = tmp_path / "some.jsonl.xz"
    monkeypatch.setattr(retrieval, "WORDS", (5, 100))
    monkeypatch.setattr(retrieval.corpus, "human_files", lambda data: [path])
    monkeypatch.setattr(retrieval.corpus, "records", lambda path: iter(rows))
    monkeypatch.setattr(retrieval.corpus, "role", lambda name, group: "tables")
    monkeypatch.setattr(retrieval, "DRAWN", 1.0)
    with Originals(tmp_path / "o.db") as originals:
        retrieval.fill(
            originals, {"own": own}, [Query(query, None, "none", "unrelated", "g")], tmp_path, size=10
        )
        assert {name: name in originals for name in ("own", "1", "2", "3")} == {
            "own": True,
            "1": False,
            "2": True,
            "3": False,
        }


def test_other_columns_are_refused(tmp_path, monkeypatch):
    import mtdetect.originals.scoring as scoring
    from mtdetect import artifacts

    model = load_search_model()
    facts = {"search_columns": [list(RANK), list(RELATIONS)]}
    artifacts.write(tmp_path / "a", scoring.arrays_of(model), facts)
    assert np.array_equal(load_search_model(tmp_path / "a").search_rank, model.search_rank)
    artifacts.write(tmp_path / "b", scoring.arrays_of(model), {"search_columns": [["other"], []]})
    with pytest.raises(ModelError, match="train again"):
        load_search_model(tmp_path / "b")
    short = scoring.arrays_of(model) | {"search_rank": model.search_rank[1:]}
    artifacts.write(tmp_path / "c", short, facts)
    with pytest.raises(ModelError, match="another shape"):
        load_search_model(tmp_path / "c")


def test_too_few_texts_for_queries_are_named(tmp_path) -> None:
    with pytest.raises(InputError, match="too few human texts; the models of pairs need some ten thousand"):
        retrieval._next_text(iter([]), tmp_path)
    (tmp_path / "human").mkdir()
    (tmp_path / "human" / "letters.jsonl.xz").touch()
    with pytest.raises(InputError, match=r"no human/allsides_news\.jsonl\.xz in it"):
        corpus.human_file(tmp_path, "allsides_news")
    assert corpus.human_file(tmp_path, "letters").name == "letters.jsonl.xz"
