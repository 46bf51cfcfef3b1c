"""A verdict on a text, combined with the comparison of the text and its likely original.

The text alone gives log-odds that it is degraded. Its differences from the original give log-odds that it, not the original, is the
copy. The two use different evidence, so they are added.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mtdetect.comparison.result import Comparison
from mtdetect.verdict import ABSTAIN, Match, Verdict, judge

LIMIT = 30.0
"""Largest absolute log-odds."""


def combined(verdict: Verdict, comparison: Comparison, *, original: Any = None) -> Verdict:
    """Combine a verdict with the comparison of its text (the suspect) and an original.

    If the suspect is a machine-translated or spun copy:

    - ``score`` is the logistic function of the sum of the text's and the direction's log-odds;
    - ``probabilities`` give 95 % of it to the relation found: a pair shows better than a text alone how the text was made;
    - ``p_value`` is twice the smaller of the text's p-value and the probability that there is no copy or that the direction is wrong
      (Bonferroni correction for two tests), at most 1;
    - ``label`` follows by the usual rule.

    Otherwise only ``match`` is added, and the verdict on the text alone stands.

    Parameters
    ----------
    verdict : Verdict
        Verdict on the text alone.
    comparison : Comparison
        Comparison with the text as the suspect.
    original : any JSON value, optional
        Id of the original; its name in the comparison by default.

    Returns
    -------
    Verdict
    """
    match = Match(
        original=comparison.original if original is None else original,
        score=comparison.confidence if comparison.is_copy else 1 - comparison.confidence,
        relation=comparison.relation,
        direction=comparison.direction,
        copied=comparison.copied,
        covered=comparison.covered,
    )
    matched = replace(verdict, match=match, retranslated=verdict.retranslated or comparison.retranslated)
    degraded = comparison.relation in ("machine_translated", "spun")
    if not degraded or comparison.direction != "suspect_is_copy" or verdict.label == "unsupported":
        return matched
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
        # Of a text that is too short or in fragments the evidence alone was decisive if it has another label.
        decisive_evidence=verdict.reason not in ABSTAIN,
        abstain=verdict.reason if verdict.reason in ABSTAIN else None,
    )
    return replace(
        matched, score=score, probabilities=probabilities, p_value=p_value, label=label, reason=reason
    )


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-LIMIT, min(LIMIT, odds))))
