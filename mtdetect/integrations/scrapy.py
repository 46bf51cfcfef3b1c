"""An item pipeline of Scrapy that adds a verdict to each item and can drop flagged ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mtdetect
from mtdetect.errors import MissingExtraError
from mtdetect.verdict import DEFAULT_FPR, Mode, check_fpr

try:
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem
except ImportError as error:
    raise MissingExtraError("this pipeline needs Scrapy; pip install scrapy") from error

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector


class MtdetectPipeline:
    """An item pipeline that judges the text of each item.

    Parameters
    ----------
    text_field : str
        Field of the text; an item without it is not changed.
    verdict_field : str
        Field for the verdict as a JSON object; it must exist if the item is a class with fixed fields.
    fpr : float
        Error budget.
    drop : bool
        Whether flagged items are dropped.
    evidence : bool
        Whether the verdict includes sentences and evidence.
    model : str or Path, optional
        Folder of the model; the English one of the package if None.
    stats : scrapy.statscollectors.StatsCollector, optional
        Counts labels as ``mtdetect/LABEL``.
    retranslate : str
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`.

    Examples
    --------
    In ``settings.py``::

        ITEM_PIPELINES = {"mtdetect.integrations.scrapy.MtdetectPipeline": 300}
        MTDETECT_DROP = True
    """

    def __init__(
        self,
        text_field: str = "text",
        verdict_field: str = "mtdetect",
        fpr: float = DEFAULT_FPR,
        drop: bool = False,
        evidence: bool = False,
        model: str | Path | None = None,
        stats: StatsCollector | None = None,
        retranslate: Mode = "never",
    ) -> None:
        self.text_field = text_field
        self.verdict_field = verdict_field
        self.fpr = check_fpr(fpr)
        self.drop = drop
        self.evidence = evidence
        self.model = model
        self.stats = stats
        self.retranslate = retranslate

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> MtdetectPipeline:
        """Make a pipeline from the settings of a crawler.

        Parameters
        ----------
        crawler : scrapy.crawler.Crawler
            Its settings ``MTDETECT_TEXT_FIELD``, ``MTDETECT_VERDICT_FIELD``, ``MTDETECT_FPR``, ``MTDETECT_DROP``,
            ``MTDETECT_EVIDENCE``, ``MTDETECT_MODEL`` and ``MTDETECT_RETRANSLATE`` become the parameters of the pipeline.
        """
        settings = crawler.settings
        return cls(
            settings.get("MTDETECT_TEXT_FIELD", "text"),
            settings.get("MTDETECT_VERDICT_FIELD", "mtdetect"),
            settings.getfloat("MTDETECT_FPR", DEFAULT_FPR),
            settings.getbool("MTDETECT_DROP", False),
            settings.getbool("MTDETECT_EVIDENCE", False),
            settings.get("MTDETECT_MODEL"),
            crawler.stats,
            settings.get("MTDETECT_RETRANSLATE", "never"),
        )

    def process_item(self, item: Any, spider: Spider | None = None) -> Any:
        """Judge one item.

        Parameters
        ----------
        item : item
            Of any type that Scrapy supports.
        spider : Spider, optional
            Not used; older versions of Scrapy pass it.

        Returns
        -------
        item
            The same item with its verdict.

        Raises
        ------
        DropItem
            If the item is flagged and ``drop`` is set.
        """
        adapter = ItemAdapter(item)
        text = adapter.get(self.text_field)
        if not isinstance(text, (str, bytes)):
            return item
        verdict = mtdetect.load(self.model).score(
            text, fpr=self.fpr, evidence=self.evidence, retranslate=self.retranslate
        )
        if self.stats is not None:
            self.stats.inc_value(f"mtdetect/{verdict.label}")
        if verdict.flagged and self.drop:
            raise DropItem(f"{verdict.label}, score {verdict.score:.3f}")
        adapter[self.verdict_field] = verdict.to_dict(self.evidence)
        return item
