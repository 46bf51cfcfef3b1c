"""Texts become arrays of tokens and sentences.

``read`` turns a batch of texts into a :class:`Batch`. All later packages (features, model, comparison) work on its arrays
and never read the characters again.

The modules, in the order in which a text passes them:

``decoding``     bytes of unknown encoding become a string
``tags``         HTML tags are blanked out
``folding``      quotes, dashes, spaces, entities and invisible characters are normalised
``confusables``  letters that only look Latin become Latin
``addresses``    addresses are blanked out
``capitals``     texts in capitals or title case are read as prose
``tokens``       words, numbers and punctuation as spans, each with a 64-bit hash
``vocabulary``   hashes become the integer ids of the language tables
``sentences``    tokens are grouped into sentences
``language``     decides whether a text is English prose
``batch``        the result, with offsets into the text as given
``clauses``      how much of a text is in sentences

The others serve them: ``arrays`` (names of array types), ``hashing``, ``lookup``, ``keyset``, ``distinct`` and
``segments`` (operations on arrays), ``english``, ``inflection``, ``stemming`` and ``dialects`` (facts about English words).
"""

from mtdetect.text.batch import Batch, Document, read
from mtdetect.text.decoding import decode
from mtdetect.text.vocabulary import Vocabulary

__all__ = ["Batch", "Document", "Vocabulary", "decode", "read"]
