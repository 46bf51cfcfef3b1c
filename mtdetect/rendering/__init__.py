"""What was found, on paper: tables for people; JSON, JSON Lines, CSV and SARIF for programs.

``verdicts``     of texts, and what a search among originals found
``explanation``  one text with its evidence marked, and its style beside people's
``comparison``   of two texts
``figures``      of evaluations, drift, calibration and replayed decisions
``terminal``     what they share: somebody's text made fit for a terminal, and the terminal itself
"""
