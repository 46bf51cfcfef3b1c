"""The language tables of people's English, as every block asks them.

Counts come from 60 million words (see ``tables/manifest.json``); the files are memory-mapped, so loading takes
milliseconds and workers share the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artefacts
from mtdetect.text.lookup import Lookup
from mtdetect.text.vocabulary import Vocabulary

FOLDER = Path(__file__).parent / "tables"

COUNTS = np.append(0.0, np.exp2(np.arange(255) / 10)).astype(np.float32)
"""Count behind each byte of the tables; 0 for an n-gram that is not in them."""


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
        Counts as bytes (``COUNTS``) of adjacent pairs, of pairs with one word between, of triples.
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
        grams = {name: Lookup(arrays[f"{name}_cells"], 8, salts[name]) for name in ("bigram", "skip", "trigram")}
        plain = {
            name: np.array(arrays[name])
            for name in ("counts", "capital", "classes", "function", "followers", "preceders", "candidates", "plausible")
        }
        return cls(vocabulary=vocabulary, total=float(plain["counts"].sum()), **plain, **grams)


@lru_cache(maxsize=1)
def shipped() -> Lexicon:
    """The tables that come with the package, loaded once a process."""
    return Lexicon.load()
