"""Style profile: the stylometric measurements of a text, compared with human texts.

It shows a reader in which ways a text is unusual. It decides nothing, because an unusual subject or register is no damage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["%", "nats", "words", "letters", "per 100 words", ""]

UNKNOWN_UNIT: Unit = ""

NAMES: Mapping[str, tuple[str, Unit]] = {
    "fluency.surprisal": ("surprisal of a word", "nats"),
    "fluency.surprisal_deviation": ("spread of the words' surprisal", "nats"),
    "fluency.unigram_surprisal": ("rarity of the words", "nats"),
    "fluency.gain_of_bigram": ("gain from the word before", "nats"),
    "fluency.gain_of_trigram": ("gain from the second word before", "nats"),
    "fluency.content_pmi": ("association of neighbouring content words", "nats"),
    "fluency.content_pmi_deviation": ("spread of the association of content words", "nats"),
    "fluency.function_pmi": ("association of function words with neighbours", "nats"),
    "fluency.fit_both": ("fit of content words to both neighbours", "nats"),
    "fluency.fit_below_-3.0": ("content words that fit very badly", "%"),
    "fluency.fit_below_-1.5": ("content words that fit badly", "%"),
    "fluency.fit_below_+0.0": ("content words that fit worse than by chance", "%"),
    "fluency.fit_below_+2.0": ("content words that fit loosely", "%"),
    "fluency.fit_below_+4.0": ("content words that fit less than tightly", "%"),
    "fluency.unseen_content_pairs": ("pairs of content words that people do not use", "%"),
    "fluency.unseen_mixed_pairs": ("other word pairs that people do not use", "%"),
    "fluency.unseen_excess": ("unused word pairs beyond what the vocabulary explains", "%"),
    "fluency.unseen_trigrams": ("word triples that people do not use", "%"),
    "fluency.unseen_skips": ("word pairs with a gap that people do not use", "%"),
    "fluency.content_surprisal": ("surprisal of a content word", "nats"),
    "fluency.function_surprisal": ("surprisal of a function word", "nats"),
    "fluency.rare_words": ("rare words", "%"),
    "fluency.usual_words": ("usual words", "%"),
    "fluency.unknown_words": ("words not in the vocabulary", "%"),
    "fluency.content_share": ("content words", "%"),
    "fluency.boundary_surprisal": ("surprisal of sentence starts and ends", "nats"),
    "fluency.odd_function_pairs": ("function words that repel each other", "%"),
    "fluency.odd_pairs": ("neighbours that repel each other", "%"),
    "collocations.gain": ("gain of the best alternative", "nats"),
    "collocations.gain_of_synonym": ("gain of the best synonym", "nats"),
    "collocations.beaten_by_2": ("words with a better substitute", "%"),
    "collocations.beaten_by_4": ("words with a clearly better substitute", "%"),
    "collocations.beaten_by_6": ("words with a much better substitute", "%"),
    "collocations.beaten_by_8": ("words with a far better substitute", "%"),
    "collocations.synonym_beats_by_2": ("words with a better synonym", "%"),
    "collocations.synonym_beats_by_4": ("words with a clearly better synonym", "%"),
    "collocations.synonym_beats_by_6": ("words with a much better synonym", "%"),
    "collocations.synonym_beats_by_8": ("words with a far better synonym", "%"),
    "candidates.share": ("words that fit a neighbour badly", "%"),
    "candidates.odds": ("words look like substitutes", "nats"),
    "candidates.below_0.05": ("words odder than 95 % in human text", "%"),
    "candidates.below_0.01": ("words odder than 99 % in human text", "%"),
    "candidates.below_0.001": ("words odder than 99.9 % in human text", "%"),
    "candidates.found": ("words reported as replaced", "%"),
    "collocations.gain_of_distribution": ("gain of the best alternative that is no synonym", "nats"),
    "readability.sentence_length": ("length of a sentence", "words"),
    "readability.sentence_length_variation": ("variation of the sentences' length", "%"),
    "readability.short_sentences": ("sentences below 8 words", "%"),
    "readability.long_sentences": ("sentences above 30 words", "%"),
    "readability.word_length": ("length of a word", "letters"),
    "readability.long_words": ("words of 7 letters and more", "%"),
    "richness.guiraud": ("width of the vocabulary (Guiraud)", ""),
    "richness.once": ("words used once", "%"),
    "richness.yule": ("repetition of words (Yule's K)", ""),
    "richness.contractions": ("contractions", "%"),
    "richness.commas": ("commas a word", "%"),
    "richness.the": ("“the”", "%"),
    "richness.of": ("“of”", "%"),
    "richness.articles": ("“a” and “an”", "%"),
    "richness.pronouns_1_2": ("“I”, “we”, “you”", "%"),
    "richness.pronouns_3": ("“he”, “she”, “it”, “they”", "%"),
    "richness.relatives": ("“which”, “who”, “whose”", "%"),
    "richness.that": ("“that”", "%"),
    "richness.conjunctions": ("conjunctions", "%"),
    "richness.connectives": ("connectives", "%"),
    "richness.modals": ("modal verbs", "%"),
    "richness.be": ("forms of “be”", "%"),
    "richness.have": ("forms of “have”", "%"),
    "richness.prepositions": ("prepositions", "%"),
    "richness.quantifiers": ("quantifiers", "%"),
    "richness.adverbs": ("common adverbs", "%"),
    "surface_errors.wrong_article": ("“a” for “an” and the reverse", "%"),
    "surface_errors.doubled_words": ("doubled words", "%"),
    "surface_errors.unknown_words": ("misspelt or foreign words", "%"),
    "surface_errors.mixed_words": ("letters and figures mixed in a word", "%"),
    "surface_errors.small_starts": ("sentences that begin in lower case", "%"),
    "surface_errors.loops": ("loops of the same words", "%"),
    "surface_errors.odd_capitals": ("capitals in odd places", "%"),
    "consistency.mixed_spelling": ("British and American spelling mixed", "per 100 words"),
    "consistency.name_variants": ("names spelt in two ways", "per 100 words"),
    "ngrams.translation": ("phrases that translation engines favour", ""),
    "ngrams.round_trip": ("phrases typical of round trips", ""),
    "ngrams.spinning": ("words that spinners favour", ""),
    "retranslation.first_choices": ("words that a translation engine would have chosen", "%"),
}
"""Column of the features: its name for readers, and the unit of its values."""

HIDDEN = ("length.log_words",)
"""Columns that do not describe style."""

DICTIONARY = "corpora/cmudict"
"""NLTK's pronouncing dictionary, with which textstat counts syllables. If it is not installed, textstat would download it, so the
indices that count syllables are skipped instead."""

BY_SYLLABLES = {
    "flesch_reading_ease": "Flesch reading ease",
    "flesch_kincaid_grade": "Flesch–Kincaid grade",
    "gunning_fog": "Gunning fog",
    "smog_index": "SMOG",
}
BY_LETTERS = {
    "automated_readability_index": "automated readability index",
    "coleman_liau_index": "Coleman–Liau index",
    "lix": "LIX",
}
"""Readability indices: function of textstat, and name for readers."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One column of the features in one text.

    Attributes
    ----------
    feature : str
        Name of the column.
    value : float
        What was measured; NaN if there was nothing to measure.
    low, high : float
        Usual range of human texts.
    middle : float
        Median of human texts.
    """

    feature: str
    value: float
    low: float
    high: float
    middle: float

    @property
    def name(self) -> str:
        """What is measured, in words."""
        return name_of(self.feature)

    @property
    def unit(self) -> Unit:
        """Unit of the value; ``%`` for a share, which is shown times 100."""
        return NAMES.get(self.feature, ("", UNKNOWN_UNIT))[1]

    @property
    def beyond(self) -> float:
        """Distance from the range: negative below it, positive above it, 0 inside."""
        if math.isnan(self.value):
            return 0.0
        return self.value - min(max(self.value, self.low), self.high)

    @property
    def excess(self) -> float:
        """Size of :attr:`beyond` in widths of the range, comparable between measurements; infinite if the range has no width."""
        width = self.high - self.low
        if not self.beyond:
            return 0.0
        return abs(self.beyond) / width if width > 0 else math.inf

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        value = None if math.isnan(self.value) else float(f"{self.value:.4g}")
        bounds = {key: float(f"{getattr(self, key):.4g}") for key in ("low", "high", "middle")}
        return {"feature": self.feature, "name": self.name, "value": value, **bounds}


@dataclass(frozen=True, slots=True)
class StyleProfile:
    """All measurements of a text.

    Attributes
    ----------
    words : int
        Length of the text.
    measurements : tuple of Measurement
        In the order of the features; empty if the text is not English prose.
    """

    words: int
    measurements: tuple[Measurement, ...]

    @property
    def outside(self) -> tuple[Measurement, ...]:
        """Measurements outside the usual range of human texts, the farthest first."""
        out = [one for one in self.measurements if one.beyond]
        return tuple(sorted(out, key=lambda one: -one.excess))

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {"words": self.words, "measurements": [one.to_dict() for one in self.measurements]}


def name_of(feature: str) -> str:
    """Name a column in words.

    Parameters
    ----------
    feature : str
        Name of a column; unknown ones are named after themselves.

    Returns
    -------
    str
    """
    if feature in NAMES:
        return NAMES[feature][0]
    block, _, column = feature.partition(".")
    return f"{column.replace('_', ' ')} ({block})" if column else feature


def figure(value: float, unit: Unit, *, signed: bool = False) -> str:
    """Format a value with its unit.

    Parameters
    ----------
    value : float
        The measured value.
    unit : str
        Its unit; shares become percentages.
    signed : bool
        Whether positive values get a plus.

    Returns
    -------
    str
    """
    if math.isnan(value):
        return "–"
    sign = "+" if signed else ""
    if unit == "%":
        return format(100 * value, f"{sign}.1f") + " %"
    size = abs(value)
    text = format(value, f"{sign}.0f" if size >= 100 else f"{sign}.1f" if size >= 10 else f"{sign}.2f")
    return f"{text} {unit}" if unit in ("words", "letters", "nats") else text


def readability(text: str) -> dict[str, float]:
    """Classical readability indices of a text, by textstat.

    Parameters
    ----------
    text : str
        English.

    Returns
    -------
    dict of str to float
        By name of the index. Indices that count syllables are absent if NLTK's pronouncing dictionary (``cmudict``) is not
        installed; all are absent if textstat is not.
    """
    try:
        import nltk
        import textstat
    except (ImportError, OSError):
        return {}
    wanted = dict(BY_LETTERS)
    try:
        nltk.data.find(DICTIONARY)
        wanted = BY_SYLLABLES | BY_LETTERS
    except (LookupError, OSError):
        pass  # textstat would download it
    found = {}
    for function, name in wanted.items():
        try:
            value = float(getattr(textstat, function)(text))
        except (AttributeError, LookupError, OSError, ValueError, ZeroDivisionError):
            continue  # one index that fails must not hide the others
        if math.isfinite(value):
            found[name] = value
    return found
