"""Screening: a verdict for each record of a crawl, however large, unattended.

Records flow through in batches of about half a megabyte of text, so memory stays flat. A worker is handed the bytes of a
batch and gives back the bytes to write: parsing, extraction from pages, scoring, serialising and packing all happen there,
and the main process only reads and writes. What is written lies beside its place until it is whole, with a journal of how
far it goes, so that a run that was cut off, however rudely, goes on where it stopped.

    plan (what belongs in which batch)  →  engine (who judges it)  →  judging (how)  →  output (what is kept)
"""

from __future__ import annotations

from mtdetect.screening.judging import judge_batch
from mtdetect.screening.options import Options
from mtdetect.screening.run import screen
from mtdetect.screening.tally import Tally

__all__ = ["Options", "Tally", "judge_batch", "screen"]
