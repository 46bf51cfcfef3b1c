"""The network of the engine: a transformer encoder and a decoder of simpler simple recurrent units (SSRU).

The architecture is ``tiny11`` of the Firefox Translations models (Bogoychev et al. 2020, "Edinburgh's submissions to the 2020 machine
translation efficiency task"): width 256, 8 heads, feed-forward width 1,536, 6 encoder layers, 2 decoder layers whose self-attention is
replaced by an SSRU (Kim et al. 2019, "From research to production and back"), one embedding matrix for source, target and output.

Activations are rounded to int8 with the factors of the model, as Marian's integer kernels do. Sums of products of int8 values stay below
2**24, so float32 arithmetic gives them exactly, in whatever order a BLAS sums them. Attention and exponentials are computed in float64 and
rounded to float32. So a sentence gets the same states in every batch and on every machine.

Sentences lie one after another in one array, without padding. What mixes tokens (attention) is computed sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtdetect.features.retranslation.marian import Weights
from mtdetect.text.arrays import F32, F64, I32, I64

END = 0
"""Token that ends a sentence."""

UNKNOWN = 1
"""Token of an unknown character; never chosen in a translation."""

HEADS = 8
EPSILON = np.float32(1e-6)

MOST_POSITIONS = 1_024
"""Longest sentence, in tokens."""

_FEW_ROWS = 4

EXACT_INPUTS = 1_040
"""Most inputs whose products of int8 values sum to less than 2**24: 127 * 127 * 1,040 = 16,774,160."""


class Dense:
    """A linear layer with activations rounded to int8.

    Parameters
    ----------
    weights : Weights
        Of the model.
    names : sequence of str
        Matrices that share their input and its factor; their outputs are joined.
    biases : sequence of str or None
        Their biases.
    factor : str, optional
        Name of the factor of the activations; that of the first matrix if not given.
    """

    def __init__(
        self,
        weights: Weights,
        names: Sequence[str],
        biases: Sequence[str | None],
        factor: str | None = None,
    ) -> None:
        parts = [weights.matrices[name] for name in names]
        self.factor = weights.floats[factor or f"{names[0]}_QuantMultA"].item()
        # One row for each input: with few sentences BLAS is half as fast again as with one row for each output.
        matrix = np.concatenate([part.values for part in parts]).T.astype(np.float32, order="C")
        inputs = len(matrix)
        pieces = -(-inputs // EXACT_INPUTS)
        width = -(-inputs // pieces)
        self.columns = [slice(at, at + width) for at in range(0, inputs, width)]
        self.parts = [matrix[own] for own in self.columns]
        scales = [np.full(len(part.values), 1 / (self.factor * part.factor), np.float32) for part in parts]
        self.scale = np.concatenate(scales)
        self.bias = np.concatenate(
            [
                np.zeros(len(part.values), np.float32) if name is None else weights.floats[name].ravel()
                for part, name in zip(parts, biases, strict=True)
            ]
        )

    def __call__(self, states: F32) -> F32:
        """Outputs of each row."""
        return self.of_rounded(quantised(states, self.factor))

    def of_rounded(self, given: F32) -> F32:
        """Outputs of each row of activations that are rounded already.

        Parameters
        ----------
        given : ndarray of float32, shape (n, n_inputs)
            Activations as :func:`quantised` gives them.

        Returns
        -------
        ndarray of float32, shape (n, n_outputs)
            The outputs of the joined matrices stand side by side.
        """
        result = product(given[:, self.columns[0]], self.parts[0])
        for own, part in zip(self.columns[1:], self.parts[1:], strict=True):
            result += product(given[:, own], part)
        result *= self.scale
        result += self.bias
        return result


def quantised(states: F32, factor: float) -> F32:
    """Activations as whole numbers from -127 to 127.

    Parameters
    ----------
    states : ndarray of float32
        Activations, in an array of any shape; not changed.
    factor : float
        What they are multiplied by before they are rounded.

    Returns
    -------
    ndarray of float32
        Of the same shape.
    """
    return rounded(states * np.float32(factor))


def rounded(values: F32) -> F32:
    """The nearest whole numbers from -127 to 127, in place.

    Parameters
    ----------
    values : ndarray of float32
        Overwritten.

    Returns
    -------
    ndarray of float32
        ``values``.
    """
    np.rint(values, out=values)
    np.minimum(values, 127, out=values)  # np.clip takes three times as long on few rows
    np.maximum(values, -127, out=values)
    return values


def product(given: F32, matrix: F32) -> F32:
    """The product of rounded activations and weights, exact.

    For several rows BLAS copies the matrix first, which takes longer than the product of a few: 225 us for two rows and 256 x 1,536 weights, 61 us
    row by row.

    Parameters
    ----------
    given : ndarray of float32, shape (n, n_inputs)
        Whole numbers from -127 to 127.
    matrix : ndarray of float32, shape (n_inputs, n_outputs)
        The same; exact up to ``EXACT_INPUTS`` inputs.

    Returns
    -------
    ndarray of float32, shape (n, n_outputs)
        Whole numbers.
    """
    if 1 < len(given) <= _FEW_ROWS:
        return np.stack([row @ matrix for row in given])
    result: F32 = given @ matrix
    return result


class Norm:
    """Layer normalisation of the sum of a layer's input and output."""

    def __init__(self, weights: Weights, name: str) -> None:
        self.scale = weights.floats[f"{name}_ln_scale"].ravel()
        self.bias = weights.floats[f"{name}_ln_bias"].ravel()

    def __call__(self, states: F32, added: F32) -> F32:
        """Normalise ``states + added``; ``added`` is overwritten."""
        added += states
        added -= np.add.reduce(added, axis=1, keepdims=True) / np.float32(added.shape[1])
        variance = np.add.reduce(added * added, axis=1, keepdims=True) / np.float32(added.shape[1])
        added /= np.sqrt(variance + EPSILON)
        added *= self.scale
        added += self.bias
        return added


class FeedForward:
    """Two linear layers with a ReLU between, and the normalisation."""

    def __init__(self, weights: Weights, name: str) -> None:
        self.inner = Dense(weights, [f"{name}_W1"], [f"{name}_b1"])
        self.outer = Dense(weights, [f"{name}_W2"], [f"{name}_b2"])
        # What the first layer gives is multiplied by the factor of the second at once: a pass less over the largest array.
        self.inner.scale *= np.float32(self.outer.factor)
        self.inner.bias *= np.float32(self.outer.factor)
        self.norm = Norm(weights, f"{name}_ffn")

    def __call__(self, states: F32) -> F32:
        """States after the layer."""
        inner = self.inner(states)
        np.maximum(inner, 0, out=inner)
        return self.norm(states, self.outer.of_rounded(rounded(inner)))


class EncoderLayer:
    """Self-attention and feed-forward."""

    def __init__(self, weights: Weights, name: str) -> None:
        own = f"{name}_self"
        self.queries = Dense(weights, [f"{own}_W{x}" for x in "qkv"], [f"{own}_b{x}" for x in "qkv"])
        self.output = Dense(weights, [f"{own}_Wo"], [f"{own}_bo"])
        self.norm = Norm(weights, f"{own}_Wo")
        self.feed_forward = FeedForward(weights, f"{name}_ffn")

    def __call__(self, states: F32, first: I64) -> F32:
        """States of all sentences after the layer; sentence ``k`` has rows ``first[k]`` to ``first[k + 1]``."""
        width = states.shape[1]
        joined = self.queries(states)
        queries, keys, values = joined[:, :width], joined[:, width : 2 * width], joined[:, 2 * width :]
        mixed = attention(queries, keys, values, first, first)
        return self.feed_forward(self.norm(states, self.output(mixed)))


class DecoderLayer:
    """SSRU, attention to the source, and feed-forward."""

    def __init__(self, weights: Weights, name: str) -> None:
        self.gates = Dense(weights, [f"{name}_rnn_W", f"{name}_rnn_Wf"], [None, f"{name}_rnn_bf"])
        self.gates_norm = Norm(weights, f"{name}_rnn_ffn")
        own = f"{name}_context"
        self.queries = Dense(weights, [f"{own}_Wq"], [f"{own}_bq"])
        self.source = Dense(weights, [f"{own}_Wk", f"{own}_Wv"], [f"{own}_bk", f"{own}_bv"])
        self.output = Dense(weights, [f"{own}_Wo"], [f"{own}_bo"])
        self.norm = Norm(weights, f"{own}_Wo")
        self.feed_forward = FeedForward(weights, f"{name}_ffn")

    def gated(self, states: F32) -> tuple[F32, F32]:
        """The share of the cell that is kept, and what is added to it.

        Parameters
        ----------
        states : ndarray of float32, shape (n, width)
            States before the layer.

        Returns
        -------
        kept, added : ndarray of float32, shape (n, width)
            ``kept`` is between 0 and 1.
        """
        added, kept = _halves(self.gates(states))
        powers = np.exp(np.minimum(-kept.astype(np.float64), 80))  # a larger one may overflow
        kept = (1 / (1 + powers)).astype(np.float32)
        added *= 1 - kept
        return kept, added

    def forced(self, states: F32, first: I64, encoded: F32, encoded_first: I64) -> F32:
        """States of given sentences after the layer.

        Parameters
        ----------
        states : ndarray of float32, shape (n_tokens, width)
            States before the layer, of all sentences one after another.
        first : ndarray of int64, shape (n_sentences + 1,)
            First row of each sentence, and the number of rows.
        encoded : ndarray of float32, shape (n_source_tokens, width)
            States of the encoder, of all source sentences.
        encoded_first : ndarray of int64, shape (n_sentences + 1,)
            The same as ``first`` for ``encoded``.

        Returns
        -------
        ndarray of float32, shape (n_tokens, width)
            In the order of ``states``.
        """
        kept, cells = self.gated(states)
        sizes = np.diff(first)
        for step in range(1, int(sizes.max(initial=0))):
            rows = first[:-1][sizes > step] + step
            cells[rows] += kept[rows] * cells[rows - 1]
        np.maximum(cells, 0, out=cells)
        states = self.gates_norm(states, cells)
        keys, values = _halves(self.source(encoded))
        mixed = attention(self.queries(states), keys, values, first, encoded_first)
        return self.feed_forward(self.norm(states, self.output(mixed)))


def attention(queries: F32, keys: F32, values: F32, first: I64, source_first: I64) -> F32:
    """Scaled dot-product attention of each sentence to its own source (Vaswani et al. 2017).

    In float64: what a BLAS or another processor sums otherwise is gone when the result is float32 again. In float32 an eighth of the sentences
    got other scores with other kernels of OpenBLAS, because activations near a half were rounded to another int8.

    Parameters
    ----------
    queries : ndarray of float32, shape (n_tokens, width)
        Of all sentences one after another.
    keys, values : ndarray of float32, shape (n_source_tokens, width)
        Of all source sentences one after another.
    first : ndarray of int64, shape (n_sentences + 1,)
        First row of each sentence in ``queries``, and the number of rows.
    source_first : ndarray of int64, shape (n_sentences + 1,)
        The same for ``keys`` and ``values``.

    Returns
    -------
    ndarray of float32, shape (n_tokens, width)
        In the order of ``queries``.
    """
    asking, offering, holding = (states.astype(np.float64) for states in (queries, keys, values))
    width = queries.shape[1] // HEADS
    mixed = np.empty_like(queries, order="C")
    bounds = first.tolist()
    source_bounds = source_first.tolist()
    for k in range(len(bounds) - 1):
        start, end, begin, stop = bounds[k], bounds[k + 1], source_bounds[k], source_bounds[k + 1]
        asked = asking[start:end].reshape(-1, HEADS, width).transpose(1, 0, 2)
        offered = offering[begin:stop].reshape(-1, HEADS, width).transpose(1, 2, 0)
        held = holding[begin:stop].reshape(-1, HEADS, width).transpose(1, 0, 2)
        weights = asked @ offered
        weights *= width**-0.5
        weights -= weights.max(axis=2, keepdims=True)
        np.exp(weights, out=weights)
        weights /= np.add.reduce(weights, axis=2, keepdims=True)
        mixed[start:end] = (weights @ held).transpose(1, 0, 2).reshape(end - start, -1)
    return mixed


@dataclass
class Source:
    """Encoded sentences.

    Attributes
    ----------
    states : ndarray of float32
        All tokens of all sentences.
    first : ndarray of int64
        First row of each sentence, and the number of rows.
    """

    states: F32
    first: I64


class Network:
    """The network that translates from one language into another.

    Parameters
    ----------
    weights : Weights
        As read from a file.
    """

    def __init__(self, weights: Weights) -> None:
        embeddings = weights.matrices["Wemb"]
        self.vocabulary, self.width = embeddings.values.shape
        self._embeddings = embeddings.values
        self._embedding_scale = np.float32(self.width**0.5 / embeddings.factor)
        self._output_factor = weights.floats["none_QuantMultA"].item()
        self._output_scale = np.float32(1 / (self._output_factor * embeddings.factor))
        self._output_bias = weights.floats["decoder_ff_logit_out_b"].ravel()
        self._positions = _sinusoids(MOST_POSITIONS, self.width)
        self.encoder = [EncoderLayer(weights, f"encoder_l{k}") for k in _layers(weights, "encoder")]
        self.decoder = [DecoderLayer(weights, f"decoder_l{k}") for k in _layers(weights, "decoder")]

    def embedded(self, tokens: I64, positions: I64) -> F32:
        """Embeddings with their positions; token -1, before a sentence, has none of its own.

        Parameters
        ----------
        tokens : ndarray of int64, shape (n,)
            Tokens; -1 stands before a sentence.
        positions : ndarray of int64, shape (n,)
            Position of each in its sentence, from 0.

        Returns
        -------
        ndarray of float32, shape (n, width)
            Input of the first layer.

        Raises
        ------
        IndexError
            If a position is ``MOST_POSITIONS`` or more, or a token is not in the vocabulary.
        """
        states = self._embeddings[np.maximum(tokens, 0)].astype(np.float32)
        states *= self._embedding_scale
        states[tokens < 0] = 0
        states += self._positions[positions]
        return states

    def encode(self, sentences: Sequence[I64]) -> Source:
        """Encode sentences.

        Parameters
        ----------
        sentences : sequence of ndarray of int64
            Tokens of each sentence, of which the last is :data:`END`; at least one sentence.

        Raises
        ------
        IndexError
            As for :meth:`embedded`.
        """
        first, positions = _laid_out(sentences)
        states = self.embedded(np.concatenate(sentences), positions)
        for layer in self.encoder:
            states = layer(states, first)
        return Source(states, first)

    def forced(self, source: Source, targets: Sequence[I64]) -> F32:
        """States of the decoder before each token of given translations (teacher forcing).

        Parameters
        ----------
        source : Source
            The encoded source sentences.
        targets : sequence of ndarray of int64
            Tokens of the translation of each, :data:`END` included.

        Returns
        -------
        ndarray of float32, shape (n_tokens, width)
            One row for each token, one translation after another.

        Raises
        ------
        IndexError
            As for :meth:`embedded`.
        """
        first, positions = _laid_out(targets)
        before = np.append(-1, np.concatenate(targets)[:-1])
        before[first[:-1]] = -1
        states = self.embedded(before, positions)
        for layer in self.decoder:
            states = layer.forced(states, first, source.states, source.first)
        return states

    def output(self, tokens: I64) -> Output:
        """The output layer for some tokens.

        Parameters
        ----------
        tokens : ndarray of int64, shape (n,)
            The only tokens that it scores, in this order.
        """
        weights = self._embeddings[tokens].T.astype(np.float32, order="C")
        return Output(weights, self._output_bias[tokens], self._output_factor, self._output_scale)


class Output:
    """The output layer for some tokens: unnormalised log-probabilities of each, given a state of the decoder.

    Parameters
    ----------
    weights : ndarray of float32, shape (width, tokens)
        Whole numbers.
    bias : ndarray of float32, shape (tokens,)
        Of each token.
    factor : float
        Of the activations.
    scale : float
        Of the sums of products.
    """

    def __init__(self, weights: F32, bias: F32, factor: float, scale: np.float32) -> None:
        self._weights = weights
        self._bias = bias
        self._factor = factor
        self._scale = scale

    def __call__(self, states: F32) -> F32:
        """Logits of all tokens for each state."""
        result = product(quantised(states, self._factor), self._weights)
        result *= self._scale
        result += self._bias
        return result

    def scored(self, states: F32, at: I64) -> tuple[F32, I32, F32, F32]:
        """Score one token for each state.

        Parameters
        ----------
        states : ndarray of float32, shape (n, width)
            States of the decoder.
        at : ndarray of int64, shape (n,)
            What was written, as indices into the tokens of this layer.

        Returns
        -------
        log_probability, rank, best, entropy : ndarray, shape (n,)
            See :class:`~mtdetect.features.retranslation.engine.TokenScores`.
        """
        logits = self(states).astype(np.float64)
        own = logits[np.arange(len(at)), at]
        rank = np.count_nonzero(logits > own[:, None], axis=1)
        highest = logits.max(axis=1)
        logits -= highest[:, None]
        powers = np.exp(logits)
        total = np.add.reduce(powers, axis=1)
        logarithm = np.log(total)
        powers *= logits
        entropy = logarithm - np.add.reduce(powers, axis=1) / total
        return (
            (own - highest - logarithm).astype(np.float32),
            rank.astype(np.int32),
            (-logarithm).astype(np.float32),
            entropy.astype(np.float32),
        )


class Decoding:
    """The state of a greedy translation of some sentences, all at the same position.

    Parameters
    ----------
    network : Network
        The network.
    source : Source
        The sentences.
    """

    def __init__(self, network: Network, source: Source) -> None:
        self._network = network
        self._position = 0
        sizes = np.diff(source.first)
        count, longest = len(sizes), int(sizes.max(initial=0))
        inside = np.arange(longest) < sizes[:, None]
        # Added to the scores of attention: nothing for a token, minus infinity behind the end of a sentence.
        self._outside = np.where(inside, 0, -np.inf)[:, None, None, :]
        self._keys: list[F64] = []
        self._values: list[F64] = []
        for layer in network.decoder:
            heads = []
            for part in _halves(layer.source(source.states)):
                padded = np.zeros((count, longest, network.width))
                padded[inside] = part
                heads.append(padded.reshape(count, longest, HEADS, -1))
            self._keys.append(np.ascontiguousarray(heads[0].transpose(0, 2, 3, 1)))
            self._values.append(np.ascontiguousarray(heads[1].transpose(0, 2, 1, 3)))
        self._cells = [np.zeros((count, network.width), np.float32) for _ in network.decoder]

    def keep(self, rows: I64) -> None:
        """Go on with some of the sentences.

        Parameters
        ----------
        rows : ndarray of int64
            Their indices among the sentences that are left; the others are dropped.
        """
        self._outside = self._outside[rows]
        self._keys = [keys[rows] for keys in self._keys]
        self._values = [values[rows] for values in self._values]
        self._cells = [cells[rows] for cells in self._cells]

    def step(self, before: I64) -> F32:
        """States before the next token of each sentence, given the token before it.

        Parameters
        ----------
        before : ndarray of int64, shape (n_sentences,)
            The token chosen last for each sentence that is left; -1 at the first step.

        Returns
        -------
        ndarray of float32, shape (n_sentences, width)
            Input of the output layer.
        """
        states = self._network.embedded(before, np.full(len(before), self._position))
        self._position += 1
        for k, layer in enumerate(self._network.decoder):
            kept, cells = layer.gated(states)
            cells += kept * self._cells[k]
            self._cells[k] = cells
            states = layer.gates_norm(states, np.maximum(cells, 0))
            mixed = self._attention(layer.queries(states), self._keys[k], self._values[k])
            states = layer.feed_forward(layer.norm(states, layer.output(mixed)))
        return states

    def _attention(self, queries: F32, keys: F64, values: F64) -> F32:
        """Attention of one position of each sentence, in float64 as in :func:`attention`."""
        count, heads, width, _ = keys.shape
        weights = queries.astype(np.float64).reshape(count, heads, 1, width) @ keys
        weights *= width**-0.5
        weights += self._outside
        weights -= weights.max(axis=3, keepdims=True)
        np.exp(weights, out=weights)
        weights /= np.add.reduce(weights, axis=3, keepdims=True)
        return (weights @ values).reshape(count, -1).astype(np.float32)


def _layers(weights: Weights, part: str) -> range:
    """Numbers of the layers of the encoder or the decoder."""
    names = {name.split("_")[1] for name in weights.matrices if name.startswith(f"{part}_l")}
    return range(1, len(names) + 1)


def _laid_out(sentences: Sequence[I64]) -> tuple[I64, I64]:
    """First row of each sentence with the number of rows, and the position of each row in its sentence."""
    sizes = np.array([len(sentence) for sentence in sentences], np.int64)
    first = np.append(0, np.cumsum(sizes))
    return first, np.arange(first[-1]) - np.repeat(first[:-1], sizes)


def _halves(joined: F32) -> tuple[F32, F32]:
    """Outputs of two matrices that were joined."""
    middle = joined.shape[1] // 2
    return joined[:, :middle], joined[:, middle:]


def _sinusoids(length: int, width: int) -> F32:
    """Positional encodings: sines, then cosines (Vaswani et al. 2017, in Marian's order)."""
    half = width // 2
    speeds = 10_000.0 ** -(np.arange(half) / (half - 1))
    angles = np.arange(length)[:, None] * speeds
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
