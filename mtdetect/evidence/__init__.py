"""Evidence: spans of a text that show the damage, with the wording that they probably replaced.

``substituted_words``   spans of words that were probably substituted
``suggestions``         the wording that a span probably replaced
``surface_errors``      errors that need no model: articles, doubled words, stray punctuation
``name_variants``       a rare name that the text spells in two ways
``repeated_passages``   a passage that the text has twice, as written and reworded
``homographs``          function words replaced as if they were another word of the same spelling
``spinner_wordings``    wordings that web spinners put in the place of everyday words
``outside_features``    evidence of spinning that the classifier does not see, as nats
``phrases``             phrases of the user's list
``explanation``         all of these together, with sentence scores and reasons
"""
