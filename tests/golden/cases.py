"""Texts written for these tests, with the verdict and the evidence that they must get, in four files.

``in_the_wild``     written as pages on the web are, evidence included
``synthetic``       made by ``mtdetect degrade`` (``made`` says how) or built around one error
``negative``        must be left alone
``known_failures``  what the detector gets wrong today; a case that passes makes its test fail, and then moves to another file

A case has ``text`` and at least one of: ``label`` (one, or several that will do), with ``reason`` and ``fpr`` where they matter;
``evidence``, a list of what must be found, of which an empty one means that nothing may be.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FILES = ("in_the_wild", "synthetic", "negative", "known_failures")

Case = dict[str, Any]


def load(name: str) -> list[Case]:
    """The cases of one file."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def text(name: str) -> str:
    """The text of one case, in whichever file it is."""
    (found,) = (case["text"] for file in FILES for case in load(file) if case["id"] == name)
    return str(found)


def labels(case: Case) -> list[str]:
    """The labels that will do."""
    return [case["label"]] if isinstance(case["label"], str) else case["label"]


def found(wanted: Case, evidence: Any) -> bool:
    """Whether a piece of evidence holds what is wanted: its kind, its text within the span, its wording within the suggestion."""
    same = wanted["kind"] == evidence.kind and wanted["text"] in evidence.text
    if wanted["suggestion"] is None:
        return same and evidence.suggestion is None
    return same and wanted["suggestion"] in (evidence.suggestion or "")
