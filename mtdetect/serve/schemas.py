"""Models of requests and answers: they validate requests and make the OpenAPI description.

Answers are made by ``Verdict.to_dict`` and the like; the tests validate them against these models.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.config import JsonDict

import mtdetect
from mtdetect.serve.shapes import CATEGORIES
from mtdetect.verdict import Action, Label, Mode, Stage

EXAMPLE = (
    "The shire council balloted on Monday to hold the aged swimming pond unfastened for some other two years, after "
    "hundreds of parents autographed a supplication against its closing."
)
PLAIN = (
    "The county council voted on Monday to keep the old swimming pool open for another two years, after hundreds of "
    "parents signed a petition against its closure."
)
MODEL: JsonDict = {"name": "en", "version": mtdetect.__version__, "sha256": "1f55" * 16}


def _without_surrogates(value: Any) -> Any:
    """Replace lone surrogates, which JSON can express but UTF-8 cannot, by U+FFFD; offsets stay the same."""
    if isinstance(value, str) and not value.isascii():
        return (
            value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if _has_surrogates(value)
            else value
        )
    return value


def _has_surrogates(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)


Text = Annotated[str, BeforeValidator(_without_surrogates)]
Name = Annotated[str, BeforeValidator(_without_surrogates), Field(max_length=512)]
Share = Annotated[float, Field(ge=0, le=1)]
Budget = Annotated[float, Field(gt=0, lt=1)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- requests


class ScoreItem(_Request):
    """A text of a batch."""

    text: Text = Field(description="English prose; anything else is answered with the label `unsupported`.")
    id: Name | None = Field(None, description="Your id of the text; it is returned with the verdict.")
    source: Name | None = Field(None, description="Source of the text, for the rules of a policy.")


_ITEM = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "id": {"type": ["string", "null"], "maxLength": 512},
                "source": {"type": ["string", "null"], "maxLength": 512},
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    ]
}
# Each item is validated by itself, so that a wrong one does not fail the whole request.
Item = Annotated[Any, WithJsonSchema(_ITEM)]

_ONE_OF: JsonDict = {"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]}


def _exactly_one(model: Any) -> Any:
    if ("text" in model.model_fields_set) == ("texts" in model.model_fields_set):
        raise ValueError("give either 'text' or 'texts'")
    return model


class ScoreRequest(_Request):
    """One text or several."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["text"]}, {"required": ["texts"]}, {"required": ["inputs"]}],
            "examples": [
                {"text": EXAMPLE, "id": "page-7"},
                {"texts": [EXAMPLE, {"text": PLAIN, "id": "page-8", "source": "feed:county"}], "fpr": 0.001},
            ],
        }
    )

    text: Text = Field("", description="One text.")
    texts: list[Item] = Field([], min_length=1, description="Several texts; the answers have the same order.")
    id: Name | None = Field(None, description="Your id of the one text.")
    source: Name | None = Field(None, description="Source of all texts that have none of their own.")
    fpr: Budget | None = Field(None, description="Error budget: share of human texts that may be flagged.")
    evidence: bool = Field(True, description="Whether to return sentences, evidence and reasons.")
    match: bool = Field(False, description="Search the service's collection of originals for each text.")
    against: Text | None = Field(None, description="An original to compare the texts with.")
    policy: Name | None = Field(None, description="Name of the policy that decides (default: the first one).")
    retranslate: Mode | None = Field(
        None, description="When to consult the translation engine; not `always` if the service never does."
    )
    inputs: Text | Annotated[list[Item], Field(min_length=1)] | None = Field(
        None, description="One text or several in a request of Hugging Face's; the answer has its form."
    )
    parameters: dict[str, Any] | None = Field(None, description="Sent along with `inputs`; ignored.")

    @model_validator(mode="after")
    def _texts_of_inputs(self) -> ScoreRequest:
        if self.inputs is None:
            _exactly_one(self)
        elif {"text", "texts"} & self.model_fields_set:
            raise ValueError("give either 'text' or 'texts' or 'inputs'")
        else:
            self.texts = [self.inputs] if isinstance(self.inputs, str) else self.inputs
        return self


class CompareRequest(_Request):
    """Two texts."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"suspect": EXAMPLE, "original": PLAIN, "names": ["page-7", None]}]}
    )

    suspect: Text = Field(description="The text that may be a copy.")
    original: Text = Field(description="The text it may be a copy of.")
    names: Annotated[list[Name | None], Field(min_length=2, max_length=2)] = Field(
        [None, None], description="Your names of the two texts."
    )
    spans: bool = Field(False, description="Also return the offsets of sentences and changes.")
    retranslate: Mode | None = Field(
        None,
        description="When to ask the translation engine about the direction; not `always` if the service never does.",
    )


class ReportRequest(_Request):
    """A text, and optionally an original."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": EXAMPLE, "name": "page-7.txt"}]})

    text: Text = Field(description="The text, or the suspect.")
    name: Name | None = Field(None, description="Its name in the report.")
    original: Text | None = Field(None, description="A text to show beside it.")
    original_name: Name | None = Field(None, description="Its name in the report.")
    fpr: Budget | None = Field(None, description="Error budget.")
    retranslate: Mode | None = Field(
        None, description="When to consult the translation engine; not `always` if the service never does."
    )


class Original(_Request):
    """An original."""

    id: Annotated[Name, Field(min_length=1)] = Field(description="Id; a known one gets the new text.")
    text: Text


class AddRequest(_Request):
    """Originals."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"originals": [{"id": "a-1", "text": PLAIN}]}]})

    originals: list[Original] = Field(min_length=1)


class SearchRequest(_Request):
    """One text or several."""

    model_config = ConfigDict(json_schema_extra={**_ONE_OF, "examples": [{"text": EXAMPLE, "top": 3}]})

    text: Text = Field("", description="One text.")
    texts: list[Item] = Field([], min_length=1, description="Several texts; the answers have the same order.")
    id: Name | None = Field(None, description="Your id of the one text.")
    top: int = Field(5, ge=1, le=100, description="Largest number of matches per text.")

    _one = model_validator(mode="after")(_exactly_one)


# -- answers


class ErrorBody(_Answer):
    """The error."""

    code: str = Field(description="For programs.", examples=["invalid_request"])
    message: str = Field(description="For people.", examples=["body.text: Input should be a valid string"])
    request_id: str | None = None


class Error(_Answer):
    """A refused request."""

    error: ErrorBody


class ItemError(_Answer):
    """A text of a batch that cannot be read; the others are answered."""

    id: str | None
    error: ErrorBody


class Span(_Answer):
    """A sentence, in code points of the text as given."""

    start: int
    end: int
    score: Share


class EvidenceItem(_Answer):
    """A span that shows machine translation or spinning."""

    start: int
    end: int
    text: str
    kind: str = Field(examples=["collocation"])
    weight: float
    suggestion: str | None


class Pivot(_Answer):
    """A language that the text may have been translated from."""

    language: str
    probability: Share


class ReasonItem(_Answer):
    """A measurement that moved the score."""

    feature: str
    text: str
    contribution: float
    value: float
    typical: Annotated[list[float], Field(min_length=2, max_length=2)]


class Model(_Answer):
    """The model that scored the text."""

    name: str
    version: str
    sha256: str


class Probabilities(_Answer):
    """Probability of each class; they add up to 1."""

    original: Share
    machine_translated: Share
    spun: Share


class MatchItem(_Answer):
    """An original that the text may be a copy of."""

    original: Any
    score: Share = Field(description="Probability that one of the two is a copy.")
    relation: str
    direction: str = Field(
        description="Which of the two is the copy; `unclear` if the texts were not compared word by word."
    )
    copied: Share
    covered: Share


class PolicyName(_Answer):
    """The policy that decided."""

    name: str
    sha256: str


class DecisionItem(_Answer):
    """The decision of a policy."""

    action: Action = Field(description="What to do with the text.")
    decided: Action = Field(
        description="What the rules say; differs from `action` only if the policy observes."
    )
    observe: bool
    policy: PolicyName
    rule: str | None
    reasons: list[str]


class VerdictAnswer(_Answer):
    """The verdict on a text."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "page-7",
                    "label": "spun",
                    "score": 0.995086,
                    "quality": 11.4,
                    "probabilities": {
                        "original": 0.00491446,
                        "machine_translated": 0.00847205,
                        "spun": 0.986613,
                    },
                    "fpr": 0.01,
                    "p_value": 0.00471593,
                    "reason": None,
                    "words": 177,
                    "language": "en",
                    "pivot": [],
                    "sentences": [{"start": 0, "end": 178, "score": 0.8459}],
                    "evidence": [
                        {
                            "start": 382,
                            "end": 392,
                            "text": "respective",
                            "kind": "collocation",
                            "weight": 1.616,
                            "suggestion": "several",
                        }
                    ],
                    "model": MODEL,
                    "reasons": [],
                    "stage": "full",
                    "retranslated": False,
                    "match": None,
                }
            ]
        }
    )

    id: str | None
    label: Label
    score: Share = Field(description="Calibrated probability that the text is machine-translated or spun.")
    quality: Annotated[float, Field(ge=0, le=100)] = Field(
        description="Quality of the English, from 0 to 100."
    )
    probabilities: Probabilities
    fpr: Budget
    p_value: Share = Field(description="Share of human texts of similar length that score at least as high.")
    reason: str | None = Field(description="Why the label is `uncertain` or `unsupported`.")
    words: int
    language: str | None
    pivot: list[Pivot]
    sentences: list[Span] | None = None
    evidence: list[EvidenceItem] | None = None
    model: Model
    reasons: list[ReasonItem] | None = None
    stage: Stage | None = Field(
        description="Stage of the cascade in which the text ended; null if it is unsupported. The service measures every text in full."
    )
    retranslated: bool = Field(description="Whether a translation engine was consulted about the text.")
    match: MatchItem | None = None
    decision: DecisionItem | None = None
    warnings: list[Literal["hidden_marks", "mixed_scripts"]] | None = Field(
        None, description="Hidden or confusable characters that were removed or replaced before scoring."
    )


class VerdictBatch(_Answer):
    """Verdicts in the order of the texts."""

    results: list[VerdictAnswer | ItemError]


class OpenAIResult(_Answer):
    """One text, in the format of OpenAI's moderations endpoint."""

    flagged: bool
    categories: dict[str, bool] = Field(examples=[dict.fromkeys(CATEGORIES, False)])
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[str]]
    decision: DecisionItem | None = None


class OpenAIAnswer(_Answer):
    """The format of OpenAI's moderations endpoint (`shape=openai`)."""

    id: str
    model: str
    results: list[OpenAIResult]


class PerspectiveScore(_Answer):
    """A probability."""

    value: Share
    type: Literal["PROBABILITY"]


class PerspectiveSpan(_Answer):
    """A span of the text, in UTF-16 units."""

    begin: int
    end: int
    score: PerspectiveScore


class PerspectiveAttribute(_Answer):
    """An attribute: `DEGRADED`, with a span for each sentence, `MACHINE_TRANSLATED`, `SPUN`."""

    spanScores: list[PerspectiveSpan]  # noqa: N815 - the name that Perspective uses
    summaryScore: PerspectiveScore  # noqa: N815


class PerspectiveAnswer(_Answer):
    """The format of Perspective's `comments:analyze` (`shape=perspective`)."""

    attributeScores: dict[str, PerspectiveAttribute]  # noqa: N815
    languages: list[str]
    detectedLanguages: list[str]  # noqa: N815
    clientToken: str | None = None  # noqa: N815
    decision: DecisionItem | None = None


class PerspectiveBatch(_Answer):
    """Answers for several texts. Perspective itself takes only one."""

    results: list[PerspectiveAnswer]


class HuggingFaceLabel(_Answer):
    """A class and its probability (`shape=huggingface`)."""

    label: str
    score: Share


ScoreAnswer = (
    VerdictAnswer
    | VerdictBatch
    | OpenAIAnswer
    | PerspectiveAnswer
    | PerspectiveBatch
    | list[HuggingFaceLabel]
    | list[list[HuggingFaceLabel]]
)


class LinkItem(_Answer):
    """Aligned sentences, numbered from 0."""

    suspect: list[int]
    original: list[int]
    similarity: float


class SubstitutionItem(_Answer):
    """A wording of the original and the wording that replaced it."""

    suspect: str
    original: str
    count: int
    kind: str


class SideSpans(_Answer):
    """Offsets in one of the texts, in code points."""

    sentences: list[list[int]]
    changes: list[list[int]]


class BothSpans(_Answer):
    """Offsets in both texts."""

    suspect: SideSpans
    original: SideSpans


class CompareAnswer(_Answer):
    """The comparison of two texts."""

    suspect: str | None
    original: str | None
    relation: str = Field(examples=["spun"])
    is_copy: bool
    direction: str = Field(examples=["suspect_is_copy"])
    confidence: Share
    copied: Share = Field(description="Share of the suspect's words in aligned sentences.")
    covered: Share = Field(description="Share of the original's words in aligned sentences.")
    retranslated: bool = Field(description="Whether a translation engine was consulted about the direction.")
    alignment: list[LinkItem]
    substitutions: list[SubstitutionItem]
    spans: BothSpans | None = None


class AddAnswer(_Answer):
    """Number of originals added, updated and unchanged."""

    added: int
    updated: int
    unchanged: int
    originals: int = Field(description="Number of originals in the collection.")


class SearchAnswer(_Answer):
    """Matches of one text, best first."""

    id: str | None
    matches: list[MatchItem]


class SearchBatch(_Answer):
    """Matches of several texts, in their order."""

    results: list[SearchAnswer | ItemError]


class Health(_Answer):
    """State of the service."""

    status: str
    version: str
    model: Model | None = None
