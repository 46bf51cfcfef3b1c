"""Human texts for benchmarks: the same in every run, cut at the end of a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdetect.training import corpus


def cut(text: str, words: int) -> str:
    """First words of a text, up to the end of a sentence if one is near."""
    parts = text.split(" ")
    if len(parts) <= words:
        return text
    head = " ".join(parts[:words])
    stop = max(head.rfind(". "), head.rfind(".\n"))
    return head[: stop + 1] if stop > len(head) * 0.7 else head


def development_sets(data: Path) -> list[Path]:
    """Files of the development sets."""
    return sorted((data / "labelled").glob("*_dev.jsonl.gz"))


def by_person(record: Mapping[str, Any]) -> bool:
    """Whether a person wrote the text of a labelled record: it is an original, and not by a language model."""
    return record["label"] == "original" and record.get("origin") != "language_model"


def people(data: Path, each: int, words: int = 700) -> list[str]:
    """``each`` texts of every human source, chosen by the hash of their ids."""
    texts = []
    for path in sorted((data / "human").glob("*.jsonl.xz")):
        found = sorted(corpus.records(path), key=lambda record: corpus.chance("benchmark", record["id"]))
        texts += [cut(record["text"], words) for record in found[:each]]
    return texts
