"""A filter of datatrove that drops or marks machine-degraded documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mtdetect
from mtdetect.errors import MissingExtraError
from mtdetect.verdict import DEFAULT_FPR, Mode, check_fpr

try:
    from datatrove.pipeline.filters.base_filter import BaseFilter
except ImportError as error:
    raise MissingExtraError("this filter needs datatrove; pip install datatrove") from error

if TYPE_CHECKING:
    from datatrove.data import Document
    from datatrove.pipeline.writers.disk_base import DiskWriter

FIELDS = ("label", "score", "quality", "p_value", "reason", "retranslated")


class DegradedTextFilter(BaseFilter):  # type: ignore[misc,unused-ignore]
    """A filter that drops flagged documents and keeps all others, ``uncertain`` and ``unsupported`` ones included.

    Parameters
    ----------
    fpr : float
        Error budget: share of human texts that may be dropped.
    drop : bool
        Whether flagged documents are dropped; if not, they stay and only their metadata shows the label.
    model : str or Path, optional
        Folder of the model; the English one of the package if None.
    exclusion_writer : DiskWriter, optional
        Receives the dropped documents, with the label as ``filter_reason``.
    batch_size : int
        Number of documents judged together.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.

    Notes
    -----
    Every document's metadata gets ``mtdetect_label``, ``mtdetect_score``, ``mtdetect_quality``, ``mtdetect_p_value``,
    ``mtdetect_reason`` and ``mtdetect_retranslated``.
    """

    name = "🌀 mtdetect"

    def __init__(
        self,
        fpr: float = DEFAULT_FPR,
        *,
        drop: bool = True,
        model: str | Path | None = None,
        exclusion_writer: DiskWriter | None = None,
        batch_size: int = 256,
        retranslate: Mode = "never",
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.fpr = check_fpr(fpr)
        self.drop = drop
        self.model = model
        self.retranslate = retranslate

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Judge one document.

        Parameters
        ----------
        doc : Document
            A document with a text.

        Returns
        -------
        bool or tuple
            True to keep it, ``(False, label)`` to drop it.
        """
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Judge several documents together.

        Parameters
        ----------
        batch : list of Document
            Documents with texts.

        Returns
        -------
        list
            One result of :meth:`filter` per document.
        """
        verdicts = mtdetect.load(self.model).score_many(
            (doc.text for doc in batch), fpr=self.fpr, evidence=False, retranslate=self.retranslate
        )
        kept: list[bool | tuple[bool, str]] = []
        for doc, verdict in zip(batch, verdicts, strict=True):
            row = verdict.to_dict(evidence=False)
            doc.metadata |= {f"mtdetect_{name}": row[name] for name in FIELDS}
            kept.append((False, verdict.label) if verdict.flagged and self.drop else True)
        return kept
