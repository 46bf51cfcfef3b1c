"""Marian's binary files: weights of a network, and a lexical shortlist.

The formats are those of Marian (Junczys-Dowmunt et al. 2018; ``src/common/binary.cpp`` and ``src/data/shortlist.h`` of its repository),
as the Firefox Translations models use them. All numbers are little-endian.

A file of weights has a version and the number of items (u64 each); for each item four u64: length of its name, type, dimensions, bytes of
data; then all names; all shapes (i32); a u64 with the number of padding bytes, and the padding; then the data of each item.

A shortlist has six u64: magic number, checksum, number of common words, words listed for each source word, number of offsets, number of
entries; then the offsets (u64) and the entries (u32): target words that may translate source word ``w`` are
``entries[offsets[w]:offsets[w + 1]]``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mtdetect.errors import ModelError
from mtdetect.text.arrays import F32, I64, U32, U64

VERSION = 1
FLOAT32 = 0x404
INT8 = 0x4101
"""A matrix of int8, followed by one float32 factor: value = int8 / factor. Stored as (output, input), except the embeddings, which have one
row for each token; so every matrix here has one row for each output."""

SHORTLIST_MAGIC = 0xF11A48D5013417F5
_EMBEDDINGS = "Wemb"


@dataclass(frozen=True)
class Quantised:
    """A matrix of int8 with its factor.

    Attributes
    ----------
    values : ndarray of int8, shape (outputs, inputs)
    factor : float
        The weights are ``values / factor``.
    """

    values: npt.NDArray[np.int8]
    factor: float


@dataclass(frozen=True)
class Weights:
    """The items of a file of weights.

    Attributes
    ----------
    floats : dict of ndarray of float32
        Biases, scales of layer normalisation, and factors of activations (``*_QuantMultA``).
    matrices : dict of Quantised
        Weights of int8.
    """

    floats: dict[str, F32]
    matrices: dict[str, Quantised]


def read_weights(path: Path) -> Weights:
    """Read a file of weights.

    Parameters
    ----------
    path : Path
        Items of other types than float32 and int8 matrices are skipped: the description of the architecture.

    Raises
    ------
    ModelError
        If the file is not of this format or is cut off.
    """
    content = path.read_bytes()
    try:
        return _weights(content)
    except (struct.error, ValueError, IndexError) as error:
        raise ModelError(f"{path}: is not a file of Marian weights, or is damaged ({error})") from error


def _weights(content: bytes) -> Weights:
    version, count = struct.unpack_from("<QQ", content)
    if version != VERSION:
        raise ValueError(f"version {version}")
    at = 16
    heads = [struct.unpack_from("<4Q", content, at + 32 * k) for k in range(_possible(count, content))]
    at += 32 * count
    names = []
    for length, _, _, _ in heads:
        names.append(content[at : at + length].rstrip(b"\0").decode("ascii"))
        at += length
    shapes = []
    for _, _, dimensions, _ in heads:
        shapes.append(struct.unpack_from(f"<{_possible(dimensions, content)}i", content, at))
        at += 4 * dimensions
    (padding,) = struct.unpack_from("<Q", content, at)
    at += 8 + padding
    floats: dict[str, F32] = {}
    matrices: dict[str, Quantised] = {}
    for name, (_, kind, _, size), shape in zip(names, heads, shapes, strict=True):
        if at + size > len(content):
            raise ValueError(f"{name} is cut off")
        cells = int(np.prod(shape))
        if kind == FLOAT32:
            floats[name] = np.frombuffer(content, "<f4", cells, at).reshape(shape)
        # A single int8 is a factor that was converted by mistake; Marian does not read it.
        elif kind == INT8 and cells > 1:
            values = np.frombuffer(content, np.int8, cells, at)
            (factor,) = struct.unpack_from("<f", content, at + cells)
            rows = shape[0] if name == _EMBEDDINGS else shape[1]
            matrices[name] = Quantised(values.reshape(rows, -1), factor)
        at += size
    return Weights(floats, matrices)


def _possible(count: int, content: bytes) -> int:
    """A count that a file of this size can hold; a damaged one must not allocate memory."""
    if count > len(content):
        raise ValueError(f"a count of {count}")
    return int(count)


@dataclass(frozen=True)
class Shortlist:
    """Which target tokens may translate which source token.

    Attributes
    ----------
    common : int
        The first so many tokens are always allowed.
    offsets, entries : ndarray
        See the module.
    """

    common: int
    offsets: U64
    entries: U32

    def allowed(self, source: I64, vocabulary: int) -> I64:
        """Target tokens for one sentence, ascending.

        Marian's integer kernels want a multiple of eight tokens, so it adds the next common ones; so does this, to have the same choice.

        Parameters
        ----------
        source : ndarray of int64
            Tokens of the sentence.
        vocabulary : int
            Number of target tokens.
        """
        words = np.unique(source)
        listed = [self.entries[self.offsets[w] : self.offsets[w + 1]] for w in words.tolist()]
        found = np.unique(np.concatenate([np.arange(self.common, dtype=np.uint32), *listed]))
        missing = -len(found) % 8
        if missing:
            others = np.setdiff1d(
                np.arange(self.common, min(vocabulary, self.common + len(found) + 8)), found
            )
            found = np.union1d(found, others[:missing])
        return found.astype(np.int64)


def read_shortlist(path: Path) -> Shortlist:
    """Read a lexical shortlist.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    ModelError
        If the file is not of this format or is cut off.
    OSError
        If the file cannot be read.
    """
    content = path.read_bytes()
    try:
        magic, _, common, _, offsets, entries = struct.unpack_from("<6Q", content)
        if magic != SHORTLIST_MAGIC:
            raise ValueError("wrong magic number")
        if len(content) != 48 + 8 * offsets + 4 * entries:
            raise ValueError("wrong size")
        starts = np.frombuffer(content, "<u8", offsets, 48)
        return Shortlist(common, starts, np.frombuffer(content, "<u4", entries, 48 + 8 * offsets))
    except (struct.error, ValueError) as error:
        raise ModelError(f"{path}: is not a Marian shortlist, or is damaged ({error})") from error
