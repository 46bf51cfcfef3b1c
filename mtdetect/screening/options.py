"""What is asked about each record, and what makes two runs the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import mtdetect
from mtdetect.errors import UsageError
from mtdetect.inputs import FORMATS, STDIN
from mtdetect.verdict import DEFAULT_FPR, ModelInfo, check_fpr

OUTPUT_FORMATS = ("jsonl", "parquet", "csv")

PACKED = (".gz", ".zst", ".xz")


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked about each record.

    Attributes
    ----------
    fpr : float
        Error budget.
    evidence : bool
        Whether ``sentences`` and ``evidence`` are written.
    text_field, id_field : str
        Where a record holds its text and its id; dots reach into nested objects.
    originals : str or None
        A collection of originals in which each text is looked up; the best match becomes ``match``.
    input_format : str or None
        Format of all inputs; told from each name if None.
    output_format : str
        ``jsonl``, ``parquet`` or ``csv``.
    packing : str
        Ending of the packer of the output, or empty.
    keep : str
        ``all``, or ``flagged`` to write only records with a degraded label.
    with_text : bool
        Whether the text that was judged is written, too.
    """

    fpr: float = DEFAULT_FPR
    evidence: bool = False
    text_field: str = "text"
    id_field: str = "id"
    originals: str | None = None
    input_format: str | None = None
    output_format: str = "jsonl"
    packing: str = ""
    keep: Literal["all", "flagged"] = "all"
    with_text: bool = False

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        UsageError
            With the names that there are.
        """
        check_fpr(self.fpr)
        for name, value, known in (
            ("input format", self.input_format, (None, *FORMATS)),
            ("output format", self.output_format, OUTPUT_FORMATS),
            ("packing", self.packing, ("", *PACKED)),
            ("choice of what to keep", self.keep, ("all", "flagged")),
        ):
            if value not in known:
                raise UsageError(f"{value!r}: no {name}; there are {', '.join(filter(None, known))}")
        if self.output_format == "parquet" and self.packing:
            raise UsageError(f"Parquet is packed by itself; leave out {self.packing}")


def fingerprint(
    sources: Sequence[str], options: Options, model: ModelInfo, phrases: Path | None, profile: Path | None
) -> dict[str, Any]:
    """Sum up all that an output depends on, so that ``--resume`` mixes nothing.

    Parameters
    ----------
    sources : sequence of str
        Files to be read.
    options : Options
        What is asked.
    model : ModelInfo
        Which model answers.
    phrases, profile : Path or None
        List of phrases, and calibration profile.

    Returns
    -------
    dict of str
        By what it is that must be the same: ``inputs`` (None for what cannot be read again), ``options``, ``model`` and
        ``version``.
    """
    from mtdetect import artifacts

    return {
        "inputs": None if STDIN in sources else _digest(*map(_facts, sources)),
        "options": asdict(options)
        | {
            "phrases": artifacts.sha256(phrases) if phrases is not None and phrases.is_file() else None,
            "profile": artifacts.sha256(profile) if profile is not None and profile.is_file() else None,
            "originals": options.originals and _facts(options.originals),
        },
        "model": model.sha256,
        "version": mtdetect.__version__,
    }


def _facts(path: str) -> str:
    if path == STDIN or not os.path.isfile(path):
        return path
    facts = os.stat(path)
    return f"{os.path.abspath(path)}\0{facts.st_size}\0{facts.st_mtime_ns}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
