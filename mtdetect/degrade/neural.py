"""Round trips through Portuguese with the neural engine of the extra ``retranslate``."""

from __future__ import annotations

import os
from collections.abc import Sequence

from mtdetect.errors import UsageError
from mtdetect.features.lexicon import shipped
from mtdetect.features.retranslation.asking import segments
from mtdetect.features.retranslation.engine import shared
from mtdetect.text.batch import read


class Neural:
    """An engine that translates English into Portuguese and back.

    The models are those of Firefox Translations (Mozilla, 2023). The retranslation score comes from the same models, so it recognises these
    round trips far better than those of other engines: they must not teach its weights.

    Parameters
    ----------
    passes : int
        Number of round trips, one after another.
    folder : path, optional
        Folder of the engine, instead of the installed package.

    Raises
    ------
    MissingExtraError
        If the extra is not installed.
    ModelError
        If a file of the engine is missing or damaged.
    """

    def __init__(self, passes: int = 1, *, folder: str | os.PathLike[str] | None = None) -> None:
        if passes < 1:
            raise UsageError(f"passes must be at least 1, not {passes}")
        self.passes = passes
        self._engine = shared(folder)

    @property
    def name(self) -> str:
        """``neural:`` and the languages, such as ``neural:en-pt-en``; with two passes ``neural:en-pt-en-pt-en``."""
        return "neural:en" + "-pt-en" * self.passes

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Translate each text and back, sentence by sentence; the seed is not used.

        Each line is translated separately, so a text with line breaks inside its sentences is degraded more than usual.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Ignored; it is part of the interface of engines.

        Returns
        -------
        list of str
            One for each text, in order.
        """
        lines = [text.split("\n") for text in texts]
        degraded = [line for own in lines for line in own]
        for _ in range(self.passes):
            degraded = self._pass(degraded)
        rest = iter(degraded)
        return ["\n".join(next(rest) for _ in own) for own in lines]

    def _pass(self, lines: list[str]) -> list[str]:
        """Lines after one round trip, with what stands between their sentences as it was."""
        batch = read(lines, shipped().vocabulary, identify=False)
        spans = [segments(batch, k)[0].tolist() for k in range(len(batch))]
        sentences = [line[a:b] for line, own in zip(lines, spans, strict=True) for a, b in own]
        rest = iter(self._engine.back.translate(self._engine.there.translate(sentences)))
        translated = []
        for line, own in zip(lines, spans, strict=True):
            at = 0
            parts = []
            for start, end in own:
                parts += [line[at:start], next(rest)]
                at = end
            translated.append("".join([*parts, line[at:]]))
        return translated
