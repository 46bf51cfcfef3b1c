"""From measurements to probabilities: everything that was learnt, as plain arrays.

``loading``              from a folder to a ``Model``, with all checks
``scoring``              ``Model``: from the view of a batch to its ``Scores``
``classifier``           experts and judge: from the columns of a text to its log-odds
``trees``                boosted regression trees as arrays
``calibration``          p-values from people's scores
``empirical_tail``       share of human scores at or above a given one
``candidates``           which words were probably substituted
``spinner_wordings``     wordings that web spinners put in the place of everyday words
``sentences``            probability that each sentence was rewritten
``quality``              how good the English is as a rendering
``first_look``           which texts need no full measurement
``retranslation``        the model that asks the translation engine
``source_language``      the language that a translation came from
``calibration_profile``  p-values from a user's own texts
``tuned_constants``      numbers in the code that the model was trained with
"""
