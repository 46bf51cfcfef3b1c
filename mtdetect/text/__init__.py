"""Text: from whatever was given to sentences and integer tokens, in one pass.

``read`` turns a batch of texts into a :class:`Batch`; everything to the right of this room
(features, classifier, comparison) works on its arrays and never looks at the characters again.

The modules, in the order a text meets them:

``decoding``    bytes of unknown encoding become a string
``folding``     quotes, dashes, spaces, entities and invisible marks lose what only tells the source
``confusables``  letters that only look Latin become Latin
``tokens``      words, numbers and marks as spans with a 64-bit hash
``vocabulary``  hashes become the integer ids of the language tables
``sentences``   spans of tokens that a reader would call sentences
``language``    is it English prose at all?
``batch``       the result, with the way back to the offsets of the text as given
"""

from mtdetect.text.batch import Batch, Document, read
from mtdetect.text.decoding import decode
from mtdetect.text.vocabulary import Vocabulary

__all__ = ["Batch", "Document", "Vocabulary", "decode", "read"]
