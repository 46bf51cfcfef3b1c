"""Originals: which text in my collection is this one a copy of?

The modules, in the order a text meets them:

``sketch``    a text becomes the telling stems of each of its sentences
``postings``  which originals hold a stem: compressed lists in segments
``ranking``   the originals that share most with a query, then a closer look at the best
``judging``   what the closeness says: a probability and a relation
``store``     all of it in one SQLite file
"""

from mtdetect.originals.store import Added, Info, Match, Originals

__all__ = ["Added", "Info", "Match", "Originals"]
