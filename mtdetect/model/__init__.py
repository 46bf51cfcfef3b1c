"""From measurements to probabilities: everything that was learnt, as plain arrays.

``classifier``           experts and judge: from the columns of a text to its log-odds
``trees``                boosted regression trees as arrays
``calibration``          p-values from people's scores
``candidates``           which words were probably substituted
``spinner_wordings``     wordings that web spinners put in the place of everyday words
``sentences``            how likely each sentence was reworked
``quality``              how good the English is as a rendering
``source_language``      the language that a translation came from
``calibration_profile``  p-values from a user's own texts
"""
