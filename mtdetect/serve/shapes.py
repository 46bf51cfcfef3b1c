"""A verdict in the JSON formats that moderation systems already parse.

``mtdetect``
    The format of mtdetect (``Verdict.to_dict``).
``openai``
    ``results[].flagged``, ``categories`` and ``category_scores`` of OpenAI's moderations endpoint.
``perspective``
    ``attributeScores`` of Perspective's ``comments:analyze``, with a score for each sentence. Its spans count UTF-16 units.
``huggingface``
    ``[{"label", "score"}]`` of Hugging Face's text classification, best first; a list of these for several texts.

The names of labels and attributes are those of mtdetect. The other formats have no place for a text that cannot be read, so a
request with such a text is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from mtdetect.verdict import CLASSES, DEGRADED, Verdict

Shape = Literal["mtdetect", "openai", "perspective", "huggingface"]

SHAPES: tuple[Shape, ...] = get_args(Shape)

CATEGORIES = tuple(name for name in CLASSES if name in DEGRADED)

ATTRIBUTES = ("DEGRADED", *(name.upper() for name in CATEGORIES))
"""Attributes of the format of Perspective."""


def shaped(verdict: Verdict, text: str, shape: Shape, *, evidence: bool = True) -> Any:
    """Convert a verdict into a format.

    Parameters
    ----------
    verdict : Verdict
        Verdict on the text.
    text : str
        The text as it was scored.
    shape : str
        One of :data:`SHAPES`.
    evidence : bool
        Whether to include sentences, evidence and reasons.

    Returns
    -------
    JSON value
        For ``openai``, an entry of ``results``.
    """
    if shape == "openai":
        return _openai(verdict)
    if shape == "perspective":
        return _perspective(verdict, text)
    if shape == "huggingface":
        return _huggingface(verdict)
    return verdict.to_dict(evidence=evidence)


def enveloped(answers: Sequence[bytes], shape: Shape, *, single: bool, request: str, model: str) -> bytes:
    """Join the answers of a request.

    Parameters
    ----------
    answers : sequence of bytes
        JSON of :func:`shaped`, one per text.
    shape : str
        One of :data:`SHAPES`.
    single : bool
        Whether the request held one text, not a list of one.
    request : str
        Id of the request.
    model : str
        Name of the model, for formats that state it once per answer.

    Returns
    -------
    bytes
        JSON of the whole answer.
    """
    listed = b"[" + b",".join(answers) + b"]"
    if shape == "openai":
        from mtdetect.serialization import to_json

        head = to_json({"id": f"modr-{request}", "model": model})
        return head[:-1] + b',"results":' + listed + b"}"
    if single:
        return answers[0]
    return listed if shape == "huggingface" else b'{"results":' + listed + b"}"


def _openai(verdict: Verdict) -> dict[str, Any]:
    row = verdict.to_dict(evidence=False)
    answer = {
        "flagged": verdict.flagged,
        "categories": {name: verdict.label == name for name in CATEGORIES},
        "category_scores": {name: row["probabilities"][name] for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }
    return answer | ({"decision": row["decision"]} if "decision" in row else {})


def _perspective(verdict: Verdict, text: str) -> dict[str, Any]:
    row = verdict.to_dict()
    units = _units(text)

    def span(start: int, end: int, value: float) -> dict[str, Any]:
        return {
            "begin": units[min(start, len(text))],
            "end": units[min(end, len(text))],
            "score": {"value": value, "type": "PROBABILITY"},
        }

    def attribute(spans: list[dict[str, Any]], value: float) -> dict[str, Any]:
        return {"spanScores": spans, "summaryScore": {"value": value, "type": "PROBABILITY"}}

    sentences = [span(one["start"], one["end"], one["score"]) for one in row["sentences"]]
    whole = {name: row["probabilities"][name] for name in CATEGORIES}
    languages = [verdict.language] if verdict.language else []
    answer = {
        "attributeScores": {
            "DEGRADED": attribute(sentences, row["score"]),
            **{name.upper(): attribute([span(0, len(text), value)], value) for name, value in whole.items()},
        },
        "languages": languages,
        "detectedLanguages": languages,
    }
    return answer | ({"decision": row["decision"]} if "decision" in row else {})


def _units(text: str) -> range | list[int]:
    """Offset in UTF-16 units of each code point, and of the end."""
    if text.isascii() or max(text, default="") <= "\uffff":
        return range(len(text) + 1)
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + (2 if character > "\uffff" else 1))
    return offsets


def _huggingface(verdict: Verdict) -> list[dict[str, Any]]:
    """Probabilities, the largest first. What was not judged has the label ``unsupported`` before them, for nobody must take it for sound."""
    shares = verdict.to_dict(evidence=False)["probabilities"]
    if verdict.label == "unsupported":
        shares = {"unsupported": 1.0, **dict.fromkeys(shares, 0.0)}
    return [{"label": name, "score": shares[name]} for name in sorted(shares, key=lambda name: -shares[name])]
