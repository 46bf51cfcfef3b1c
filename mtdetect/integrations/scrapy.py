"""An item pipeline of Scrapy: each item gets its verdict, flagged ones are dropped if you like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mtdetect
from mtdetect.errors import MissingExtraError
from mtdetect.verdict import DEFAULT_FPR, check_fpr

try:
    from itemadapter import ItemAdapter
    from scrapy.exceptions import DropItem
except ImportError as error:
    raise MissingExtraError("this pipeline needs Scrapy; pip install scrapy") from error


class MtdetectPipeline:
    """Judges the text of each item.

    Parameters
    ----------
    text_field : str
        Field of the text; an item without it passes untouched.
    verdict_field : str
        Field that the verdict is put in, as the contract's JSON object; it must exist if the item is a class with fixed fields.
    fpr : float
        Error budget.
    drop : bool
        Whether flagged items are dropped.
    evidence : bool
        Whether sentences and evidence are worked out.
    model : str or Path, optional
        Folder of the model; the English one that ships if None.
    stats : scrapy.statscollectors.StatsCollector, optional
        Counts labels as ``mtdetect/LABEL``.

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
        stats: Any = None,
    ) -> None:
        self.text_field = text_field
        self.verdict_field = verdict_field
        self.fpr = check_fpr(fpr)
        self.drop = drop
        self.evidence = evidence
        self.model = model
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Any) -> MtdetectPipeline:
        """Make a pipeline as the settings say.

        Parameters
        ----------
        crawler : scrapy.crawler.Crawler
            Its settings ``MTDETECT_TEXT_FIELD``, ``MTDETECT_VERDICT_FIELD``, ``MTDETECT_FPR``, ``MTDETECT_DROP``,
            ``MTDETECT_EVIDENCE`` and ``MTDETECT_MODEL`` are the parameters.
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
        )

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """Judge one item.

        Parameters
        ----------
        item : item
            Of any kind that Scrapy knows.
        spider : Spider, optional
            Not needed; older versions of Scrapy hand it over.

        Returns
        -------
        item
            The same, with its verdict.

        Raises
        ------
        DropItem
            If it is flagged and such items are to be dropped.
        """
        adapter = ItemAdapter(item)
        text = adapter.get(self.text_field)
        if not isinstance(text, (str, bytes)):
            return item
        verdict = mtdetect.load(self.model).score(text, fpr=self.fpr, evidence=self.evidence)
        if self.stats is not None:
            self.stats.inc_value(f"mtdetect/{verdict.label}")
        if verdict.flagged and self.drop:
            raise DropItem(f"{verdict.label}, score {verdict.score:.3f}")
        adapter[self.verdict_field] = verdict.to_dict(self.evidence)
        return item
