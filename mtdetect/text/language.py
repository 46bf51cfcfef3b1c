"""Language identification: whether a text is English prose.

Three shares decide for nearly all texts: of letters among the visible characters, of known words, and of English function
words. In 1,121 texts from 29 human sources the lowest share of words in ``FUNCTION_WORDS`` was 0.27 (median 0.50), and of
known words 0.89; a French paragraph has 0.03 function words. Only the texts left undecided are passed to a language
identifier (py3langid: Lui and Baldwin 2012, 97 languages), which takes a second to load.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

ENGLISH_FUNCTION_SHARE = 0.25
ENGLISH_KNOWN_SHARE = 0.70
"""A text that reaches both is English without asking the identifier."""

FOREIGN_FUNCTION_SHARE = 0.12
"""A text below it is not English prose even if the identifier says so: lists, code, tables."""

CREOLE_SHARE = 0.04
"""Share of ``CREOLE_WORDS`` from which the identifier is asked, however English the other words are. A page of Nigerian Pidgin has 0.2;
none of 6,323 texts from 46 sources of human English has more than 0.023."""

LEAST_LETTERS = 0.55
"""Least share of letters among the visible characters: prose has 0.9, tables and code fall below this."""

SAMPLE = 4000
"""Characters passed to the identifier."""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(text: str) -> tuple[str, float]:
    """Identify the language of a text.

    Parameters
    ----------
    text : str
        Only its first ``SAMPLE`` characters are looked at.

    Returns
    -------
    language : str
        ISO 639-1 code.
    probability : float
        Confidence of the identifier.
    """
    language, probability = _identifier().classify(text[:SAMPLE])
    return str(language), float(probability)


def surely_english(letters: Any, known: Any, function: Any, creole: Any) -> Any:
    """Whether texts are clearly English prose, so that the identifier is not needed.

    Parameters
    ----------
    letters, known, function, creole : float, or ndarray of float with one entry per text
        As in :func:`why_unsupported`.
    """
    prose = letters >= LEAST_LETTERS
    return (
        prose
        & (creole < CREOLE_SHARE)
        & (function >= ENGLISH_FUNCTION_SHARE)
        & (known >= ENGLISH_KNOWN_SHARE)
    )


def why_unsupported(
    text: str, *, words: int, letters: float, known: float, function: float, creole: float
) -> tuple[str | None, str | None]:
    """Language of a text and, if it is not English prose, the reason why it is unsupported.

    Parameters
    ----------
    text : str
        As given.
    words : int
        Number of words.
    letters : float
        Share of letters among visible characters.
    known, function : float
        Shares of the words that are in the vocabulary, and that are English function words.
    creole : float
        Share of the words that are ``CREOLE_WORDS``.

    Returns
    -------
    language : str or None
        ISO 639-1 code; ``None`` if the text is not prose.
    reason : str or None
        ``None`` for English prose.
    """
    if words == 0:
        return None, "empty" if not text.strip() else "not prose"
    if letters < LEAST_LETTERS:
        return None, "not prose"
    if surely_english(letters, known, function, creole):
        return "en", None
    # An identifier may be wrong about short English texts, and loading it takes time; clear cases are not passed to it.
    if creole < CREOLE_SHARE and ((known >= 0.9 and function >= 0.2) or (words < 10 and known >= 0.8)):
        return "en", None
    language, probability = identify(text)
    if language == "en":
        if words >= 40 and function < FOREIGN_FUNCTION_SHARE:
            return None, "not prose"
        return "en", None
    if function < FOREIGN_FUNCTION_SHARE and probability < 0.5:
        return None, "not prose"
    return language, f"language: {language}"
