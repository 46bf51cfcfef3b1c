"""Synonyms of a word, by sense."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO

from mtdetect.errors import InputError

Senses = tuple[tuple[str, ...], ...]
"""The senses of a word, each with its words and phrases."""


class Thesaurus:
    """Substitutes by headword and sense, in lower case.

    Parameters
    ----------
    entries : mapping of str to iterable of iterable of str
        The senses of each headword, each with its substitutes, in order of rank. The headword itself and empty senses are
        removed.
    """

    def __init__(self, entries: Mapping[str, Iterable[Iterable[str]]]) -> None:
        self._entries: dict[str, Senses] = {}
        for word, senses in entries.items():
            self._add(word.lower(), ([member.lower() for member in sense] for sense in senses))

    @classmethod
    def of_neighbours(cls, neighbours: Mapping[str, Sequence[str]]) -> Thesaurus:
        """Make a thesaurus from flat lists, such as words that occur in the same contexts.

        Parameters
        ----------
        neighbours : mapping of str to sequence of str
            The nearest words of each word, nearest first.

        Returns
        -------
        Thesaurus
            One sense for each word.
        """
        return cls({word: [members] for word, members in neighbours.items()})

    @classmethod
    def load(cls, path: str | Path) -> Thesaurus:
        r"""Read a thesaurus from a file.

        The file has one headword per line, in one of two formats. With a header line: ``word<TAB>a,b|c``, with ``|`` between
        senses. If the first line has no tab: ``word,a,b,c``, with one sense per word.

        Parameters
        ----------
        path : str or Path
            UTF-8 text; compressed if the name ends in ``.gz``.

        Returns
        -------
        Thesaurus
            The entries of the file.

        Raises
        ------
        InputError
            If the file cannot be read or a line has another format.
        """
        path = Path(path)
        thesaurus = cls({})
        try:
            with _open(path) as file:
                first = next(file, "\t")
                plain = "\t" not in first
                shape = "a word, a comma and its synonyms" if plain else "a word, a tab and its senses"
                for number, line in enumerate(chain([first] if plain else [], file), start=1 if plain else 2):
                    word, mark, senses = line.rstrip("\r\n").lower().partition("," if plain else "\t")
                    if not mark:
                        raise InputError(f"{path}: line {number} is not {shape}")
                    parts = [senses] if plain else senses.split("|")
                    thesaurus._add(word, (sense.split(",") for sense in parts))
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read as a thesaurus ({error})") from error
        if not thesaurus:
            raise InputError(f"{path}: has no entries")
        return thesaurus

    def _add(self, word: str, senses: Iterable[Iterable[str]]) -> None:
        kept = (tuple(m for m in map(str.strip, sense) if m and m != word) for sense in senses)
        if found := tuple(sense for sense in kept if sense):
            self._entries[word] = found

    def senses(self, word: str) -> Senses:
        """Senses of a headword in lower case; empty for an unknown word.

        Parameters
        ----------
        word : str
            The headword.

        Returns
        -------
        tuple of tuple of str
            Substitutes of each sense, in order of rank, without the headword itself.
        """
        return self._entries.get(word, ())

    def __contains__(self, word: object) -> bool:
        return word in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _open(path: Path) -> IO[str]:
    """Open a text file that may be compressed."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return open(path, encoding="utf-8")
