"""Two texts compared: is one a copy of the other, what was changed, and which of the two is the copy?

``alignment`` finds the sentences that say the same, ``substitutions`` the wordings that stand for each other in them, ``measures``
what both add up to, ``model`` what is concluded from that. ``page`` shows it.
"""

from mtdetect.comparison.alignment import Link
from mtdetect.comparison.compare import Kinship, compare_documents, compare_texts, relate_documents
from mtdetect.comparison.result import Comparison
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import Substitution

__all__ = [
    "Comparison",
    "Kinship",
    "Link",
    "Side",
    "Substitution",
    "compare_documents",
    "compare_texts",
    "relate_documents",
]
