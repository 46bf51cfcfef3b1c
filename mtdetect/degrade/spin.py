"""Synonym spinning by several families of spinners.

Real spinners differ. Some look up every word in a thesaurus and take any sense of any part of speech; some take the first sense; some have
one fixed substitute for each word and replace words inside names, too ("Border Security" becomes "Border Safety"); some prefer long and rare
wordings ("square measure" for "are"); the newest take words of similar contexts from a language model. A detector trained on one family learns
that family only, so each family has a name here and can be held out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from random import Random

from mtdetect.degrade.engine import chance as generator
from mtdetect.degrade.thesaurus import Thesaurus
from mtdetect.errors import UsageError
from mtdetect.text.capitals import with_capitals_of
from mtdetect.text.inflection import forms

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?]['\"”’)]*\s+$")

STOP = frozenset(
    "the of and to a an in that is was it for on with as he be at by i this had not are but from or have they which "
    "you were her all she there would their we him been has when who will more no if out so said what up its about "
    "into than them can only other do did does may might must shall should could us me my your our his".split()
)
"""Words that no family looks up, except those in its ``hits``."""

_STRIPS = (
    ("s", (("ies", "y"), ("es", ""), ("s", ""))),
    ("ed", (("ied", "y"), ("ed", "e"), ("ed", ""))),
    ("ing", (("ing", "e"), ("ing", ""), ("ying", "ie"))),
    ("est", (("iest", "y"), ("est", "e"), ("est", ""))),
    ("er", (("ier", "y"), ("er", "e"), ("er", ""))),
    ("ly", (("ily", "y"), ("ally", ""), ("ly", ""), ("y", "e"))),
)


@dataclass(frozen=True)
class Family:
    """How a family of spinners chooses substitutes.

    Attributes
    ----------
    sense : str
        Which senses of the thesaurus entry are used: ``any``, ``first``, or ``last`` (the last two).
    fixed : bool
        Whether each word always gets the same substitute, as from a table, instead of a random one each time.
    inflect : bool
        Whether the substitute is inflected like the word it replaces.
    names : bool
        Whether capitalised words inside sentences are replaced, too.
    long : float
        Weight of a substitute of several words; a single word has weight 1.
    commonness : float
        Exponent of a substitute's frequency in its weight; with 0, rare words are as likely as common ones.
    least_letters : int
        Shorter words are not replaced.
    mend_article : bool
        Whether "a" or "an" is adapted to the substitute that follows.
    hits : frozenset of str
        Function words that this family does replace.
    """

    sense: str = "any"
    fixed: bool = False
    inflect: bool = True
    names: bool = False
    long: float = 0.3
    commonness: float = 0.5
    least_letters: int = 3
    mend_article: bool = False
    hits: frozenset[str] = frozenset()


FAMILIES: Mapping[str, Family] = {
    "thesaurus": Family(),
    "first": Family(sense="first", long=0.1, commonness=0.3, mend_article=True),
    "table": Family(fixed=True, names=True, commonness=0.7, long=0.2),
    "multiword": Family(
        fixed=True,
        inflect=False,
        long=3.0,
        commonness=0.1,
        least_letters=2,
        hits=frozenset({"are", "us", "it", "who", "an"}),
    ),
    "sparing": Family(long=0.05, commonness=0.8, least_letters=5, mend_article=True),
    "blind": Family(sense="last", inflect=False, names=True, commonness=0.2),
}
"""Families by name. With a thesaurus of distributional neighbours, each gives another kind of spinner."""


@dataclass(frozen=True)
class Spinner:
    """Spinner that takes its substitutes from a thesaurus.

    Parameters
    ----------
    thesaurus : Thesaurus
        Source of the substitutes.
    family : str
        One of ``FAMILIES``.
    rate : float
        Share of all words to replace, above 0 and up to 1; less is replaced if too few words have a substitute.
    local : float
        Share of the sentences in which words are replaced; the rate applies to these.
    frequency : mapping of str to int, optional
        Frequency of words, so that rare substitutes do not dominate.
    label : str
        Prefix of the family in ``name``, for spinners that differ in their thesaurus.
    """

    thesaurus: Thesaurus
    family: str = "thesaurus"
    rate: float = 0.3
    local: float = 1.0
    frequency: Mapping[str, int] | None = None
    label: str = ""
    _cache: dict[str, list[tuple[str, float]]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise UsageError(f"unknown spinner family {self.family!r}; choose one of {', '.join(FAMILIES)}")
        if not 0 < self.rate <= 1 or not 0 < self.local <= 1:
            raise UsageError("rate and local must be above 0 and at most 1")

    @property
    def name(self) -> str:
        """Family and rate, such as ``spin:table:0.30``."""
        kind = f"{self.label}-{self.family}" if self.label else self.family
        return f"spin:{kind}:{self.rate:.2f}" + (f":{self.local:g}" if self.local < 1 else "")

    @property
    def spins_names(self) -> bool:
        """Whether capitalised words inside sentences are replaced, too."""
        return self._style.names

    @cached_property
    def _style(self) -> Family:
        return FAMILIES[self.family]

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Spin each text. Parameters and return value as for :meth:`mtdetect.degrade.Engine.degrade`."""
        return [text for text, _ in self.marked(texts, seed)]

    def marked(self, texts: Sequence[str], seed: int = 0) -> list[tuple[str, list[tuple[int, int]]]]:
        """Spin each text, and return the spans of the substitutes in the result.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Another seed draws other words and substitutes.

        Returns
        -------
        list of (str, list of (int, int))
            For each text, in order: the spun text, and start and end of each substitute in it, in characters.
        """
        return [joined(self._spin(text, generator(seed, self.name, text), seed)) for text in texts]

    def _spin(self, text: str, rng: Random, seed: int) -> list[str]:
        """Parts of the spun text: unchanged text and substitutes in turn, unchanged text first and last."""
        words = list(WORD.finditer(text))
        starts = sentence_starts(text, words)
        touched = True
        replaceable: list[int] = []
        inside = 0
        for k, match in enumerate(words):
            if starts[k]:
                touched = rng.random() < self.local
            if not touched:
                continue
            inside += 1
            if self.replaces(match.group(), starts[k]):
                replaceable.append(k)
        wanted = min(len(replaceable), round(self.rate * inside))
        chosen = sorted(rng.sample(replaceable, wanted))
        parts: list[str] = []
        at = 0
        for k in chosen:
            match = words[k]
            substitute = self.choose(match.group().lower(), rng, seed)
            parts += [text[at : match.start()], with_capitals_of(match.group(), substitute)]
            at = match.end()
            if self._style.mend_article:
                parts[-2] = mended_article(parts[-2], substitute)
        parts.append(text[at:])
        return parts

    def replaces(self, word: str, start: bool) -> bool:
        """Whether a word can be replaced.

        Parameters
        ----------
        word : str
            The word as written in the text.
        start : bool
            Whether it begins a sentence.
        """
        return self._is_eligible(word, start) and bool(self._options(word.lower()))

    def _is_eligible(self, word: str, start: bool) -> bool:
        lower = word.lower()
        if lower in STOP and lower not in self._style.hits:
            return False
        if len(word) < self._style.least_letters and lower not in self._style.hits:
            return False
        return self._style.names or start or not word[0].isupper()

    def _options(self, word: str) -> list[tuple[str, float]]:
        """Substitutes of a word with their weights, inflected like the word."""
        if word in self._cache:
            return self._cache[word]
        base, form = self._base(word)
        senses = list(self.thesaurus.senses(base)) if base else []
        if self._style.sense == "first":
            senses = senses[:1]
        elif self._style.sense == "last":
            senses = senses[-2:]
        weights: dict[str, float] = {}
        for sense in senses:
            for substitute in sense:
                if form and self._style.inflect:
                    substitute = self._inflected(substitute, form)
                if substitute == word or substitute in weights:
                    continue
                weights[substitute] = self._weight(substitute)
        options = [(s, w) for s, w in weights.items() if w > 0]
        self._cache[word] = options
        return options

    def _weight(self, substitute: str) -> float:
        weight = self._style.long if " " in substitute or "-" in substitute else 1.0
        if self.frequency is not None:
            count = min(self.frequency.get(w, 0) for w in substitute.replace("-", " ").split() or [""])
            weight *= (count + 0.5) ** self._style.commonness
        return weight

    def _base(self, word: str) -> tuple[str | None, str | None]:
        """Headword of a word, and the name of its inflected form."""
        if word in self.thesaurus and not (
            self._style.inflect and word.endswith("s") and not word.endswith("ss")
        ):
            return word, None
        for form, strips in _STRIPS:
            for ending, tail in strips:
                if not word.endswith(ending) or len(word) - len(ending) < 2:
                    continue
                stem = word[: -len(ending)] + tail
                candidates = [stem]
                if len(stem) > 3 and stem[-1] == stem[-2]:
                    candidates.append(stem[:-1])
                for base in candidates:
                    if base in self.thesaurus and word in forms(base).get(form, ()):
                        return base, form
        return (word, None) if word in self.thesaurus else (None, None)

    def _inflected(self, substitute: str, form: str) -> str:
        head, *rest = substitute.split(" ")
        if rest and form == "s":
            return " ".join([head, *rest[:-1], forms(rest[-1])["s"][0]])
        return " ".join([forms(head)[form][0], *rest])

    def choose(self, word: str, rng: Random, seed: int) -> str:
        """Draw the substitute of a word in lower case for which :meth:`replaces` is true.

        Parameters
        ----------
        word : str
            In lower case.
        rng : Random
            Random numbers of the text; not used by a family with a fixed table.
        seed : int
            The caller's seed; with a fixed table it decides, together with the word.

        Returns
        -------
        str
            In lower case, inflected like the word if the family does that.

        Raises
        ------
        IndexError
            If the word has no substitute.
        """
        options = self._options(word)
        if self._style.fixed:
            rng = generator(seed, "table", word)
        return rng.choices([s for s, _ in options], [w for _, w in options])[0]


def joined(parts: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """A spun text and the spans of its substitutes, from unchanged text and substitutes in turn.

    Parameters
    ----------
    parts : sequence of str
        Unchanged text first and last.

    Returns
    -------
    text : str
        All parts joined.
    spans : list of (int, int)
        Start and end of each substitute in the text, in characters.
    """
    ends = list(accumulate(map(len, parts)))
    return "".join(parts), [(ends[k - 1], ends[k]) for k in range(1, len(parts), 2)]


def sentence_starts(text: str, words: list[re.Match[str]]) -> list[bool]:
    """Whether each word begins a sentence.

    Parameters
    ----------
    text : str
        The text that was searched.
    words : list of Match
        What :data:`WORD` finds in it, in order.

    Returns
    -------
    list of bool
        True for the first word, for a word after a line break, and for one after a full stop, question or exclamation mark and a space.
    """
    starts = []
    end = 0
    for match in words:
        gap = text[end : match.start()]
        starts.append(end == 0 or "\n" in gap or bool(_SENTENCE_END.search(gap)))
        end = match.end()
    return starts


_ARTICLE = re.compile(r"\b([Aa])(n?)(\s+)$")


def mended_article(before: str, following: str) -> str:
    """Adapt the article at the end of ``before`` to the word that follows.

    Parameters
    ----------
    before : str
        The text in front of the word.
    following : str
        The word, not empty.

    Returns
    -------
    str
        ``before`` with "an" at its end if the word begins with a, e, i or o in lower case, else with "a"; unchanged if no article ends it.
    """
    match = _ARTICLE.search(before)
    if match is None:
        return before
    article = match.group(1) + ("n" if following[0] in "aeio" else "")
    return before[: match.start()] + article + match.group(3)
