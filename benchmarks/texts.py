"""Texts for benchmarks: the same people's texts in every run, cut where a sentence ends."""

from __future__ import annotations

from pathlib import Path

from mtdetect.training import corpus


def cut(text: str, words: int) -> str:
    """The first words of a text, ended at a sentence where one ends nearby."""
    parts = text.split(" ")
    if len(parts) <= words:
        return text
    head = " ".join(parts[:words])
    stop = max(head.rfind(". "), head.rfind(".\n"))
    return head[: stop + 1] if stop > len(head) * 0.7 else head


def people(data: Path, each: int, words: int = 700) -> list[str]:
    """Some texts of each human source, chosen by the hash of their ids."""
    texts = []
    for path in sorted((data / "human").glob("*.jsonl.xz")):
        found = sorted(corpus.records(path), key=lambda record: corpus.chance("benchmark", record["id"]))
        texts += [cut(record["text"], words) for record in found[:each]]
    return texts
