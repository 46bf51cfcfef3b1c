"""Requests of clients of other moderation services, which can point at this service, and what they are answered.

``openai``
    ``POST /v1/moderations``, OpenAI's moderations endpoint.
``perspective``
    ``POST /v1alpha1/comments:analyze`` of Perspective.
``huggingface``
    ``POST /`` or ``/models/NAME``, Hugging Face's inference of text classification.

A request has the fields of that service; those that mean nothing here are ignored. An error has its form and its status, too, whether
a route or the guard refuses the request. :mod:`mtdetect.serve.shapes` makes the answers on single texts.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mtdetect.serve.errors import RefusedError
from mtdetect.serve.schemas import EXAMPLE, Budget, Share, Text
from mtdetect.serve.shapes import ATTRIBUTES, Shape

LANGUAGE = "en"


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- OpenAI


class TextPart(_Request):
    """A part of an input that has several."""

    type: Literal["text"] = Field(description="Images cannot be scored.")
    text: Text


class ModerationRequest(_Request):
    """The request of OpenAI's moderations endpoint."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"input": EXAMPLE, "model": "omni-moderation-latest"}]}
    )

    input: (
        Text | Annotated[list[Text], Field(min_length=1)] | Annotated[list[TextPart], Field(min_length=1)]
    ) = Field(description="A text, several texts, or one text in parts.")
    model: str | None = Field(None, description="Ignored; the answer names the model of the service.")
    fpr: Budget | None = Field(None, description="Error budget; no field of OpenAI's.")

    @property
    def texts(self) -> list[str]:
        """The texts to score."""
        if isinstance(self.input, str):
            return [self.input]
        parts = [one.text for one in self.input if isinstance(one, TextPart)]
        return ["\n\n".join(parts)] if parts else [one for one in self.input if isinstance(one, str)]


class OpenAIErrorBody(_Answer):
    """The error."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None
    code: str


class OpenAIError(_Answer):
    """A refused request, in OpenAI's form."""

    error: OpenAIErrorBody


# -- Perspective


class Comment(_Request):
    """The text of a request."""

    text: Text = Field(description="English prose.")
    type: Literal["PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"] | None = Field(
        None, description="`HTML` is not read; send plain text."
    )


class AttributeParameters(_Request):
    """How to answer one attribute."""

    scoreType: Literal["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"] | None = None  # noqa: N815 - Perspective's names
    scoreThreshold: Share | None = Field(  # noqa: N815
        None, description="Leave out the attribute if its score is lower."
    )


class AnalyzeRequest(_Request):
    """The request of Perspective's `comments:analyze`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "comment": {"text": EXAMPLE},
                    "requestedAttributes": {"DEGRADED": {}, "SPUN": {"scoreThreshold": 0.5}},
                    "languages": ["en"],
                    "doNotStore": True,
                }
            ]
        }
    )

    comment: Comment
    requestedAttributes: dict[str, AttributeParameters] = Field(  # noqa: N815
        min_length=1,
        description=f"One or more of {', '.join(ATTRIBUTES)}.",
        json_schema_extra={"propertyNames": {"enum": list(ATTRIBUTES)}},
    )
    languages: list[str] = Field([], description="Languages of the text; English must be among them.")
    doNotStore: bool = Field(False, description="Keep the text out of the audit log.")  # noqa: N815
    spanAnnotations: bool = Field(False, description="Return a score for each sentence.")  # noqa: N815
    clientToken: Annotated[str, Field(max_length=512)] | None = None  # noqa: N815

    def check(self) -> None:
        """Refuse what Perspective would refuse.

        Raises
        ------
        RefusedError
            For an unknown attribute, another language or an empty text.
        """
        if any(name not in ATTRIBUTES for name in self.requestedAttributes):
            raise RefusedError(
                400, "unknown_attribute", f"unknown attribute; this service has {', '.join(ATTRIBUTES)}"
            )
        if self.languages and not any(name.partition("-")[0].lower() == LANGUAGE for name in self.languages):
            raise RefusedError(400, "other_language", "only English is supported: 'languages' must name 'en'")
        if not self.comment.text.strip():
            raise RefusedError(400, "empty", "comment.text is empty")

    def answer(self, whole: dict[str, Any]) -> dict[str, Any]:
        """Reduce an answer with all attributes and sentences to what was asked for.

        Parameters
        ----------
        whole : dict
            Of :func:`mtdetect.serve.shapes.shaped`.
        """
        scores = {}
        units = len(self.comment.text.encode("utf-16-le", "surrogatepass")) // 2
        for name, asked in self.requestedAttributes.items():
            found = whole["attributeScores"][name]
            summary = found["summaryScore"]
            if asked.scoreThreshold is not None and summary["value"] < asked.scoreThreshold:
                continue
            spans = found["spanScores"] if self.spanAnnotations else []
            scores[name] = {
                "spanScores": spans or [{"begin": 0, "end": units, "score": summary}],
                "summaryScore": summary,
            }
        token = {"clientToken": self.clientToken} if self.clientToken is not None else {}
        languages = self.languages or whole["languages"]
        return {**whole, "attributeScores": scores, "languages": languages, **token}


class GoogleErrorBody(_Answer):
    """The error."""

    code: int = Field(description="The HTTP status.")
    message: str
    status: str = Field(examples=["INVALID_ARGUMENT"])
    details: list[dict[str, str]] = Field([], description="Perspective's `errorType`, where it has one.")


class PerspectiveError(_Answer):
    """A refused request, in Perspective's form."""

    error: GoogleErrorBody


# -- Hugging Face


class InferenceParameters(_Request):
    """Parameters of text classification."""

    top_k: Annotated[int, Field(ge=1, description="Return only so many labels.")] | None = None


def _default_parameters(given: Any) -> Any:
    return {} if given is None else given


class InferenceRequest(_Request):
    """The request of Hugging Face's text classification."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"inputs": EXAMPLE, "parameters": {"top_k": 1}}]}
    )

    inputs: Text | Annotated[list[Text], Field(min_length=1)] = Field(description="A text, or several.")
    parameters: Annotated[InferenceParameters, BeforeValidator(_default_parameters)] = InferenceParameters()

    @property
    def texts(self) -> list[str]:
        """The texts to score."""
        return [self.inputs] if isinstance(self.inputs, str) else self.inputs


class HuggingFaceError(_Answer):
    """A refused request, in Hugging Face's form."""

    error: str


ERRORS: dict[Shape, type[BaseModel]] = {
    "openai": OpenAIError,
    "perspective": PerspectiveError,
    "huggingface": HuggingFaceError,
}
"""Form of a refused request."""
