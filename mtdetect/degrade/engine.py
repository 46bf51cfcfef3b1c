"""The interface of engines, and their random numbers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Protocol


class Engine(Protocol):
    """The interface of programs that degrade English text.

    An engine returns one text for each text, in order, and keeps every line break. The output depends only on the text and
    the seed: not on the machine, and not on the other texts of the batch.
    """

    @property
    def name(self) -> str:
        """Kind and settings, such as ``apertium:eng-spa-eng`` or ``spin:thesaurus:0.30``."""
        ...

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Degrade each text.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Another seed gives other output, if the engine makes random choices.

        Returns
        -------
        list of str
            One for each text, in order.
        """
        ...


def chance(seed: int, name: str, text: str) -> random.Random:
    """A random number generator for one text.

    Python's ``hash`` of a string differs between processes, so the state comes from a digest.

    Parameters
    ----------
    seed : int
        The caller's seed.
    name : str
        Name of the engine; two engines with the same seed must not draw the same numbers.
    text : str
        The text to be degraded.

    Returns
    -------
    random.Random
        In the same state for the same arguments, on every machine.
    """
    key = f"{seed}\0{name}\0{text}".encode("utf-8", "surrogatepass")
    return random.Random(hashlib.blake2b(key, digest_size=16).digest())
