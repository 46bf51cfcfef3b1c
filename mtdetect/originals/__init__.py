"""Originals: which text in my collection is this one a copy of?

The modules, in the order a text passes through them:

``sketch``    reduces a text to the distinctive stems of each of its sentences
``postings``  compressed lists, in segments: which originals contain a stem
``ranking``   finds candidates in these lists, then compares their sketches with the query
``scoring``   turns that comparison into a probability and a relation
``index``     keeps the segments in the file
``database``  opens and checks the file, and runs transactions
``store``     the collection: adds, removes and searches originals
``answers``   results other than matches
"""

from mtdetect.originals.answers import Added, Info
from mtdetect.originals.store import Originals
from mtdetect.verdict import Match

__all__ = ["Added", "Info", "Match", "Originals"]
