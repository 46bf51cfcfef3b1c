"""Web spinners: substitution tables of spinners whose pages were found on the web.

A web spinner has one fixed table and replaces nearly every word that is in it: function words and phrases ("because" becomes "as a result
of") and parts of names, too. ``web_spinners.tsv`` has the entries that were found on pages of nine such spinners, and more of one of them (``web-k``). That is a small part of
their tables, so for other words a family of :class:`Spinner` chooses substitutes from a thesaurus.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from random import Random

from mtdetect.degrade.engine import chance as generator
from mtdetect.degrade.spin import WORD, Spinner, joined, mended_article, sentence_starts
from mtdetect.degrade.thesaurus import Thesaurus
from mtdetect.errors import UsageError
from mtdetect.text.capitals import with_capitals_of

LONGEST = 4
"""Largest number of words of an entry in the tables."""

QUOTATION = re.compile(r"[“\"][^“”\"\n]{20,400}[”\"]")


@dataclass(frozen=True)
class WebFamily:
    """How a web spinner chooses substitutes.

    Attributes
    ----------
    fallback : str
        Family of :class:`Spinner` for words that are not in the table.
    fixed : bool
        Whether each entry always gets the same wording, instead of a random one each time.
    names : bool
        Whether words inside names are replaced, too.
    spared_quotations : float
        Share of the quotations that are not changed.
    """

    fallback: str
    fixed: bool = False
    names: bool = False
    spared_quotations: float = 0.0


WEB_FAMILIES: Mapping[str, WebFamily] = {
    "web-a": WebFamily("table", fixed=True, names=True, spared_quotations=0.5),
    "web-b": WebFamily("thesaurus"),
    "web-c": WebFamily("sparing", fixed=True),
    "web-d": WebFamily("multiword", fixed=True),
    "web-e": WebFamily("blind", names=True),
    "web-f": WebFamily("blind", names=True),
    "web-g": WebFamily("sparing"),
    "web-h": WebFamily("thesaurus", names=True),
    "web-j": WebFamily("thesaurus", names=True),
    "web-k": WebFamily("sparing"),
}
"""Families by name; the letter names the table in ``web_spinners.tsv``."""


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[tuple[str, ...], tuple[str, ...]]]:
    """Table of each family: wordings by the words that they replace, in lower case."""
    found: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {name: {} for name in WEB_FAMILIES}
    file = resources.files("mtdetect.degrade") / "web_spinners.tsv"
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            family, original, wordings = line.split("\t")
            found[f"web-{family.lower()}"][tuple(original.split())] = tuple(wordings.split("|"))
    return found


@dataclass(frozen=True)
class WebSpinner:
    """Spinner that uses the table of a web spinner.

    Parameters
    ----------
    family : str
        One of ``WEB_FAMILIES``.
    rate : float
        Number of substitutions per word of the text, above 0 and up to 1; there are fewer if too few words have a substitute.
    thesaurus : Thesaurus, optional
        Substitutes of words that are not in the table; without it these words are not replaced.
    frequency : mapping of str to int, optional
        Frequency of words, for the choice of substitutes from the thesaurus.
    """

    family: str
    rate: float = 0.3
    thesaurus: Thesaurus | None = None
    frequency: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.family not in WEB_FAMILIES:
            raise UsageError(f"unknown web spinner {self.family!r}; choose one of {', '.join(WEB_FAMILIES)}")
        if not 0 < self.rate <= 1:
            raise UsageError("rate must be above 0 and at most 1")

    @property
    def name(self) -> str:
        """Family and rate, such as ``spin:web-a:0.30``."""
        return f"spin:{self.family}:{self.rate:.2f}"

    @property
    def spins_names(self) -> bool:
        """Whether words inside names are replaced, too."""
        return self._style.names

    @property
    def _style(self) -> WebFamily:
        return WEB_FAMILIES[self.family]

    @cached_property
    def _fallback(self) -> Spinner:
        return Spinner(self.thesaurus or Thesaurus({}), self._style.fallback, frequency=self.frequency)

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Spin each text. Parameters and return value as for :meth:`mtdetect.degrade.Engine.degrade`."""
        return [text for text, _ in self.marked(texts, seed)]

    def marked(self, texts: Sequence[str], seed: int = 0) -> list[tuple[str, list[tuple[int, int]]]]:
        """Spin each text, and return the spans of the substitutes in the result.

        Parameters and return value as for :meth:`mtdetect.degrade.Spinner.marked`.
        """
        return [joined(self._spin(text, generator(seed, self.name, text), seed)) for text in texts]

    def _spin(self, text: str, rng: Random, seed: int) -> list[str]:
        """Parts of the spun text: unchanged text and substitutes in turn, unchanged text first and last."""
        words = list(WORD.finditer(text))
        replaceable = self._replaceable(text, words, rng)
        chosen = sorted(rng.sample(replaceable, min(len(replaceable), round(self.rate * len(words)))))
        parts: list[str] = []
        at = 0
        for first, last in chosen:
            begin, end = words[first].start(), words[last].end()
            substitute = self._choose(tuple(w.group().lower() for w in words[first : last + 1]), rng, seed)
            parts += [text[at:begin], with_capitals_of(text[begin:end], substitute)]
            parts[-2] = mended_article(parts[-2], substitute)
            at = end
        parts.append(text[at:])
        return parts

    def _replaceable(self, text: str, words: list[re.Match[str]], rng: Random) -> list[tuple[int, int]]:
        """First and last word of all that can be replaced; at each word the longest entry of the table counts."""
        spared = [
            found.span() for found in QUOTATION.finditer(text) if rng.random() < self._style.spared_quotations
        ]
        starts = sentence_starts(text, words)
        table = tables()[self.family]
        lower = [word.group().lower() for word in words]
        replaceable: list[tuple[int, int]] = []
        k = 0
        while k < len(words):
            last = k
            is_name = words[k].group()[0].isupper() and not starts[k]
            if not (is_name and not self._style.names) and not _inside(words[k].start(), spared):
                for longest in range(min(LONGEST, len(words) - k), 0, -1):
                    if tuple(lower[k : k + longest]) in table and _spaced(text, words[k : k + longest]):
                        last = k + longest - 1
                        replaceable.append((k, last))
                        break
                else:
                    if self.thesaurus is not None and self._fallback.replaces(words[k].group(), starts[k]):
                        replaceable.append((k, k))
            k = last + 1
        return replaceable

    def _choose(self, words: tuple[str, ...], rng: Random, seed: int) -> str:
        wordings = tables()[self.family].get(words)
        if self._style.fixed:
            rng = generator(seed, self.family, " ".join(words))
        if wordings is None:
            return self._fallback.choose(words[0], rng, seed)
        return rng.choice(wordings)


def _inside(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(begin <= at < end for begin, end in spans)


def _spaced(text: str, words: list[re.Match[str]]) -> bool:
    """Whether the words are separated by single spaces only."""
    return all(text[a.end() : b.start()] == " " for a, b in pairwise(words))
