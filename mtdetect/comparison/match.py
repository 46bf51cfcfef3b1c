"""A verdict on a text whose likely original is at hand.

The text alone gives log-odds that a machine degraded it; the places in which it differs from its original give log-odds that it, and not
the other, is the machine's. They look at different things, so they are added.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mtdetect.comparison.result import Comparison
from mtdetect.verdict import ABSTAIN, Match, Verdict, judge

LIMIT = 30.0
"""Log-odds count up to this."""


def combined(verdict: Verdict, comparison: Comparison, *, original: Any = None) -> Verdict:
    """Join a verdict with the comparison of its text, as the suspect, and an original.

    Where the suspect is the machine-translated or spun copy:

    - ``score`` is the logistic function of the text's log-odds plus the direction's;
    - ``probabilities`` share it out by the relation: what a pair shows of the kind of machine, a text alone seldom does;
    - ``p_value`` is twice the lesser of the text's p-value and the chance that there is no copy or that the direction is wrong
      (Bonferroni's rule for two looks at one question), at most 1;
    - ``label`` follows by the usual rule.

    Otherwise only ``match`` is added: a copy by hand, or the original itself, is judged by its own wording.

    Parameters
    ----------
    verdict : Verdict
        On the text alone.
    comparison : Comparison
        The text is its suspect.
    original : any JSON value, optional
        Id of the original; the name that the comparison has for it if not given.

    Returns
    -------
    Verdict
    """
    match = Match(
        comparison.original if original is None else original,
        comparison.confidence if comparison.is_copy else 1 - comparison.confidence,
        comparison.relation,
        comparison.direction,
        comparison.copied,
        comparison.covered,
    )
    found = replace(verdict, match=match)
    degraded = comparison.relation in ("machine_translated", "spun")
    if not degraded or comparison.direction != "suspect_is_copy" or verdict.label == "unsupported":
        return found
    own = math.log(max(verdict.score, 1e-9) / max(1 - verdict.score, 1e-9))
    score = _logistic(own + comparison.direction_odds)
    wrong = 1 - comparison.confidence * _logistic(comparison.direction_odds)
    p_value = min(1.0, 2 * min(verdict.p_value, wrong))
    probabilities = {
        "original": 1 - score,
        "machine_translated": score * (0.95 if comparison.relation == "machine_translated" else 0.05),
        "spun": score * (0.95 if comparison.relation == "spun" else 0.05),
    }
    label, reason = judge(
        score=score,
        p_value=p_value,
        probabilities=probabilities,
        fpr=verdict.fpr,
        words=verdict.words,
        abstain=verdict.reason if verdict.reason in ABSTAIN else None,
    )
    return replace(
        found, score=score, probabilities=probabilities, p_value=p_value, label=label, reason=reason
    )


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-LIMIT, min(LIMIT, odds))))
