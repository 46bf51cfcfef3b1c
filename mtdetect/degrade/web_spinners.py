"""Spinners as they are found on the web.

A web spinner owns one table, made once and used for years. It replaces nearly every word that the table knows: function
words and wordings of several words too ("because" becomes "as a result of"), and parts of names. ``web_spinners.tsv`` holds what was
read off pages of nine such spinners. That is a small part of their tables, so what it lacks comes from a thesaurus, chosen
as the family chooses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from itertools import accumulate, pairwise
from random import Random

from mtdetect.degrade.engine import chance as generator
from mtdetect.degrade.spin import WORD, Spinner, mended_article, sentence_starts, with_case_of
from mtdetect.degrade.thesaurus import Thesaurus
from mtdetect.errors import UsageError

LONGEST = 4
"""Words of the longest wording that a table looks up."""

QUOTATION = re.compile(r"[“\"][^“”\"\n]{20,400}[”\"]")


@dataclass(frozen=True)
class WebFamily:
    """How one web spinner chooses.

    Attributes
    ----------
    rest : str
        Family of :class:`Spinner` that says what happens to words which are not in the table.
    fixed : bool
        One wording for each word, always the same; else a new draw each time.
    names : bool
        Replace words inside names too.
    spared_quotations : float
        Share of the quotations that are left alone.
    """

    rest: str
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
}
"""Families by name; the letter is that of the table."""


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[tuple[str, ...], tuple[str, ...]]]:
    """Wordings of each family by the words that they replace, all in lower case."""
    found: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {name: {} for name in WEB_FAMILIES}
    file = resources.files("mtdetect.degrade") / "web_spinners.tsv"
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            family, original, wordings = line.split("\t")
            found[f"web-{family.lower()}"][tuple(original.split())] = tuple(wordings.split("|"))
    return found


@dataclass(frozen=True)
class WebSpinner:
    """A spinner of the web.

    Parameters
    ----------
    family : str
        One of ``WEB_FAMILIES``.
    rate : float
        Share of all words at which a substitution begins, as far as the spinner knows enough of them; above 0, up to 1.
    thesaurus : Thesaurus, optional
        Where words come from that are not in the table; none of them are replaced if not given.
    frequency : mapping of str to int, optional
        How common words are, for the choice of substitutes out of the thesaurus.
    """

    family: str
    rate: float = 0.3
    thesaurus: Thesaurus | None = None
    frequency: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.family not in WEB_FAMILIES:
            raise UsageError(f"no web spinner called {self.family!r}; there are {', '.join(WEB_FAMILIES)}")
        if not 0 < self.rate <= 1:
            raise UsageError("rate must lie above 0 and not above 1")

    @property
    def name(self) -> str:
        """Family and rate."""
        return f"spin:{self.family}:{self.rate:.2f}"

    @property
    def spins_names(self) -> bool:
        """Whether it replaces words inside names too."""
        return self._style.names

    @property
    def _style(self) -> WebFamily:
        return WEB_FAMILIES[self.family]

    @cached_property
    def _rest(self) -> Spinner:
        return Spinner(self.thesaurus or Thesaurus({}), self._style.rest, frequency=self.frequency)

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Spin each text."""
        return [text for text, _ in self.marked(texts, seed)]

    def marked(self, texts: Sequence[str], seed: int = 0) -> list[tuple[str, list[tuple[int, int]]]]:
        """Spin each text, and say which spans of the result are substitutes."""
        result = []
        for text in texts:
            parts = self._spin(text, generator(seed, self.name, text), seed)
            ends = list(accumulate(map(len, parts)))
            result.append(("".join(parts), [(ends[k - 1], ends[k]) for k in range(1, len(parts), 2)]))
        return result

    def _spin(self, text: str, rng: Random, seed: int) -> list[str]:
        """What stays and what replaces, by turns."""
        words = list(WORD.finditer(text))
        known = self._known(text, words, rng)
        chosen = sorted(rng.sample(known, min(len(known), round(self.rate * len(words)))))
        parts: list[str] = []
        at = 0
        for first, last in chosen:
            begin, end = words[first].start(), words[last].end()
            substitute = self._choose(tuple(w.group().lower() for w in words[first : last + 1]), rng, seed)
            parts += [text[at:begin], with_case_of(text[begin:end], substitute)]
            parts[-2] = mended_article(parts[-2], substitute)
            at = end
        parts.append(text[at:])
        return parts

    def _known(self, text: str, words: list[re.Match[str]], rng: Random) -> list[tuple[int, int]]:
        """First and last word of everything that the spinner would replace, the longest wording first."""
        spared = [
            found.span() for found in QUOTATION.finditer(text) if rng.random() < self._style.spared_quotations
        ]
        starts = sentence_starts(text, words)
        table = tables()[self.family]
        lower = [word.group().lower() for word in words]
        known: list[tuple[int, int]] = []
        k = 0
        while k < len(words):
            last = k
            is_name = words[k].group()[0].isupper() and not starts[k]
            if not (is_name and not self._style.names) and not _inside(words[k].start(), spared):
                for longest in range(min(LONGEST, len(words) - k), 0, -1):
                    if tuple(lower[k : k + longest]) in table and _touch(text, words[k : k + longest]):
                        last = k + longest - 1
                        known.append((k, last))
                        break
                else:
                    if self.thesaurus is not None and self._rest.replaces(words[k].group(), starts[k]):
                        known.append((k, k))
            k = last + 1
        return known

    def _choose(self, words: tuple[str, ...], rng: Random, seed: int) -> str:
        wordings = tables()[self.family].get(words)
        if self._style.fixed:
            rng = generator(seed, self.family, " ".join(words))
        if wordings is None:
            return self._rest.choose(words[0], rng, seed)
        return rng.choice(wordings)


def _inside(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(begin <= at < end for begin, end in spans)


def _touch(text: str, words: list[re.Match[str]]) -> bool:
    """Whether single spaces stand between the words, and nothing else."""
    return all(text[a.end() : b.start()] == " " for a, b in pairwise(words))
