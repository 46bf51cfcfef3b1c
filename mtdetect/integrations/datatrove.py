"""A filter step of datatrove: pages that a machine degraded are dropped, or only marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mtdetect
from mtdetect.errors import MissingExtraError
from mtdetect.verdict import DEFAULT_FPR, check_fpr

try:
    from datatrove.pipeline.filters.base_filter import BaseFilter
except ImportError as error:
    raise MissingExtraError("this step needs datatrove; pip install datatrove") from error

FIELDS = ("label", "score", "quality", "p_value", "reason")


class DegradedTextFilter(BaseFilter):  # type: ignore[misc,unused-ignore]
    """Keeps what people wrote, and what nobody can say anything about.

    Parameters
    ----------
    fpr : float
        Error budget: share of people's texts that may be dropped.
    drop : bool
        Whether flagged documents are dropped; if not, their metadata says so and they stay.
    model : str or Path, optional
        Folder of the model; the English one that ships if None.
    exclusion_writer : DiskWriter, optional
        Is given what is dropped, with the label as ``filter_reason``.
    batch_size : int
        Documents that are judged together.

    Notes
    -----
    Every document's metadata gets ``mtdetect_label``, ``mtdetect_score``, ``mtdetect_quality``, ``mtdetect_p_value`` and
    ``mtdetect_reason``.
    """

    name = "🌀 mtdetect"

    def __init__(
        self,
        fpr: float = DEFAULT_FPR,
        *,
        drop: bool = True,
        model: str | Path | None = None,
        exclusion_writer: Any = None,
        batch_size: int = 256,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.fpr = check_fpr(fpr)
        self.drop = drop
        self.model = model

    def filter(self, doc: Any) -> bool | tuple[bool, str]:
        """Judge one document.

        Parameters
        ----------
        doc : Document
            With a text.

        Returns
        -------
        bool or tuple
            True to keep it, ``(False, label)`` to drop it.
        """
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Any]) -> list[bool | tuple[bool, str]]:
        """Judge some documents together.

        Parameters
        ----------
        batch : list of Document
            With texts.

        Returns
        -------
        list
            As of :meth:`filter`, one a document.
        """
        verdicts = mtdetect.load(self.model).score_many(
            (doc.text for doc in batch), fpr=self.fpr, evidence=False
        )
        kept: list[bool | tuple[bool, str]] = []
        for doc, verdict in zip(batch, verdicts, strict=True):
            said = verdict.to_dict(evidence=False)
            doc.metadata |= {f"mtdetect_{name}": said[name] for name in FIELDS}
            kept.append((False, verdict.label) if verdict.flagged and self.drop else True)
        return kept
