"""The feature blocks as scikit-learn transformers, for use in other pipelines.

>>> from mtdetect.features.transformers import BlockTransformer
>>> BlockTransformer("readability").fit_transform(["One short sentence. And another one, longer."]).shape
(1, 6)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from mtdetect.errors import UsageError
from mtdetect.features import ngrams
from mtdetect.features.blocks import BLOCKS
from mtdetect.features.lexicon import shipped
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.text.arrays import F64

BY_NAME = {block.name: block for block in BLOCKS}


Texts = Sequence[str] | npt.NDArray[Any]


def texts_of(X: Any) -> list[str]:
    """Texts of an ``X`` as a list.

    Parameters
    ----------
    X : sequence of str, or array or data frame of one column
        Texts.

    Returns
    -------
    list of str

    Raises
    ------
    UsageError
        If ``X`` contains anything else.
    """
    if isinstance(X, str):
        raise UsageError("X must be a sequence of texts, not one text")
    array = np.asarray(X, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise UsageError(f"X must have one dimension or one column of texts, not shape {array.shape}")
    for place, text in enumerate(array):
        if not isinstance(text, str):
            raise UsageError(f"X[{place}] is of type {type(text).__name__}, not a text")
    return list(array)


class TextEstimator(BaseEstimator):  # type: ignore[misc]
    """Base class of estimators whose input is texts."""

    needs_fitting = True
    """Whether anything is learnt from texts."""

    def __sklearn_tags__(self) -> Any:
        """Scikit-learn's tags: the input is strings, and whether fitting is needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = self.needs_fitting
        return tags


class _TextTransformer(TransformerMixin, TextEstimator):  # type: ignore[misc]
    """A transformer of texts that needs no fitting."""

    needs_fitting = False


class BlockTransformer(_TextTransformer):
    """One dense block.

    Parameters
    ----------
    block : str
        ``fluency``, ``collocations``, ``readability``, ``richness``, ``surface_errors`` or ``consistency``.
    """

    def __init__(self, block: str = "fluency") -> None:
        self.block = block

    def fit(self, X: Texts, y: Any = None) -> BlockTransformer:
        """Check the name of the block; nothing is learnt.

        Parameters
        ----------
        X : sequence of str, or array or data frame of one column
            Not looked at.
        y : object, optional
            Not looked at.

        Returns
        -------
        BlockTransformer
            Itself.

        Raises
        ------
        UsageError
            If no block has this name.
        """
        if self.block not in BY_NAME:
            raise UsageError(f"no feature block called {self.block!r}; there are {', '.join(BY_NAME)}")
        self.n_features_out_ = len(BY_NAME[self.block].columns)
        return self

    def transform(self, X: Texts) -> F64:
        """Measure texts.

        Parameters
        ----------
        X : sequence of str, or array or data frame of one column

        Returns
        -------
        ndarray of float64, shape (n_texts, n_features_out_)
            NaN where a feature is undefined.
        """
        lexicon = shipped()
        return BY_NAME[self.block].measure(
            View(read(texts_of(X), lexicon.vocabulary, identify=False), lexicon)
        )

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Names of the columns, such as ``fluency.surprisal``.

        Parameters
        ----------
        input_features : object, optional
            Not looked at.

        Returns
        -------
        ndarray of object, shape (n_features_out_,)
            In the order of the columns.

        Raises
        ------
        KeyError
            If no block has this name; :meth:`fit` reports it as a ``UsageError``.
        """
        return np.array(BY_NAME[self.block].names, dtype=object)


class NgramTransformer(_TextTransformer):
    """Hashed word n-grams of up to three tokens with damped counts, as a sparse matrix.

    Parameters
    ----------
    bits : int
        Number of columns as a power of two, at most ``ngrams.KEY_BITS``.
    """

    def __init__(self, bits: int = 20) -> None:
        self.bits = bits

    def fit(self, X: Texts, y: Any = None) -> NgramTransformer:
        """Check the number of columns; nothing is learnt. Parameters as for :meth:`BlockTransformer.fit`.

        Returns
        -------
        NgramTransformer
            Itself.

        Raises
        ------
        UsageError
            If it is out of range.
        """
        if not 1 <= self.bits <= ngrams.KEY_BITS:
            raise UsageError(f"bits must be 1 to {ngrams.KEY_BITS}, not {self.bits}")
        self.n_features_out_ = 1 << self.bits
        return self

    def transform(self, X: Texts) -> csr_matrix:
        """Count the n-grams of texts. Parameters as for :meth:`BlockTransformer.transform`.

        Returns
        -------
        csr_matrix of float32, shape (n_texts, 2**bits)

        Raises
        ------
        UsageError
            If ``X`` contains anything but texts.
        """
        batch = read(texts_of(X), shipped().vocabulary, identify=False)
        doc = batch.doc.astype(np.int64) << self.bits
        keys = [doc | part >> (ngrams.KEY_BITS - self.bits) for part in ngrams.hashed(batch)]
        cell, count = np.unique(np.concatenate(keys), return_counts=True)
        row = cell >> self.bits
        value = ngrams.damped(count, batch.words[row])
        return csr_matrix((value, (row, cell & ((1 << self.bits) - 1))), shape=(len(batch), 1 << self.bits))
