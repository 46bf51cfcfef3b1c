"""Verdicts: the result for one text, with its evidence, and the rule that turns its figures into a label.

Everything here is plain data. A verdict can be stored, sent and judged again at another error budget without the text, the model or numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

from mtdetect.errors import UsageError

Label = Literal["original", "machine_translated", "spun", "uncertain", "unsupported"]
"""Label of a verdict."""

LABELS: tuple[Label, ...] = get_args(Label)

CLASSES: tuple[Label, ...] = ("original", "machine_translated", "spun")
"""Classes of texts; ``uncertain`` and ``unsupported`` are labels, but no classes."""

Relation = Literal["verbatim", "edited", "paraphrased", "machine_translated", "spun", "related", "unrelated"]
"""How two texts can be related; ``related`` and ``unrelated`` are not copies."""

RELATIONS: tuple[Relation, ...] = get_args(Relation)

Direction = Literal["suspect_is_copy", "original_is_copy", "unclear"]
"""Which of two texts is the copy."""

Action = Literal["allow", "review", "block"]
"""Decision of a policy."""

DEGRADED: frozenset[Label] = frozenset({"machine_translated", "spun"})

Mode = Literal["auto", "always", "never"]
"""When a translation engine is consulted (:mod:`mtdetect.features.retranslation`): where it can change the answer, for every text that can be
judged, or never."""

MODES: tuple[Mode, ...] = get_args(Mode)

Stage = Literal["first_look", "full"]
"""Stage of the cascade in which a text ended (:mod:`mtdetect.model.first_look`): cheap measurements that rule out a flag, or all measurements."""

EvidenceFor = bool | Literal["flagged"]
"""For which texts sentence scores, evidence and reasons are computed: all that are measured in full, only flagged ones, or none."""

DEFAULT_FPR = 0.01

SHORT = 40
"""Texts with fewer words are too short to judge."""

ABSTAIN = ("short", "fragments")
"""Reasons not to judge a text: too few words, or most of them in no sentence (lists, headlines, clipped lines)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the text that shows damage.

    Attributes
    ----------
    start, end : int
        Offsets in code points of the text as given, end exclusive.
    text : str
        The span itself.
    kind : str
        Kind of the damage, such as ``collocation``.
    weight : float
        Strength of the evidence, in nats.
    suggestion : str or None
        The wording that the span probably replaced.
    """

    start: int
    end: int
    text: str
    kind: str
    weight: float
    suggestion: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "kind": self.kind,
            "weight": _digits(self.weight, 4),
            "suggestion": self.suggestion,
        }


class SentenceScore(NamedTuple):
    """Score of one sentence. A named tuple, because texts have dozens of sentences and a dataclass takes four times as long to make.

    Attributes
    ----------
    start, end : int
        Offsets in code points of the text as given, end exclusive.
    score : float
        Probability that a machine rewrote the sentence, 0 to 1, rounded to four significant digits. Of sentences that score 0.8 or
        more, 91 % were rewritten.
    """

    start: int
    end: int
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object."""
        return self._asdict()


@dataclass(frozen=True, slots=True)
class PivotGuess:
    """A language from which the text may have been translated.

    Attributes
    ----------
    language : str
        ISO 639-1 code.
    probability : float
        0 to 1, given that the text is machine-translated.
    """

    language: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object."""
        return {"language": self.language, "probability": _digits(self.probability, 4)}


@dataclass(frozen=True, slots=True)
class Reason:
    """A measurement that moved the score.

    Attributes
    ----------
    feature : str
        Name of the feature's column.
    text : str
        The reason in words.
    contribution : float
        How much it moved the score, in nats; reasons are in this order. For columns of the experts: what they add to the logits of the experts, each counted
        by its share in the case. For the translation engine: what asking it added to the log-odds of a degraded text.
    value : float
        The value in this text.
    typical : tuple of float
        Usual range of human texts.
    """

    feature: str
    text: str
    contribution: float
    value: float
    typical: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "feature": self.feature,
            "text": self.text,
            "contribution": _digits(self.contribution, 4),
            "value": _digits(self.value, 4),
            "typical": [_digits(bound, 4) for bound in self.typical],
        }


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Name, version and checksum of a model.

    Attributes
    ----------
    name : str
        Language of the model, or name of its folder.
    version : str
        Release of the model.
    sha256 : str
        SHA-256, in hexadecimal, of its manifest, which has the checksums of its files.
    """

    name: str
    version: str
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Match:
    """An original that a text may be a copy of.

    ``score`` and ``screen`` with ``--against``, the service and ``originals search`` all answer with it.

    Attributes
    ----------
    original : any JSON value
        Id of the original in its collection, or the name of its file; None if it has neither.
    score : float
        Probability that one of the two was copied from the other, or both from a third, 0 to 1.
    relation : str
        One of ``RELATIONS``.
    direction : str
        Which of the two is the copy, as in a ``Comparison``. ``unclear`` in results of a search where the original's text is not stored.
    copied : float
        Share of the text that has a counterpart in the original, 0 to 1.
    covered : float
        Share of the original that has a counterpart in the text, 0 to 1.
    """

    original: Any
    score: float
    relation: str
    direction: str
    copied: float
    covered: float

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object."""
        return {
            "original": self.original,
            "score": round(self.score, 4),
            "relation": self.relation,
            "direction": self.direction,
            "copied": round(self.copied, 4),
            "covered": round(self.covered, 4),
        }


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in the markup of a page that says something about translation (:mod:`mtdetect.inputs.markup`).

    Attributes
    ----------
    mark : str
        Name, such as ``weglot``.
    says : str
        ``translated``: this page is a machine translation. ``offered``: its site offers translations, and this page may be
        the original.
    meaning : str
        What the mark means, in words.
    """

    mark: str
    says: Literal["translated", "offered"]
    meaning: str

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {"mark": self.mark, "says": self.says, "meaning": self.meaning}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy does with a text (:mod:`mtdetect.policy.rules`).

    Attributes
    ----------
    action : str
        What to do: ``allow``, ``review`` or ``block``.
    decided : str
        What the policy decides; differs from ``action`` only if the policy observes.
    observe : bool
        Whether the policy only observes.
    policy, policy_sha256 : str
        Name of the policy, and SHA-256 of its content, in hexadecimal.
    rule : str or None
        The rule that decided; None if no rule applies.
    reasons : tuple of str
        Why the rule applies, in words.
    """

    action: Action
    decided: Action
    observe: bool
    policy: str
    policy_sha256: str
    rule: str | None
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "action": self.action,
            "decided": self.decided,
            "observe": self.observe,
            "policy": {"name": self.policy, "sha256": self.policy_sha256},
            "rule": self.rule,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result for one text.

    Attributes
    ----------
    id : str or None
        The caller's name for the text.
    label : str
        One of :data:`LABELS`, at the error budget ``fpr``.
    score : float
        Calibrated probability that the text is machine-translated or spun, 0 to 1.
    quality : float
        Quality of the English as a rendering, 0 to 100.
    probabilities : mapping of str to float
        By class (:data:`CLASSES`); they add up to 1.
    fpr : float
        Error budget: share of human texts that may be flagged.
    p_value : float
        Share of comparable human calibration texts that score at least as high.
    reason : str or None
        Why the label is ``uncertain`` or ``unsupported``.
    words : int
        Length of the text.
    language : str or None
        ISO 639-1 code; None if it is not known.
    pivot : tuple of PivotGuess
        Probable source languages, most probable first; empty unless translation is likely.
    sentences : tuple of SentenceScore
        In the order of the text.
    evidence : tuple of Evidence
        In the order of the text.
    model : ModelInfo
        The model that scored it.
    reasons : tuple of Reason
        What moved the score most, the strongest first.
    retranslated : bool
        Whether a translation engine was consulted about this text.
    match : Match or None
        Relation to the original that it was scored against; None if there was no original.
    decision : Decision or None
        Decision of a policy; None if there was no policy.
    warnings : tuple of str
        Signs that the text was altered so that programs misread it: ``hidden_marks`` inside words, ``mixed_scripts`` (confusable
        letters of other scripts). Both are undone before scoring.
    markup : tuple of Mark or None
        Marks of translation in the page that the text comes from; None if it comes from no page. They change no other field.
    stage : str or None
        Stage of the cascade in which the text ended: ``first_look`` or ``full``; None if it is unsupported. With ``first_look`` the
        label is ``original``, the p-value at least 0.05, and there are no source languages, no sentences and no evidence but phrases of a list of one's own.
    """

    id: str | None
    label: Label
    score: float
    quality: float
    probabilities: Mapping[str, float]
    fpr: float
    p_value: float
    reason: str | None
    words: int
    language: str | None
    pivot: tuple[PivotGuess, ...]
    sentences: tuple[SentenceScore, ...]
    evidence: tuple[Evidence, ...]
    model: ModelInfo
    reasons: tuple[Reason, ...] = ()
    retranslated: bool = False
    match: Match | None = None
    decision: Decision | None = None
    warnings: tuple[str, ...] = ()
    markup: tuple[Mark, ...] | None = None
    stage: Stage | None = None

    @classmethod
    def unsupported(
        cls,
        reason: str,
        *,
        model: ModelInfo,
        fpr: float = DEFAULT_FPR,
        id: str | None = None,
        words: int = 0,
        language: str | None = None,
    ) -> Verdict:
        """Make the verdict on something that is not English prose.

        Parameters
        ----------
        reason : str
            Why it is not, such as ``empty`` or ``language: fr``.
        model : ModelInfo
            The model.
        fpr : float
            Error budget.
        id : str or None
            The caller's name for the text.
        words : int
            Length of the text.
        language : str or None
            ISO 639-1 code; None if it is not known.

        Returns
        -------
        Verdict
            With score 0 and p-value 1.
        """
        return cls(
            id=id,
            label="unsupported",
            score=0.0,
            quality=0.0,
            probabilities={"original": 1.0, "machine_translated": 0.0, "spun": 0.0},
            fpr=fpr,
            p_value=1.0,
            reason=reason,
            words=words,
            language=language,
            pivot=(),
            sentences=(),
            evidence=(),
            model=model,
        )

    @property
    def flagged(self) -> bool:
        """Whether the label is a degraded one."""
        return self.label in DEGRADED

    def at(self, fpr: float) -> Verdict:
        """Apply another error budget, without scoring again. A text that ended with the first look stays ``original`` at any.

        Parameters
        ----------
        fpr : float
            Error budget, between 0 and 1.

        Returns
        -------
        Verdict
            Differs in ``fpr``, ``label`` and ``reason`` only.

        Raises
        ------
        UsageError
            If ``fpr`` is not between 0 and 1.
        """
        check_fpr(fpr)
        if self.label == "unsupported":
            return replace(self, fpr=fpr)
        # If a text that is too short or in fragments has another label, its evidence was decisive, at any budget.
        abstained = self.reason if self.reason in ABSTAIN else None
        label, reason = judge(
            score=self.score,
            p_value=self.p_value,
            probabilities=self.probabilities,
            fpr=fpr,
            words=self.words,
            decisive_evidence=abstained is None,
            abstain=abstained,
        )
        return replace(self, fpr=fpr, label=label, reason=reason)

    def to_dict(self, evidence: bool = True) -> dict[str, Any]:
        """Give the contract's JSON object.

        Parameters
        ----------
        evidence : bool
            Whether to include ``sentences``, ``evidence`` and ``reasons``.

        Returns
        -------
        dict
            Plain values; numbers are rounded to the digits that mean something.
        """
        spans: dict[str, Any] = {}
        if evidence:
            spans = {
                "sentences": [
                    {"start": start, "end": end, "score": score} for start, end, score in self.sentences
                ],
                "evidence": [item.to_dict() for item in self.evidence],
            }
        return {
            "id": self.id,
            "label": self.label,
            "score": _digits(self.score, 6),
            "quality": round(self.quality, 1),
            "probabilities": {name: _digits(share, 6) for name, share in self.probabilities.items()},
            "fpr": self.fpr,
            "p_value": _digits(self.p_value, 6),
            "reason": self.reason,
            "words": self.words,
            "language": self.language,
            "pivot": [guess.to_dict() for guess in self.pivot],
            **spans,
            "model": self.model.to_dict(),
            **({"reasons": [reason.to_dict() for reason in self.reasons]} if evidence else {}),
            "stage": self.stage,
            "retranslated": self.retranslated,
            "match": None if self.match is None else self.match.to_dict(),
            **({"decision": self.decision.to_dict()} if self.decision is not None else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **({"markup": [mark.to_dict() for mark in self.markup]} if self.markup is not None else {}),
        }


def judge(
    *,
    score: float,
    p_value: float,
    probabilities: Mapping[str, float],
    fpr: float,
    words: int,
    decisive_evidence: bool = False,
    abstain: str | None = None,
) -> tuple[Label, str | None]:
    """Turn figures into a label, by the rule of the contract.

    Parameters
    ----------
    score : float
        Calibrated probability of a degraded text, 0 to 1.
    p_value : float
        Share of comparable human calibration texts that score at least as high.
    probabilities : mapping of str to float
        By class; they decide between the two degraded labels.
    fpr : float
        Error budget.
    words : int
        Length of the text.
    decisive_evidence : bool
        Whether the evidence alone decides, even for a short text.
    abstain : str, optional
        Why the text cannot be judged, one of :data:`ABSTAIN`, whatever its number of words.

    Returns
    -------
    label : str
        One of :data:`LABELS`, never ``unsupported``.
    reason : str or None
        ``short``, ``fragments`` or ``budget`` for ``uncertain``, else None.
    """
    if abstain is None and words < SHORT:
        abstain = "short"
    if abstain is not None and not decisive_evidence:
        return "uncertain", abstain
    if score < 0.5:
        return "original", None
    if p_value > fpr:
        return "uncertain", "budget"
    spun = probabilities["spun"] > probabilities["machine_translated"]
    return ("spun" if spun else "machine_translated"), None


def check_fpr(fpr: float) -> float:
    """Check an error budget.

    Parameters
    ----------
    fpr : float
        Share of human texts that may be flagged.

    Returns
    -------
    float
        The same.

    Raises
    ------
    UsageError
        If it is not between 0 and 1.
    """
    try:
        is_share = 0 < fpr < 1
    except TypeError:  # a string, say, from a file of settings
        is_share = False
    if not is_share:
        raise UsageError(f"the error budget (fpr) is a share between 0 and 1, such as 0.01, not {fpr!r}")
    return float(fpr)


def _digits(number: float, digits: int) -> float:
    """Round to significant digits."""
    return float(f"{number:.{digits}g}")


def match_of(verdict: Verdict, found: Sequence[Match]) -> Match | None:
    """Choose the match that goes with a verdict, of what a collection of originals has for its text.

    Parameters
    ----------
    verdict : Verdict
        On the text.
    found : sequence of Match
        Best first.

    Returns
    -------
    Match or None
        The first; None if there is none, if it is unrelated, or if the text was not judged.
    """
    if verdict.label == "unsupported" or not found or found[0].relation == "unrelated":
        return None
    return found[0]
