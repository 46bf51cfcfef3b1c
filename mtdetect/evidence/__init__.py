"""The spans of a text that show the damage, and what probably stood there.

``substituted_words``   words that were probably replaced, as spans
``suggestions``         the wording that they probably replaced
``surface_errors``      errors that show by themselves: articles, doubled words, stray punctuation
``name_variants``       a rare name that the text spells in two ways
``repeated_passages``   a passage that stands in the text twice, as written and reworked
``homographs``          function words taken for another word of the same spelling
``spinner_wordings``    wordings that web spinners put in the place of everyday words
``phrases``             phrases of the user's own list
``explanation``         all of these together, with sentence scores and reasons
"""
