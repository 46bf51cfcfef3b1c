"""What machines put in the place of people's words, read off texts that stand side by side.

- *Variation*: the same line as a person and as an engine worded it. Where the two differ in one word between words that
  agree, each is a wording of the other. Translators and engines vary in all directions, so this is a thesaurus of
  today's English that nobody wrote ("district" and "region", "cent" and "percent").
- *Spinners' words*: what stands in a real spinner's output more often than in other versions of such texts. Originals are not
  needed, only text of the same fields.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text import Vocabulary, read
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import corpus

PARALLEL = (
    "mt_train",
    "essays_round_trip_train",
    "claims_round_trip_train",
    "sentences_mt_post_edit_train",
)
SPUN = "science_spun_round_trip_train"

VERSIONS = 12
"""Machine versions of one text that are read; the test sets have up to thirty, which would drown the others."""

LONGEST = 120
"""Words of a line that is aligned; longer ones are paragraphs, whose alignment goes astray."""

PRIOR_WORDS = 4000.0
"""Weight of people's English at large against the other scientific texts, in words."""


def _lines(text: str, vocabulary: Vocabulary) -> list[list[int]]:
    batch = read(text.split("\n"), vocabulary, identify=False)
    return [batch.ids[a:b].tolist() for a, b in zip(batch.first[:-1], batch.first[1:], strict=True)]


def variation(
    data: Path, vocabulary: Vocabulary, function: npt.NDArray[np.bool_]
) -> Counter[tuple[int, int]]:
    """Count which content word stands for which in versions of one text.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
        Whose numbers are counted.
    function : ndarray of bool
        Function words, which are left out.

    Returns
    -------
    Counter
        Sightings of (number in the machine's line, number in the person's line).
    """
    from rapidfuzz.distance import Levenshtein

    found: Counter[tuple[int, int]] = Counter()
    for name in PARALLEL:
        versions: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
            key = record.get("node") or record["group"]
            versions[key][record["label"] != "original"].append(record["text"])
        for people, machines in versions.values():
            written = [_lines(text, vocabulary) for text in people[:2]]
            for text in machines[:VERSIONS] if written else ():
                made = _lines(text, vocabulary)
                for theirs in written:
                    if len(theirs) != len(made):
                        continue
                    for ours, other in zip(made, theirs, strict=True):
                        if max(len(ours), len(other)) > LONGEST:
                            continue
                        for step in Levenshtein.opcodes(ours, other):
                            if (
                                step.tag == "replace"
                                and step.src_end - step.src_start == step.dest_end - step.dest_start == 1
                            ):
                                found[ours[step.src_start], other[step.dest_start]] += 1
    return Counter(
        {
            (a, b): n
            for (a, b), n in found.items()
            if min(a, b) >= FIRST_WORD and not function[a] and not function[b]
        }
    )


def spinner_words(data: Path, vocabulary: Vocabulary, counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """How much more often each word stands in a real spinner's texts than in others of their fields.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    vocabulary : Vocabulary
    counts : ndarray, shape (len(vocabulary),)
        Of people's English at large, which smooths the comparison.

    Returns
    -------
    ndarray of float64, shape (len(vocabulary),)
        Logarithm of the ratio of the two frequencies, each with one sighting added; below 0 for words that spinners replace.
    """
    texts: tuple[list[str], list[str]] = ([], [])
    for record in corpus.records(data / "labelled" / f"{SPUN}.jsonl.gz"):
        texts[record["label"] == "spun"].append(record["text"])
    others, spun = (
        np.bincount(batch.ids[batch.ids >= FIRST_WORD], minlength=len(vocabulary)).astype(np.float64)
        for batch in (read(side, vocabulary, identify=False) for side in texts)
    )
    usual = np.maximum(counts, 0) / max(float(np.sum(counts)), 1.0)
    expected = (others + PRIOR_WORDS * usual) / (others.sum() + PRIOR_WORDS)
    ratio: npt.NDArray[np.float64] = np.log((spun + 1) / (spun.sum() * expected + 1))
    return ratio
