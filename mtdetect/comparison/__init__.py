"""Comparison of two texts: is one a copy of the other, what was changed, and which of the two is the copy?

The modules, in the order of the computation:

``sides``            the words, sentences and terms of each text
``alignment``        which sentences correspond
``style_counts``     counts of function words, punctuation and endings
``substitutions``    which wordings in them replace each other
``measures``         the features of the pair
``model``            the pair model, which turns features into probabilities
``consulting``       what a translation engine says of both texts
``direction_model``  the model of directions for pairs about which it was asked
``compare``          all of it in one call
``result``           the result of that call
``match``            a verdict on a text, combined with its comparison with an original
"""

from mtdetect.comparison.alignment import Link
from mtdetect.comparison.compare import compare_documents, compare_texts
from mtdetect.comparison.result import Comparison
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import Substitution

__all__ = [
    "Comparison",
    "Link",
    "Side",
    "Substitution",
    "compare_documents",
    "compare_texts",
]
