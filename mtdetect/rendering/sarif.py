r"""Verdicts as SARIF 2.1.0 (OASIS, 2020), which code hosts and editors show beside the lines of a file.

The log has one run, with a rule for each label except ``original`` and for each kind of evidence. A flagged text is a
warning on the whole text, a span of evidence a note on the span. Uncertain and unsupported texts are results, too, of
the kinds ``open`` and ``notApplicable``, so that no text is missing. An ``original`` gives no result; it is only listed
among the artifacts.

Columns count Unicode code points from 1. Lines end only at the log's ``newlineSequences``; a lone ``\r`` ends none.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import IO, Any
from urllib.parse import quote

import mtdetect
from mtdetect.rendering.printable import one_line
from mtdetect.rendering.verdicts import decision_in_words
from mtdetect.serialization import to_json
from mtdetect.verdict import Evidence, Label, Verdict

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

FINGERPRINT = "mtdetect/v1"
"""Name of the fingerprint of a result. A change to how it is computed needs a new number."""

LINE_ENDS = ("\r\n", "\n")

LONGEST = 500
"""Characters of a quoted span, at most."""

EVIDENCE = "evidence/"
"""Prefix of the rules for evidence."""

Rule = tuple[str, str, str]
"""Id, short description, advice."""

LABELS: dict[Label, Rule] = {
    "machine_translated": (
        "machine-translated",
        "The text reads as machine-translated.",
        "Compare it with likely originals; ask the author before you conclude.",
    ),
    "spun": (
        "spun",
        "The text reads as if a program had replaced words with synonyms.",
        "Compare it with likely originals; ask the author before you conclude.",
    ),
    "uncertain": (
        "uncertain",
        "The text is too short, a list or headlines, or looks degraded but not surely enough for the error budget.",
        "Submit more running text, or allow a larger error budget.",
    ),
    "unsupported": (
        "unsupported",
        "The text is not English prose that mtdetect can judge.",
        "Exclude it, or submit only the English prose in it.",
    ),
}

KINDS: dict[str, Rule] = {
    "collocation": (
        "evidence/collocation",
        "An unusual combination of words; another wording would fit much better.",
        "Check whether the suggested wording was meant.",
    ),
    "name": (
        "evidence/name",
        "A name of which one part was probably replaced by a synonym.",
        "Check whether the suggested name was meant.",
    ),
    "spelling": (
        "evidence/spelling",
        "A pair of words that would be common with one or two letters changed.",
        "Check the spelling against the suggestion.",
    ),
    "passage": (
        "evidence/passage",
        "A passage that the text repeats in other words.",
        "Delete the reworded version.",
    ),
    "agreement": (
        "evidence/agreement",
        "A possessive pronoun where a possessive determiner belongs, as in “hers book”.",
        "Use the suggested form.",
    ),
    "hyphen": (
        "evidence/hyphen",
        "A hyphen separated from its word by a space.",
        "Delete the space before it.",
    ),
    "spin_syntax": (
        "evidence/spin_syntax",
        "Spinner syntax whose alternatives were never expanded.",
        "Keep one of the alternatives.",
    ),
    "article": ("evidence/article", "The wrong one of “a” and “an”.", "Use the other article."),
    "repetition": ("evidence/repetition", "A doubled word.", "Delete one of the two."),
    "stop": ("evidence/stop", "A full stop after another one.", "Delete one of the two."),
    "orphan": (
        "evidence/orphan",
        "A sentence fragment between two full stops.",
        "Join it to its sentence.",
    ),
    "untranslated": (
        "evidence/untranslated",
        "A word of the source language among English words.",
        "Translate it.",
    ),
    "name_variant": (
        "evidence/name-variant",
        "A name that the text spells differently elsewhere.",
        "Use one spelling.",
    ),
    "homograph": (
        "evidence/homograph",
        "A function word that was replaced with a synonym of its homograph.",
        "Restore the function word.",
    ),
    "wording": (
        "evidence/wording",
        "A wording that web spinners put in the place of another.",
        "Write what stood there.",
    ),
    "listed": (
        "evidence/listed",
        "A phrase from the list given with --phrases.",
        "Check whether the suggested wording was meant.",
    ),
}


DECISION: Rule = (
    "decision",
    "What the policy decided about the text.",
    "Do as the policy says, or have a person look at the text.",
)


def sarif_log(items: Iterable[tuple[str, Verdict]]) -> dict[str, Any]:
    """Make a SARIF log.

    Parameters
    ----------
    items : iterable of (str, Verdict)
        Each text as it was scored, and its verdict with evidence.

    Returns
    -------
    dict
        A JSON object.
    """
    artifacts: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    rules = {rule[0]: rule for rule in (*LABELS.values(), *KINDS.values(), DECISION)}
    seen: Counter[str] = Counter()
    for text, verdict in items:
        lines = _Lines(text)
        location = {"uri": _uri(verdict.id), "index": len(artifacts)}
        artifacts.append({"location": {"uri": location["uri"]}})
        for rule, result, region in _results(text, verdict):
            rules.setdefault(rule[0], rule)
            place: dict[str, Any] = {"artifactLocation": location}
            # Neither offsets nor scores: a result keeps its fingerprint while the text around it changes.
            span = text[region[0] : region[1]] if region and rule[0].startswith(EVIDENCE) else ""
            key = f"{location['uri']}\0{rule[0]}\0{span}"
            if region:
                place["region"] = lines.region(*region)
            seen[key] += 1
            digest = hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "replace")).hexdigest()
            results.append(
                {
                    "ruleId": rule[0],
                    **result,
                    "locations": [{"physicalLocation": place}],
                    "partialFingerprints": {FINGERPRINT: digest},
                }
            )
    order = {name: k for k, name in enumerate(rules)}
    for found in results:
        found["ruleIndex"] = order[found["ruleId"]]
    driver = {
        "name": "mtdetect",
        "version": mtdetect.__version__,
        "rules": [_rule(rule) for rule in rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": list(LINE_ENDS),
        "artifacts": artifacts,
        "results": results,
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def write_sarif(texts: Iterable[tuple[str, Verdict]], file: IO[str]) -> None:
    """Write verdicts as SARIF 2.1.0.

    Parameters
    ----------
    texts : iterable of (str, Verdict)
        Each text as it was scored, and its verdict.
    file : text file
        Open for writing.
    """
    file.write(to_json(sarif_log(texts)).decode() + "\n")


class _Lines:
    """Offsets at which the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        self._starts += [k + 1 for k, character in enumerate(text) if character == "\n"]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def region(self, start: int, end: int) -> dict[str, Any]:
        (line, column), (end_line, end_column) = self.place(start), self.place(end)
        region: dict[str, Any] = {
            "charOffset": start,
            "charLength": end - start,
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        }
        if end - start <= LONGEST:  # a snippet is the whole region or nothing
            region["snippet"] = {"text": _unicode(self._text[start:end])}
        return region


def _results(text: str, verdict: Verdict) -> Iterator[tuple[Rule, dict[str, Any], tuple[int, int] | None]]:
    """Rule, result without its location, and span of each result."""
    if verdict.label in LABELS:
        yield LABELS[verdict.label], _label_result(verdict), (0, len(text)) if verdict.flagged else None
    decision = verdict.decision
    if decision is not None and decision.decided != "allow":
        acts = decision.action != "allow"
        result = {
            "kind": "fail" if acts else "informational",
            "level": "warning" if acts else "none",
            "message": {"text": f"The policy decided {decision_in_words(decision)}."},
            "properties": {"decision": decision.to_dict()},
        }
        yield DECISION, result, None
    for one in verdict.evidence:
        yield _evidence_rule(one.kind), _evidence_result(one), (one.start, one.end)


def _label_result(verdict: Verdict) -> dict[str, Any]:
    label = verdict.label.replace("_", "-")
    if verdict.label == "unsupported":
        return {
            "kind": "notApplicable",
            "level": "none",
            "message": {"text": f"Not judged: {_quoted(verdict.reason or 'no reason given')}."},
        }
    facts = f"score {verdict.score:.3f}, p-value {verdict.p_value:.2g}, error budget {verdict.fpr:g}"
    properties = {
        name: verdict.to_dict(evidence=False)[name]
        for name in (
            "score",
            "p_value",
            "fpr",
            "quality",
            "probabilities",
            "words",
            "reason",
            "retranslated",
            "match",
        )
    }
    properties["reasons"] = [reason.text for reason in verdict.reasons]
    return {
        "kind": "fail" if verdict.flagged else "open",
        "level": "warning" if verdict.flagged else "none",
        "message": {"text": f"The text is {label} ({facts})."},
        "properties": properties,
    }


def _evidence_result(evidence: Evidence) -> dict[str, Any]:
    message = f"“{_quoted(evidence.text)}”"
    if evidence.suggestion:
        message += f": suggested wording “{_quoted(evidence.suggestion)}”"
    values = evidence.to_dict()
    return {
        "kind": "fail",
        "level": "note",
        "message": {"text": message + "."},
        "properties": {name: values[name] for name in ("kind", "weight", "suggestion")},
    }


def _evidence_rule(kind: str) -> Rule:
    known = KINDS.get(kind)
    return known or (f"evidence/{kind}", f"Evidence of the kind “{kind}”.", "Look at the span.")


def _rule(rule: Rule) -> dict[str, Any]:
    name, description, advice = rule
    level = "note" if name.startswith(EVIDENCE) else "warning"
    if name in ("uncertain", "unsupported"):
        level = "none"
    return {
        "id": name,
        "shortDescription": {"text": description},
        "fullDescription": {"text": description},
        "help": {"text": advice},
        "defaultConfiguration": {"level": level},
    }


def _quoted(text: str) -> str:
    """A scored text inside a message, with braces, brackets and backslashes escaped (SARIF 3.11.5, 3.11.6)."""
    text = one_line(text)
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return text.translate(_ESCAPES)


_ESCAPES = str.maketrans({"{": "{{", "}": "}}", "[": "\\[", "]": "\\]", "\\": "\\\\"})


def _unicode(text: str) -> str:
    """A text without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _uri(name: str | None) -> str:
    """The name of a text as a URI reference."""
    if name is None or name == "-":
        return "stdin"
    path = Path(name)
    if path.is_absolute():
        return path.as_uri()
    # A colon in the first segment of a relative reference would make it a scheme (RFC 3986, 4.2), so it is quoted.
    return quote(PurePath(name).as_posix(), safe="/", errors="replace")
