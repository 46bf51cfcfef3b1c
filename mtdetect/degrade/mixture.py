"""Engines combined: one after another, or on a part of the text only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mtdetect.degrade.engine import Engine, chance
from mtdetect.errors import UsageError

_BLANK_LINES = re.compile(r"(\n[^\S\n]*(?:\n[^\S\n]*)+)")
_NEWLINES = re.compile(r"(\n)")
_LETTER = re.compile(r"[^\W\d_]")


class Chain:
    """Engines one after another, such as a spinner after a round trip.

    Parameters
    ----------
    *engines : Engine
        In the order of work.
    """

    def __init__(self, *engines: Engine) -> None:
        if not engines:
            raise UsageError("a chain needs at least one engine")
        self.engines = engines

    @property
    def name(self) -> str:
        """The names of its engines, joined by ``+``."""
        return "+".join(engine.name for engine in self.engines)

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Send each text through all engines.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Handed to every engine.

        Returns
        -------
        list of str
            One for each text, in order.
        """
        damaged = list(texts)
        for engine in self.engines:
            damaged = engine.degrade(damaged, seed)
        return damaged


class Mixture:
    """An engine let loose on some paragraphs only, as where a copy is pasted into a person's own page.

    Paragraphs end at blank lines or, where a text has none, at newlines. At least one is damaged; a text of a
    single paragraph is damaged whole.

    Parameters
    ----------
    engine : Engine
        What does the damage.
    share : float
        Share of the paragraphs that are damaged, above 0 and at most 1.
    """

    def __init__(self, engine: Engine, share: float) -> None:
        if not 0 < share <= 1:
            raise UsageError(f"share must be above 0 and at most 1, not {share:g}")
        self.engine = engine
        self.share = share

    @property
    def name(self) -> str:
        """The engine's name and the share, such as ``spin:table:0.30@0.50``."""
        return f"{self.engine.name}@{self.share:.2f}"

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Damage some paragraphs of each text.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Decides which paragraphs, and is handed to the engine.

        Returns
        -------
        list of str
            One for each text, in order.
        """
        pieces = [_paragraphs(text) for text in texts]
        chosen = [
            (number, place)
            for number, text in enumerate(texts)
            for place in self._choose(pieces[number], chance(seed, self.name, text).random)
        ]
        # All paragraphs of all texts in one call: an engine that starts processes wants large batches.
        damaged = self.engine.degrade([pieces[number][place] for number, place in chosen], seed)
        for (number, place), paragraph in zip(chosen, damaged, strict=True):
            pieces[number][place] = paragraph
        return ["".join(piece) for piece in pieces]

    def _choose(self, pieces: Sequence[str], draw: Callable[[], float]) -> list[int]:
        """Places of the paragraphs to damage; a larger share chooses the same ones and more."""
        places = [place for place, piece in enumerate(pieces) if _LETTER.search(piece)]
        ranked = sorted((draw(), place) for place in places)
        return [place for _, place in ranked[: max(1, round(self.share * len(places)))]]


def _paragraphs(text: str) -> list[str]:
    """Paragraphs and what separates them, alternating; joined, they are the text."""
    separator = _BLANK_LINES if _BLANK_LINES.search(text) else _NEWLINES
    return separator.split(text)
