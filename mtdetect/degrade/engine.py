"""What an engine is, and where its chance comes from."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Protocol


class Engine(Protocol):
    """Something that damages English text.

    An engine promises four things: as many texts out as in, in the same order; every newline kept; the same
    output for the same text and seed, on every machine; and no influence of one text of a batch on another.
    """

    @property
    def name(self) -> str:
        """What it is and how it is set, such as ``apertium:eng-spa-eng`` or ``spin:thesaurus:0.30``."""
        ...

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Damage each text.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Another seed gives another damage, where chance has a part in it.

        Returns
        -------
        list of str
            One for each text, in order.
        """
        ...


def chance(seed: int, name: str, text: str) -> random.Random:
    """Make the source of chance that belongs to one text.

    Python's own ``hash`` of a string differs between processes, so the state is taken from a digest instead.

    Parameters
    ----------
    seed : int
        The caller's seed.
    name : str
        Who asks; two engines with one seed must not make the same draws.
    text : str
        The text to be damaged.

    Returns
    -------
    random.Random
        The same for the same arguments, everywhere.
    """
    key = f"{seed}\0{name}\0{text}".encode("utf-8", "surrogatepass")
    return random.Random(hashlib.blake2b(key, digest_size=16).digest())
