"""Originals: which text in my collection is this one a copy of?

The modules, in the order a text meets them:

``sketch``    a text becomes the telling stems of each of its sentences
``postings``  which originals hold a stem: compressed lists in segments
``ranking``   the originals that share most with a query, then a closer look at the best
``judging``   what the closeness says: a probability and a relation
``index``     the segments in their file
``database``  that file: opened, checked, one transaction at a time
``store``     all of it as one collection; ``answers`` are what it says
"""

from mtdetect.originals.answers import Added, Info
from mtdetect.originals.store import Originals
from mtdetect.verdict import Match

__all__ = ["Added", "Info", "Match", "Originals"]
