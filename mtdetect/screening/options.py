"""Settings of a run, and the fingerprint that decides whether a run can be resumed."""

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
from mtdetect.verdict import DEFAULT_FPR, MODES, Mode, ModelInfo, check_fpr

OUTPUT_FORMATS = ("jsonl", "parquet", "csv")

PACKED = (".gz", ".zst", ".xz")

_COMPRESSED = tuple(f"{kind}{packing}" for kind in OUTPUT_FORMATS if kind != "parquet" for packing in PACKED)


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a run.

    Attributes
    ----------
    fpr : float
        Error budget.
    evidence : bool or str
        Whether ``sentences``, ``evidence`` and ``reasons`` are written: True for texts that are measured in full, ``flagged`` for flagged ones,
        ``all`` for all texts, which are then measured in full.
    text_field, id_field : str
        Fields of the text and the id of a record; a name with dots is a path into nested objects.
    originals : str or None
        Collection of originals in which each text is looked up; the best match becomes ``match``.
    input_format : str or None
        Format of all inputs; guessed from each file name if None.
    output_format : str or None
        ``jsonl``, ``parquet`` or ``csv``, or one with its compression such as ``jsonl.gz``; as the name of the output says if None.
    packing : str or None
        Compression of the output: ``.gz``, ``.zst``, ``.xz`` or empty; as ``output_format`` or the name says if None.
    keep : str
        ``all``, or ``flagged`` to write only flagged records.
    with_text : bool
        Whether the text is written, too.
    retranslate : str or None
        When the translation engine is consulted; if None, as the calibration profile says, and never if there is none.
    full : bool
        Whether every text is measured in full, instead of ending with the first look where that rules out a flag.
    """

    fpr: float = DEFAULT_FPR
    evidence: bool | Literal["flagged", "all"] = False
    text_field: str = "text"
    id_field: str = "id"
    originals: str | None = None
    input_format: str | None = None
    output_format: str | None = None
    packing: str | None = None
    keep: Literal["all", "flagged"] = "all"
    with_text: bool = False
    retranslate: Mode | None = None
    full: bool = False

    @property
    def measures_all(self) -> bool:
        """Whether every text is measured in full."""
        return self.full or self.evidence == "all"

    def check(self) -> None:
        """Check the values.

        Raises
        ------
        UsageError
            If a value is not allowed; the message lists the allowed ones.
        """
        check_fpr(self.fpr)
        for name, value, known in (
            ("input format", self.input_format, (None, *FORMATS)),
            ("output format", self.output_format, (None, *OUTPUT_FORMATS, *_COMPRESSED)),
            ("packing", self.packing, (None, "", *PACKED)),
            ("texts to show evidence for", self.evidence, (False, True, "flagged", "all")),
            ("choice of what to keep", self.keep, ("all", "flagged")),
            ("way of consulting the engine", self.retranslate, (None, *MODES)),
        ):
            if value not in known:
                raise UsageError(
                    f"{value!r}: no {name}; there are {', '.join(str(one) for one in known if one)}"
                )
        if self.output_format == "parquet" and self.packing:
            raise UsageError(f"Parquet compresses its own data; drop {self.packing} from the name")


def fingerprint(
    sources: Sequence[str],
    options: Options,
    model: ModelInfo,
    phrases: Path | None,
    profile: Path | None,
    retranslation: str | None = None,
    first_look: str | None = None,
) -> dict[str, Any]:
    """Everything the output depends on, so that ``--resume`` never mixes two different runs.

    Parameters
    ----------
    sources : sequence of str
        Files to be read.
    options : Options
        Settings of the run.
    model : ModelInfo
        The model.
    phrases, profile : Path or None
        Phrase list and calibration profile.
    retranslation : str, optional
        SHA-256 of the joint model if the translation engine is consulted.
    first_look : str, optional
        SHA-256 of the first look if texts may end with it.

    Returns
    -------
    dict of str
        ``inputs`` (None if they include standard input), ``options``, ``model`` and ``version``.
    """
    from mtdetect import artifacts

    return {
        "inputs": None if STDIN in sources else _digest(*map(_facts, sources)),
        "options": asdict(options)
        | {
            "phrases": artifacts.sha256(phrases) if phrases is not None and phrases.is_file() else None,
            "profile": artifacts.sha256(profile) if profile is not None and profile.is_file() else None,
            "originals": options.originals and _facts(options.originals),
            "retranslation": retranslation,
            "first_look": first_look,
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
