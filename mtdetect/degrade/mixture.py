"""Combinations of engines: one after another, or on some paragraphs only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mtdetect.degrade.engine import Engine, chance
from mtdetect.errors import UsageError

_BLANK_LINES = re.compile(r"(\n[^\S\n]*(?:\n[^\S\n]*)+)")
_NEWLINES = re.compile(r"(\n)")
_LETTER = re.compile(r"[^\W\d_]")


class Chain:
    """Several engines, one after another, such as a spinner after a round trip.

    Parameters
    ----------
    *engines : Engine
        Engines in the order of application.
    """

    def __init__(self, *engines: Engine) -> None:
        if not engines:
            raise UsageError("a chain needs at least one engine")
        self.engines = engines

    @property
    def name(self) -> str:
        """Names of the engines, joined by ``+``."""
        return "+".join(engine.name for engine in self.engines)

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Degrade each text with all engines.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Passed to every engine.

        Returns
        -------
        list of str
            One for each text, in order.
        """
        degraded = list(texts)
        for engine in self.engines:
            degraded = engine.degrade(degraded, seed)
        return degraded


class Mixture:
    """An engine that degrades only some paragraphs, as in a page with human paragraphs around a copy.

    Paragraphs end at blank lines or, if a text has none, at line breaks. At least one paragraph is degraded.

    Parameters
    ----------
    engine : Engine
        Engine to apply.
    share : float
        Share of the paragraphs to degrade, above 0 and at most 1.
    """

    def __init__(self, engine: Engine, share: float) -> None:
        if not 0 < share <= 1:
            raise UsageError(f"share must be above 0 and at most 1, not {share:g}")
        self.engine = engine
        self.share = share

    @property
    def name(self) -> str:
        """Name of the engine and the share, such as ``spin:table:0.30@0.50``."""
        return f"{self.engine.name}@{self.share:.2f}"

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Degrade some paragraphs of each text.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Decides which paragraphs are degraded; also passed to the engine.

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
        # All paragraphs of all texts in one call, because engines that start processes are faster with large batches.
        degraded = self.engine.degrade([pieces[number][place] for number, place in chosen], seed)
        for (number, place), paragraph in zip(chosen, degraded, strict=True):
            pieces[number][place] = paragraph
        return ["".join(piece) for piece in pieces]

    def _choose(self, pieces: Sequence[str], draw: Callable[[], float]) -> list[int]:
        """Indices of the paragraphs to degrade; those of a smaller share are among those of a larger one."""
        places = [place for place, piece in enumerate(pieces) if _LETTER.search(piece)]
        ranked = sorted((draw(), place) for place in places)
        return [place for _, place in ranked[: max(1, round(self.share * len(places)))]]


def _paragraphs(text: str) -> list[str]:
    """Paragraphs and their separators, alternating; joined, they are the text."""
    separator = _BLANK_LINES if _BLANK_LINES.search(text) else _NEWLINES
    return separator.split(text)
