from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_checks

from mtdetect.errors import UsageError
from mtdetect.integrations.sklearn import (
    COLUMNS,
    AdaptedClassifier,
    DetectorClassifier,
    VerdictTransformer,
    texts_of,
)

ESTIMATORS = (VerdictTransformer, DetectorClassifier, AdaptedClassifier)

PLAIN = (
    "We walked home along the canal in the rain, and nobody said a word until the lock. My sister had left her umbrella in "
    "the pub, so we shared mine, which was too small for one. At number {} the lights were still on, and somebody was playing "
    "the piano, badly but with great feeling. I have thought about that evening more often than it deserves."
)
SPUN = (
    "We ambled domicile along the waterway in the precipitation, and nonentity uttered an utterance until the lock. My "
    "sibling had departed her brolly in the tavern, so we divided mine, which was excessively diminutive for one. At figure {} "
    "the illuminations were motionless on, and somebody was frolicking the pianoforte, poorly but with enormous sensation."
)
X = [text.format(k) for k in range(8) for text in (PLAIN, SPUN)]
Y = ["original", "spun"] * 8


def degraded(y):
    return [name == "spun" for name in y]


@pytest.mark.filterwarnings("ignore:Can't test estimator")
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_checks_of_scikit_learn(shipped, kind):
    """The checks for estimators of texts, and those that need no data."""
    estimator_checks.check_estimator(kind())
    for name in (
        "check_parameters_default_constructible",
        "check_no_attributes_set_in_init",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_repr",
        "check_valid_tag_types",
    ):
        getattr(estimator_checks, name)(kind.__name__, kind())


def test_verdicts_as_numbers(shipped):
    transformer = VerdictTransformer()
    rows = transformer.fit_transform(X[:2])
    assert list(transformer.get_feature_names_out()) == list(COLUMNS)
    verdict = shipped.score(X[1], evidence=False)
    assert rows[1][0] == pytest.approx(np.log(verdict.score / (1 - verdict.score)))
    assert np.exp(rows[1][2]) == pytest.approx(verdict.p_value)
    assert np.exp(rows[1][3]) == pytest.approx(verdict.words)
    assert transformer.transform([""]).shape == (1, 4)
    assert np.isfinite(transformer.transform(["", "12 34", "Le chat."])).all()
    assert transformer.transform([]).shape == (0, 4)


def test_shipped_detector_keeps_the_budget(shipped):
    classifier = DetectorClassifier(fpr=0.05).fit(X, Y)
    assert classifier.classes_.tolist() == ["original", "spun"]
    wanted = ["spun" if shipped.score(text, fpr=0.05).flagged else "original" for text in X]
    assert classifier.predict(X).tolist() == wanted
    shares = classifier.predict_proba(X)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(X)))
    assert shares[:, 1] == pytest.approx([shipped.score(text).score for text in X])


@pytest.mark.parametrize("y", [degraded(Y), [int(one) for one in degraded(Y)]])
def test_second_of_two_classes_means_degraded(shipped, y):
    classifier = DetectorClassifier().fit(X, y)
    assert classifier.predict_proba(X)[:, 1] == pytest.approx([shipped.score(text).score for text in X])
    assert set(classifier.predict(X)) <= set(y)


def test_all_three_classes(shipped):
    classifier = DetectorClassifier().fit(X[:3], ["original", "spun", "machine_translated"])
    probabilities = shipped.score(X[1]).probabilities
    shares = classifier.predict_proba(X[1:2])[0]
    assert shares == pytest.approx([probabilities[name] for name in classifier.classes_])


def test_degraded_classes_without_original(shipped):
    classifier = DetectorClassifier().fit(X[:2], ["spun", "machine_translated"])
    shares = classifier.predict_proba(X)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(X)))
    assert (classifier.predict(X) == classifier.classes_[shares.argmax(axis=1)]).all()
    assert classifier.predict_proba([""]).tolist() == [[0.5, 0.5]]


def test_adapted_to_labelled_texts():
    classifier = AdaptedClassifier(class_weight="balanced").fit(X, Y)
    assert classifier.score(X, Y) == 1.0
    assert classifier.predict_proba(X).shape == (16, 2)
    assert ((classifier.decision_function(X) > 0) == np.array(degraded(Y))).all()


def test_cross_validation_and_grids():
    assert cross_val_score(AdaptedClassifier(), X, Y, cv=2).min() == 1.0
    assert cross_val_score(DetectorClassifier(fpr=0.5), X, degraded(Y), cv=2, scoring="roc_auc").min() == 1.0
    grid = GridSearchCV(AdaptedClassifier(), {"C": [0.1, 1.0]}, cv=2).fit(X, Y)
    assert grid.best_params_["C"] in (0.1, 1.0)


def test_in_a_pipeline():
    pipeline = make_pipeline(VerdictTransformer(), StandardScaler(), DecisionTreeClassifier(random_state=0))
    assert clone(pipeline).fit(X, Y).score(X, Y) == 1.0


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_survives_pickling(kind):
    fitted = kind().fit(X[:4], Y[:4])
    again = pickle.loads(pickle.dumps(fitted))
    apply = "transform" if kind is VerdictTransformer else "predict_proba"
    assert (getattr(again, apply)(X[:4]) == getattr(fitted, apply)(X[:4])).all()


def test_texts_in_many_forms():
    column = np.array(X[:2], dtype=object)
    assert (
        texts_of(column)
        == texts_of(column[:, None])
        == texts_of(np.array(X[:2]))
        == texts_of(tuple(X[:2]))
        == X[:2]
    )


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("a text", "not one text"),
        ([1, 2], r"X\[0\] is of type int"),
        (["a", None], r"X\[1\] is of type NoneType"),
        (np.zeros((2, 2)), r"shape \(2, 2\)"),
    ],
)
def test_invalid_texts_are_reported(given, error):
    with pytest.raises(UsageError, match=error):
        texts_of(given)


def test_wrong_use_is_reported():
    for kind in (DetectorClassifier, AdaptedClassifier):
        with pytest.raises(NotFittedError):
            kind().predict(X)
        with pytest.raises(UsageError, match="requires y"):
            kind().fit(X, None)
        with pytest.raises(UsageError, match="16 texts"):
            kind().fit(X, Y[:3])
    with pytest.raises(UsageError, match="3 classes"):
        DetectorClassifier().fit(X[:3], ["a", "b", "c"])
    with pytest.raises(UsageError, match="error budget"):
        DetectorClassifier(fpr=2).fit(X, Y)
