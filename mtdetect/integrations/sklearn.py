"""The detector as scikit-learn estimators, for pipelines, cross-validation and your own texts.

>>> from mtdetect.integrations.sklearn import DetectorClassifier
>>> texts = ["It rained all day, so we stayed in and read. Nobody minded, because the stove was lit. " * 5] * 2
>>> DetectorClassifier().fit(texts, ["original", "spun"]).predict_proba(texts).shape
(2, 2)

``X`` is always a list, an array or a column of texts.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from mtdetect.detector import load
from mtdetect.errors import UsageError
from mtdetect.features.transformers import TextEstimator, Texts, texts_of
from mtdetect.text.arrays import F64
from mtdetect.verdict import CLASSES, DEFAULT_FPR, Mode, Verdict, check_fpr

COLUMNS = ("log_odds", "log_odds_spun", "log_p_value", "log_words")

_DEGRADED: tuple[str, ...] = tuple(name for name in CLASSES if name != "original")

MIN_PROBABILITY = 1e-6
"""Lower limit of probabilities before taking logarithms: verdicts are not more precise."""


class VerdictTransformer(TransformerMixin, TextEstimator):  # type: ignore[misc]
    """The detector's verdict on a text as four features.

    They are the natural logarithms of the odds of degraded against original, of the odds of spun against machine-translated,
    of the p-value and of the number of words. Nothing is fitted.

    Parameters
    ----------
    model : str or Path, optional
        Folder of a model; the English one of the package if None.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.
    """

    needs_fitting = False

    def __init__(self, model: str | Path | None = None, retranslate: Mode = "never") -> None:
        self.model = model
        self.retranslate = retranslate

    def fit(self, X: Texts, y: Any = None) -> VerdictTransformer:
        """Check the model; nothing is fitted.

        Parameters
        ----------
        X, y
            Not used.

        Returns
        -------
        VerdictTransformer
            Itself.

        Raises
        ------
        ModelError
            If the model is missing or damaged.
        """
        load(self.model)
        self.n_features_out_ = len(COLUMNS)
        return self

    def transform(self, X: Texts) -> F64:
        """Judge texts.

        Parameters
        ----------
        X : sequence of str, or array or data frame of one column
            Texts.

        Returns
        -------
        ndarray of float64, shape (n_texts, 4)
            Columns in the order of :data:`COLUMNS`.

        Raises
        ------
        UsageError
            If ``X`` holds anything but texts, or there is no such way of consulting the engine as ``retranslate``.
        MissingExtraError
            If ``retranslate`` is ``always`` and the engine is not installed.
        ModelError
            If the model or the engine is missing or damaged.
        """
        verdicts = load(self.model).score_many(texts_of(X), evidence=False, retranslate=self.retranslate)
        rows = [_row(verdict) for verdict in verdicts]
        return np.array(rows, float).reshape(-1, len(COLUMNS))

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features
            Not used; scikit-learn passes it.

        Returns
        -------
        ndarray of object, shape (4,)
            :data:`COLUMNS`.
        """
        return np.array(COLUMNS, dtype=object)


class DetectorClassifier(ClassifierMixin, TextEstimator):  # type: ignore[misc]
    """The detector as a classifier; fitting only learns the names of your classes.

    Parameters
    ----------
    fpr : float
        Error budget: ``predict`` returns a degraded class only if the verdict is flagged at this budget.
    model : str or Path, optional
        Folder of a model; the English one of the package if None.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.

    Attributes
    ----------
    classes_ : ndarray
        Either two classes of any name, of which the second in sorted order (1, True, "machine") means degraded; or some
        of ``original``, ``machine_translated`` and ``spun``.
    """

    def __init__(
        self, fpr: float = DEFAULT_FPR, model: str | Path | None = None, retranslate: Mode = "never"
    ) -> None:
        self.fpr = fpr
        self.model = model
        self.retranslate = retranslate

    def fit(self, X: Texts, y: Any) -> DetectorClassifier:
        """Learn the names of the classes.

        Parameters
        ----------
        X : sequence of str, or array or data frame of one column
            Texts; only their number counts.
        y : sequence, shape (n_texts,)
            Class of each text, of two classes of any name or of some of the detector's.

        Returns
        -------
        DetectorClassifier
            Itself.

        Raises
        ------
        UsageError
            If there are not two classes and they are not the detector's; if ``y`` is None or has not one entry for each text; if ``X`` holds anything
            but texts; or if ``fpr`` is not between 0 and 1.
        ValueError
            If ``y`` holds no classes, such as fractions.
        ModelError
            If the model is missing or damaged.
        """
        check_fpr(self.fpr)
        load(self.model)
        self.classes_ = _classes(X, y)
        known = set(self.classes_.tolist()) <= set(CLASSES) and len(self.classes_) > 1
        if not known and len(self.classes_) != 2:
            raise UsageError(f"y has {len(self.classes_)} classes; use two, or some of {', '.join(CLASSES)}")
        self._shares_of: list[set[str]] = self._by_name() if known else [{"original"}, set(_DEGRADED)]
        return self

    def _by_name(self) -> list[set[str]]:
        names = self.classes_.tolist()
        if len(names) == 2 and "original" in names:  # the other class then stands for both degraded ones
            return [{"original"} if name == "original" else set(_DEGRADED) for name in names]
        return [{name} for name in names]

    def predict_proba(self, X: Texts) -> F64:
        """Calibrated probability of each class.

        Parameters
        ----------
        X : sequence of str, or array or data frame of one column
            Texts.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes)
            Rows add up to 1.

        Raises
        ------
        NotFittedError
            If the estimator was not fitted.
        UsageError, MissingExtraError, ModelError
            As for :meth:`mtdetect.integrations.sklearn.VerdictTransformer.transform`; ``UsageError`` also if ``fpr`` is not between 0 and 1.
        """
        return self._shares(self._verdicts(X))

    def predict(self, X: Texts) -> npt.NDArray[Any]:
        """Predict the class of each text within the error budget.

        Parameters and errors as for :meth:`mtdetect.integrations.sklearn.DetectorClassifier.predict_proba`.

        Returns
        -------
        ndarray, shape (n_texts,)
            Of ``classes_``. If these are ``machine_translated`` and ``spun``, the more probable one, whatever the budget.
        """
        verdicts = self._verdicts(X)
        shares = self._shares(verdicts)
        degraded = np.array(["original" not in names for names in self._shares_of])
        if degraded.all():
            return self.classes_[shares.argmax(axis=1)]
        best = np.where(degraded[None], shares, -1).argmax(axis=1)
        flagged = np.array([verdict.flagged for verdict in verdicts], bool)
        return self.classes_[np.where(flagged, best, int((~degraded).argmax()))]

    def _verdicts(self, X: Texts) -> list[Verdict]:
        check_is_fitted(self)
        return list(
            load(self.model).score_many(
                texts_of(X), fpr=self.fpr, evidence=False, retranslate=self.retranslate
            )
        )

    def _shares(self, verdicts: list[Verdict]) -> F64:
        rows = [
            [sum(verdict.probabilities[name] for name in names) for names in self._shares_of]
            for verdict in verdicts
        ]
        shares = np.array(rows, float).reshape(-1, len(self.classes_))
        total = shares.sum(axis=1, keepdims=True)
        # Neither of two kinds of machines wrote a text by a person, or one that is not judged: it is as probably of the one as of the other.
        even = np.full_like(shares, 1 / len(self.classes_))
        return np.divide(shares, total, out=even, where=total > 0)


class AdaptedClassifier(ClassifierMixin, TextEstimator):  # type: ignore[misc]
    """A logistic regression on the detector's verdicts, fitted to your own labelled texts.

    A few dozen texts are enough to adapt the scores to your texts. It does not learn new kinds of degraded text; for that,
    combine ``mtdetect.features.transformers`` with an estimator of your choice.

    Parameters
    ----------
    C : float
        Inverse of the strength of regularisation.
    class_weight : dict, "balanced" or None
        As in ``LogisticRegression``.
    model : str or Path, optional
        Folder of a model; the English one of the package if None.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.

    Attributes
    ----------
    classes_ : ndarray
        In sorted order.
    pipeline_ : Pipeline
        The fitted pipeline.
    """

    def __init__(
        self,
        C: float = 1.0,
        class_weight: dict[Any, float] | str | None = None,
        model: str | Path | None = None,
        retranslate: Mode = "never",
    ) -> None:
        self.C = C
        self.class_weight = class_weight
        self.model = model
        self.retranslate = retranslate

    def fit(self, X: Texts, y: Any) -> AdaptedClassifier:
        """Learn from labelled texts.

        Parameters
        ----------
        X : sequence of str
            Texts.
        y : sequence
            Their classes, two or more.
        """
        self.classes_ = _classes(X, y)
        self.pipeline_: Pipeline = make_pipeline(
            VerdictTransformer(self.model, self.retranslate),
            StandardScaler(),
            LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=1000),
        ).fit(X, np.asarray(y))
        return self

    def predict_proba(self, X: Texts) -> F64:
        """Probability of each class.

        Parameters
        ----------
        X : sequence of str, or array or data frame of one column
            Texts.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes)
            In the order of ``classes_``; rows add up to 1.

        Raises
        ------
        NotFittedError
            If the estimator was not fitted.
        UsageError, MissingExtraError, ModelError
            As for :meth:`mtdetect.integrations.sklearn.VerdictTransformer.transform`.
        """
        check_is_fitted(self)
        return np.asarray(self.pipeline_.predict_proba(X))

    def decision_function(self, X: Texts) -> F64:
        """Log-odds; one column per class if there are more than two.

        Parameters and errors as for :meth:`mtdetect.integrations.sklearn.AdaptedClassifier.predict_proba`.

        Returns
        -------
        ndarray of float64, shape (n_texts,) or (n_texts, n_classes)
            With two classes, positive where the second of ``classes_`` is more probable.
        """
        check_is_fitted(self)
        return np.asarray(self.pipeline_.decision_function(X))

    def predict(self, X: Texts) -> npt.NDArray[Any]:
        """Predict the most probable class of each text.

        Parameters and errors as for :meth:`mtdetect.integrations.sklearn.AdaptedClassifier.predict_proba`.

        Returns
        -------
        ndarray, shape (n_texts,)
            Of ``classes_``.
        """
        check_is_fitted(self)
        return np.asarray(self.pipeline_.predict(X))


def _row(verdict: Verdict) -> tuple[float, ...]:
    shares = {name: max(share, MIN_PROBABILITY) for name, share in verdict.probabilities.items()}
    return (
        math.log((shares["machine_translated"] + shares["spun"]) / shares["original"]),
        math.log(shares["spun"] / shares["machine_translated"]),
        math.log(max(verdict.p_value, MIN_PROBABILITY)),
        math.log(max(verdict.words, 1)),
    )


def _classes(X: Any, y: Any) -> npt.NDArray[Any]:
    if y is None:
        raise UsageError("this estimator requires y to be passed, but the target y is None")
    check_classification_targets(y)
    count = len(texts_of(X))
    if np.shape(y) != (count,):
        raise UsageError(f"X has {count} texts, but y has shape {np.shape(y)}")
    return np.unique(np.asarray(y))
