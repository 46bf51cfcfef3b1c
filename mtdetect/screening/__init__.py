"""Screening: a verdict for each record of a crawl of any size.

Records are processed in batches of about a megabyte of text, so memory use stays constant. A worker receives the
bytes of a batch and returns the bytes to write: it parses, extracts text from pages, scores, serialises and compresses.
The main process only reads and writes. Output stays under a temporary name until it is complete, with a journal of
how much is done, so that ``--resume`` continues a run that was interrupted or killed.

    plan (which records form a batch)  →  engine (which process)  →  judging (the verdicts)  →  output (the file)
"""

from __future__ import annotations

from mtdetect.screening.judging import judge_batch
from mtdetect.screening.options import Options
from mtdetect.screening.run import screen
from mtdetect.screening.tally import Tally

__all__ = ["Options", "Tally", "judge_batch", "screen"]
