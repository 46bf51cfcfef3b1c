"""The language tables of people's English, as every block asks them.

Counts come from 60 million words (see ``tables/manifest.json``); the files are memory-mapped, so loading takes
milliseconds and workers share the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from mtdetect.features.stream import pair, triple

from mtdetect import artefacts
from mtdetect.text.lookup import Lookup
from mtdetect.text.vocabulary import Vocabulary

FOLDER = Path(__file__).parent / "tables"

COUNTS = np.append(0.0, np.exp2(np.arange(127) / 5)).astype(np.float32)
"""Count behind each code in the tables; 0 for an n-gram that is not in them."""


@dataclass(frozen=True)
class Lexicon:
    """The tables.

    Attributes
    ----------
    vocabulary : Vocabulary
        Words by frequency.
    counts : ndarray of uint32, shape (n,)
        Sightings of each number in the stream of the language model.
    capital : ndarray of uint8, shape (n,)
        Share of capitalised sightings inside sentences, 0 to 255.
    classes : ndarray of uint16, shape (n,)
        Word class of each number.
    function : ndarray of bool, shape (n,)
        Function words.
    followers, preceders : ndarray of uint32, shape (n,)
        Different words seen after and before each.
    bigram, skip, trigram : Lookup
        Codes into ``COUNTS`` of adjacent pairs, of pairs with one word between, of triples.
    candidates : ndarray of uint16, shape (m, k)
        Words that could have stood in the place of the ``m`` commonest; 0 fills up.
    plausible : ndarray of uint8, shape (m, k)
        Their cosine, 0 to 250, with the lowest bit set for synonyms by thesaurus.
    total : float
        Words in the stream.
    """

    vocabulary: Vocabulary
    counts: npt.NDArray[Any]
    capital: npt.NDArray[Any]
    classes: npt.NDArray[Any]
    function: npt.NDArray[Any]
    followers: npt.NDArray[Any]
    preceders: npt.NDArray[Any]
    bigram: Lookup
    skip: Lookup
    trigram: Lookup
    candidates: npt.NDArray[Any]
    plausible: npt.NDArray[Any]
    total: float

    @cached_property
    def most(self) -> npt.NDArray[np.uint8]:
        """Code that no n-gram with this number in it can exceed, one step of rounding allowed."""
        return np.searchsorted(COUNTS, self.counts, side="left").astype(np.uint8) + np.uint8(1)

    def pairs(
        self, table: Lookup, left: npt.NDArray[Any], right: npt.NDArray[Any]
    ) -> npt.NDArray[np.float32]:
        """Counts of pairs of numbers in ``bigram`` or ``skip``.

        One stranger in 512 shows the fingerprint of a key and then a random count. A pair cannot be commoner than its rarer
        word, which unmasks most of them, and all that would do harm.
        """
        found = table.get(pair(left, right))
        found[found > np.minimum(self.most[left], self.most[right])] = 0
        return COUNTS[found]

    def triples(
        self,
        left: npt.NDArray[Any],
        middle: npt.NDArray[Any],
        right: npt.NDArray[Any],
        history: npt.NDArray[Any],
    ) -> npt.NDArray[np.float32]:
        """Counts of triples of numbers; ``history`` are the counts of their first two."""
        count = COUNTS[self.trigram.get(triple(left, middle, right))]
        count[(count > 1.1 * history) | (count > 1.1 * self.counts[right])] = 0
        return count

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Lexicon:
        """Load the tables of a folder.

        Raises
        ------
        ModelError
            If they are missing or damaged.
        """
        arrays, manifest = artefacts.read(folder)
        salts = manifest["salts"]
        vocabulary = Vocabulary(
            Lookup(arrays["word_cells"], 18, salts["word"]), arrays["word_letters"], arrays["word_ends"]
        )
        grams: dict[str, Any] = {
            name: Lookup(arrays[f"{name}_cells"], 7, salts[name]) for name in ("bigram", "skip", "trigram")
        }
        plain: dict[str, Any] = {
            name: np.array(arrays[name])
            for name in (
                "counts",
                "capital",
                "classes",
                "function",
                "followers",
                "preceders",
                "candidates",
                "plausible",
            )
        }
        return cls(vocabulary=vocabulary, total=float(plain["counts"].sum()), **plain, **grams)


@lru_cache(maxsize=1)
def shipped() -> Lexicon:
    """The tables that come with the package, loaded once a process."""
    return Lexicon.load()
