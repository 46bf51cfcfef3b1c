"""Trees as arrays give scikit-learn's numbers; p-values keep the budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

from mtdetect.model import calibration
from mtdetect.model.calibration import Calibration, band, expected_calibration_error
from mtdetect.model.classifier import COLUMNS, EXPERTS, SPINNING, STYLE, claims, hinged, without_style
from mtdetect.training.fit import export_trees


@pytest.fixture(scope="module")
def grown():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 5))
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nan_to_num(x[:, 0] * x[:, 1]) + np.nan_to_num(x[:, 2]) > 0.2
    model = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8, random_state=0).fit(x, y)
    return model, x


def test_trees_agree_with_scikit_learn(grown) -> None:
    model, x = grown
    columns = [7, 3, 0, 5, 2]  # the expert sees these columns of a wider table
    wide = np.zeros((len(x), 9))
    wide[:, columns] = x
    trees = export_trees(model, columns)
    np.testing.assert_allclose(trees.logits(wide), model.decision_function(x), atol=1e-6)


def test_contributions_add_up_to_the_logit(grown) -> None:
    model, x = grown
    trees = export_trees(model, range(5))
    start = trees.baseline + trees.value[trees.roots].sum()
    np.testing.assert_allclose(
        trees.contributions(trees.leaves(x), 5).sum(axis=1) + start, trees.logits(x), atol=1e-6
    )


def test_contributions_do_not_depend_on_the_company(grown) -> None:
    x = np.random.default_rng(3).normal(size=(40, 5))
    alone = export_trees(grown[0], range(5))  # has no bits yet, so that it walks
    together = export_trees(grown[0], range(5))
    leaves = together.leaves(x)
    np.testing.assert_array_equal(alone.leaves(x[7:8]), leaves[7:8])
    np.testing.assert_array_equal(alone.contributions(leaves[7:8], 5), together.contributions(leaves, 5)[7:8])


@pytest.fixture(scope="module")
def style():
    rng = np.random.default_rng(5)
    return np.stack(
        [rng.normal(size=len(STYLE)), rng.uniform(0.5, 2, len(STYLE)), rng.normal(0, 0.2, len(STYLE))]
    )


def test_style_corrects_the_expert_for_spinning_alone(style) -> None:
    rng = np.random.default_rng(6)
    strengths, x = rng.normal(size=(30, len(EXPERTS))), rng.normal(size=(30, len(COLUMNS)))
    corrected = without_style(strengths, x, style)
    others = [k for k in range(len(EXPERTS)) if k != SPINNING]
    np.testing.assert_array_equal(corrected[:, others], strengths[:, others])
    assert (corrected[:, SPINNING] != strengths[:, SPINNING]).all()
    # A text scores the same in every batch, to the last digit.
    for k in range(len(x)):
        alone = without_style(strengths[k : k + 1], x[k : k + 1], style)
        np.testing.assert_array_equal(alone, corrected[k : k + 1])


def test_a_usual_or_unmeasured_style_corrects_nothing(style) -> None:
    strengths = np.ones((2, len(EXPERTS)))
    x = np.full((2, len(COLUMNS)), np.nan)
    for name, mean in zip(STYLE, style[0], strict=True):
        x[1, COLUMNS.index(name)] = mean
    np.testing.assert_array_equal(without_style(strengths, x, style), strengths)


def test_extreme_styles_count_no_more_than_the_limit(style) -> None:
    strengths, x = np.zeros((2, len(EXPERTS))), np.full((2, len(COLUMNS)), np.nan)
    x[:, COLUMNS.index(STYLE[0])] = style[0, 0] + style[1, 0] * np.array([3.0, 1000.0])
    corrected = without_style(strengths, x, style)[:, SPINNING]
    np.testing.assert_allclose(corrected, -3 * style[2, 0])


def people(n: int, population: int = 0, shift: float = 0.0, words: int = 200) -> Calibration:
    scores = np.random.default_rng(population).normal(shift, 1, n).astype(np.float32)
    return Calibration(
        scores, np.full(n, words, np.int32), np.zeros(n, np.int16), np.full(n, population, np.int8)
    )


def test_budget_is_kept_on_new_people() -> None:
    cal = people(4000)
    new = np.random.default_rng(99).normal(0, 1, 20_000)
    for fpr in (0.005, 0.01, 0.05, 0.2):
        assert (cal.p_values(new, np.full(len(new), 200)) <= fpr).mean() == pytest.approx(fpr, rel=0.35)


def test_the_most_cautious_population_counts() -> None:
    pool, odd = people(4000), people(1000, population=1, shift=2.0)
    both = Calibration(
        *(
            np.concatenate([getattr(pool, k), getattr(odd, k)])
            for k in ("scores", "words", "source", "population")
        )
    )
    new = np.random.default_rng(5).normal(2.0, 1, 5000)
    words = np.full(len(new), 200)
    assert (both.p_values(new, words) <= 0.01).mean() < 0.015 * calibration.CAUTION
    assert (pool.p_values(new, words) <= 0.01).mean() > 0.2


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.integers(1, 3000))
def test_p_values_fall_as_scores_rise(scores: list[float], words: int) -> None:
    cal = people(500, words=words)
    ordered = np.sort(scores)
    p = cal.p_values(ordered, np.full(len(ordered), words))
    assert (np.diff(p) <= 0).all()
    assert (p > 0).all()
    assert (p <= 1).all()


def test_one_kind_of_writer_is_flagged_at_most_caution_times_the_budget() -> None:
    populations = [people(4000, population=k) for k in range(9)] + [people(4000, population=9, shift=1.0)]
    pool = Calibration(
        *(np.concatenate([getattr(p, k) for p in populations]) for k in ("scores", "words")),
        np.repeat(np.arange(10, dtype=np.int16), 4000),
        np.repeat(np.arange(10, dtype=np.int8), 4000),
    )
    rng = np.random.default_rng(7)
    words = np.full(20_000, 200)
    odd, usual = ((pool.p_values(rng.normal(at, 1, 20_000), words) <= 0.01).mean() for at in (1.0, 0.0))
    assert odd == pytest.approx(0.01 * calibration.CAUTION, rel=0.2)
    assert usual < 0.01


def test_a_band_without_people_flags_nobody() -> None:
    assert people(500, words=200).p_values(np.array([99.0]), np.array([1000])).tolist() == [1.0]


def test_bands() -> None:
    assert band(np.array([1, 39, 40, 79, 80, 149, 150, 299, 300, 599, 600, 9999])).tolist() == [
        1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]  # fmt: skip
    assert len(calibration.BANDS) == 5


def test_calibration_error() -> None:
    rng = np.random.default_rng(3)
    probability = rng.random(50_000)
    assert expected_calibration_error(probability, rng.random(len(probability)) < probability) < 0.01
    assert expected_calibration_error(np.full(100, 0.9), np.zeros(100)) == pytest.approx(0.9)


def test_calibration_error_at_even_odds_is_that_of_a_balanced_set() -> None:
    probability, true = np.array([0.2, 0.3, 0.8]), np.array([0, 1, 1])
    balanced = expected_calibration_error(np.append(probability, 0.2), np.append(true, 0))
    assert expected_calibration_error(probability, true, at_even_odds=True) == pytest.approx(balanced)
    assert expected_calibration_error(probability, true) != pytest.approx(balanced)
    assert expected_calibration_error(np.array([]), np.array([]), at_even_odds=True) == 0


def test_hinges() -> None:
    assert hinged(np.array([0.5, 2.5])).tolist() == [[0.5, 0, 0, 0], [2.5, 1.5, 0.5, 0]]


def test_each_expert_makes_its_own_claim() -> None:
    strengths = np.array([[3.0, 0.0, -4.0], [-4.0, 0.0, 3.0]])
    slopes = np.zeros((3, 4))
    slopes[:, 0] = 1.0
    case = claims(strengths, slopes, np.array([-1.0, -2.0, -1.5]))
    # What speaks against one machine does not speak against another.
    assert case.max(axis=1).tolist() == [2.0, 1.5]


@pytest.mark.parametrize("rows", [1, 700, 1700])  # below and above what is looked up in a grid
def test_trees_by_bits_agree_with_walking(grown, rows: int) -> None:
    trees = export_trees(grown[0], range(5))
    edges = [*trees.threshold, *(trees.threshold + 1e-12), np.nan, np.inf, -np.inf, 0.0, 1e9]
    x = np.random.default_rng(rows).choice(edges, size=(rows, 5))
    walked = trees.baseline + trees.value[trees._walk(x)].sum(axis=1)
    np.testing.assert_array_equal(trees.logits(x), walked)
    np.testing.assert_array_equal(trees.logits_of(trees.leaves(x)), walked)
