"""Results for people, as tables, HTML pages and plots; and for programs, as JSON, JSON Lines, CSV and SARIF.

On the terminal and in files:

``verdicts``     verdicts of texts, and matches of a search among originals
``explanation``  one text with its evidence marked
``comparison``   two compared texts
``screening``    summary of a screening run
``figures``      evaluations, regression checks, calibrations and replayed decisions
``sarif``        verdicts as SARIF
``plots``        plots of an evaluation

As HTML pages, from the templates in ``templates/``:

``html_score``       scored texts
``html_comparison``  two compared texts
``html_screening``   a screening run

Shared by several of them:

``printable``  any text made fit to be shown
``terminal``   the terminal, and text made fit for it
``highlight``  a text cut where its marks change
``html``       a page from a template
"""
