"""The audit log: decisions with their reasons, model and policy, which can be replayed.

The format is JSON Lines. A line of kind ``policy`` is a policy. A line of kind ``decision`` records the decision about
one text: the unrounded verdict, the SHA-256 of the text, and the text only on request. Each file, also a rotated one,
contains the policies that its decisions name, so it can be read alone.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import mtdetect
from mtdetect import inputs
from mtdetect.errors import InputError, MtdetectError, UsageError
from mtdetect.policy.rules import Policy, from_dict
from mtdetect.serialization import to_json
from mtdetect.verdict import (
    CLASSES,
    LABELS,
    MODES,
    Decision,
    Mark,
    Match,
    Mode,
    ModelInfo,
    Verdict,
    check_fpr,
)

if TYPE_CHECKING:
    from mtdetect.detector import Detector

if sys.platform != "win32":
    import fcntl

SUFFIX = ".jsonl"

LARGEST = 100 << 20
"""Default size in bytes at which a log is rotated."""


def text_sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8 in hexadecimal, which identifies the text in a log without its content.

    Parameters
    ----------
    text : str
        The decoded text; it may hold lone surrogates.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record(
    text: str,
    verdict: Verdict,
    decision: Decision,
    *,
    source: str | None = None,
    match: Match | None = None,
    keep_text: bool = False,
    retranslate: Mode | None = None,
    profile: str | None = None,
) -> dict[str, Any]:
    """A log entry for a decision.

    Parameters
    ----------
    text : str
        The text that was judged.
    verdict : Verdict
        Verdict on the text.
    decision : Decision
        Decision about the text.
    source : str, optional
        Source of the text that the policy was given.
    match : Match, optional
        Match that the policy was given; the verdict's own match if not given.
    keep_text : bool
        Whether the entry includes the text.
    retranslate : str, optional
        When the translation engine was consulted, so that a replay does the same.
    profile : str, optional
        SHA-256 of the calibration profile (:attr:`mtdetect.Detector.profile_sha256`), if there was one.

    Returns
    -------
    dict
        A JSON object.
    """
    seen = match if match is not None else verdict.match
    return {
        "kind": "decision",
        "id": verdict.id,
        "source": source,
        "text_sha256": text_sha256(text),
        **({"text": text} if keep_text else {}),
        "verdict": {
            "label": verdict.label,
            "score": verdict.score,
            "quality": verdict.quality,
            "probabilities": dict(verdict.probabilities),
            "fpr": verdict.fpr,
            "p_value": verdict.p_value,
            "reason": verdict.reason,
            "words": verdict.words,
            "language": verdict.language,
            "retranslated": verdict.retranslated,
        },
        "markup": None if verdict.markup is None else [mark.to_dict() for mark in verdict.markup],
        "uses_original": verdict.match is not None,
        "match": None if seen is None else asdict(seen),
        "model": verdict.model.to_dict(),
        "retranslate": retranslate,
        "profile": profile,
        "decision": decision.to_dict(),
    }


class AuditLog:
    """A file to which decisions are appended; safe for several threads and processes.

    Each write appends complete lines or nothing. A file that is too large is renamed to ``NAME.TIME.jsonl``. Other
    programs may rename it at any time, too: the next write opens a new file.

    Parameters
    ----------
    path : str or Path
        File; its name ends in ``.jsonl``.
    policies : sequence of Policy
        Policies whose decisions are logged.
    largest : int
        Size in bytes at which the file is rotated.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """

    def __init__(self, path: str | Path, policies: Sequence[Policy] = (), *, largest: int = LARGEST) -> None:
        self.path = Path(path)
        self.largest = largest
        self._policies = tuple(policies)
        self._lock = Lock()
        self._file: int | None = None
        if self.path.suffix != SUFFIX:
            raise UsageError(f"{self.path}: the name of an audit log must end in {SUFFIX}")
        self.write(())

    def write(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Append records, all or none.

        Parameters
        ----------
        records : iterable of mapping
            Entries made by :func:`record`; the time is added to each.

        Raises
        ------
        UsageError
            If they cannot be written; the file is then unchanged.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        lines = b"".join(to_json({"time": now, **one}) + b"\n" for one in records)
        try:
            with self._lock:
                self._append(lines, now)
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be written ({error.strerror or error})") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, lines: bytes, now: str) -> None:
        while True:
            fresh = self._file is None
            file = self._opened()
            _lock(file)
            try:
                if not self._is_current(file):  # another program renamed the file
                    self._close()
                    continue
                size = os.fstat(file).st_size
                if size and size + len(lines) > self.largest:
                    self._rotate()
                    continue
                head = self._policy_lines(now) if fresh or not size else b""
                # A line that a crash truncated must not merge with the next one.
                torn = b"\n" if size and _last_byte(file) != b"\n" else b""
                _write(file, torn + head + lines, size)
                return
            finally:
                if self._file is not None:
                    _unlock(file)

    def _opened(self) -> int:
        if self._file is None:
            # Windows would write a carriage return before each line feed.
            binary = getattr(os, "O_BINARY", 0)
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | binary, 0o600)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)  # also releases the lock
            self._file = None

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        if sys.platform == "win32":  # cannot rename an open file
            self._close()
        os.rename(self.path, self.path.with_name(f"{self.path.stem}.{stamp}{SUFFIX}"))
        self._close()

    def _policy_lines(self, now: str) -> bytes:
        return b"".join(
            to_json(
                {
                    "time": now,
                    "kind": "policy",
                    "mtdetect": mtdetect.__version__,
                    "sha256": policy.sha256,
                    "policy": policy.to_dict(),
                }
            )
            + b"\n"
            for policy in self._policies
        )


def _last_byte(file: int) -> bytes:
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)


def _write(file: int, content: bytes, size: int) -> None:
    """Append all of the content, or leave the file unchanged."""
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
    except OSError:
        os.ftruncate(file, size)
        raise


if sys.platform != "win32":

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

else:  # on Windows, only one process at a time may write

    def _lock(file: int) -> None:
        pass

    def _unlock(file: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Replayed:
    """A logged decision and the decision of today.

    Attributes
    ----------
    entry : mapping
        Entry of the log.
    then, now : Decision
        The logged decision and the one of today.
    label : str
        Label of the text today.
    """

    entry: Mapping[str, Any]
    then: Decision
    now: Decision
    label: str

    @property
    def differs(self) -> bool:
        """Whether the action is another today."""
        return self.then.decided != self.now.decided or self.then.action != self.now.action

    def to_dict(self) -> dict[str, Any]:
        """A JSON object."""
        names = ("time", "request", "item", "id", "source", "text_sha256")
        return {
            **{name: self.entry[name] for name in names if name in self.entry},
            "label": {"then": self.entry["verdict"]["label"], "now": self.label},
            "then": self.then.to_dict(),
            "now": self.now.to_dict(),
        }


@dataclass
class Tally:
    """Counts of a replay.

    Attributes
    ----------
    counts : Counter
        ``decisions``, ``differ``, ``scored_again``, ``other_model`` (made by another model, text not available), ``other_profile`` (text
        available, but not the calibration profile).
    unreadable : list of str
        Entries that could not be replayed, with the reason.
    """

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


def replay(
    logs: Sequence[str],
    detector: Detector,
    tally: Tally,
    *,
    policies: Sequence[Policy] = (),
    texts: Iterable[str] = (),
    retranslate: Mode | None = None,
) -> Iterator[Replayed]:
    """Repeat the decisions of a log with today's detector and policies.

    A text that is available is scored again; otherwise the logged verdict is used. Every decision keeps its match, and one
    that used an original also keeps its verdict. So does one with a calibration profile, unless the detector has one, too.

    Parameters
    ----------
    logs : sequence of str
        Files that :class:`AuditLog` wrote, plain or compressed.
    detector : Detector
        Today's detector.
    tally : Tally
        Counts of the replay, which are updated.
    policies : sequence of Policy
        Today's policies. A single policy decides everything; of several, each decides what the policy of the same name
        decided. Without any, the policies of the log decide.
    texts : iterable of str
        Texts that may be among the judged ones.
    retranslate : str, optional
        When to consult the translation engine, as for :meth:`mtdetect.Detector.score`; without it, as the log says of each decision.

    Yields
    ------
    Replayed
        One per decision.
    """
    usual = detector.mode(retranslate)
    detector.prepare(usual)
    own_profile = detector.profile_sha256

    def mode_of(entry: Mapping[str, Any]) -> Mode:
        then = entry.get("retranslate")
        return usual if retranslate is not None or own_profile is not None or then not in MODES else then

    def score(text: str, mode: Mode) -> Verdict:
        return detector.score(text, evidence=False, retranslate=mode)

    today = _scored_again(logs, score, mode_of, iter(texts))
    known: dict[str, Policy] = {}
    for place, entry in _entries(logs, tally):
        try:
            if entry["kind"] == "policy":
                policy = from_dict(entry["policy"])
                known[policy.sha256] = policy
                continue
            then = _decision(entry["decision"])
            verdict = _verdict(entry)
            policy = _chosen(then, policies, known)
            digest, source = entry["text_sha256"], entry.get("source")
            if not isinstance(source, str | None):
                raise TypeError(source)
            asked = digest, mode_of(entry)
            if asked not in today and isinstance(entry.get("text"), str):
                today[asked] = score(entry["text"], asked[1])
        except (MtdetectError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = str(error) if isinstance(error, MtdetectError) else "not an entry of an audit log"
            tally.unreadable.append(f"{place}: {reason}")
            continue
        tally.counts["decisions"] += 1
        known_text = asked in today and not entry.get("uses_original")
        if known_text and own_profile is None and entry.get("profile") is not None:
            tally.counts["other_profile"] += 1
        elif known_text:
            tally.counts["scored_again"] += 1
            fresh = today[asked].at(verdict.fpr)
            verdict = replace(fresh, id=verdict.id, match=verdict.match, markup=verdict.markup)
        elif verdict.model.sha256 != detector.model.sha256:
            tally.counts["other_model"] += 1
        now = policy.decide(verdict, source=source)
        replayed = Replayed(entry, then, now, verdict.label)
        tally.counts["differ"] += replayed.differs
        yield replayed


def _scored_again(
    logs: Sequence[str],
    score: Callable[[str, Mode], Verdict],
    mode_of: Callable[[Mapping[str, Any]], Mode],
    texts: Iterator[str],
) -> dict[tuple[str, Mode], Verdict]:
    """Verdicts of today on the texts that the logs name, by SHA-256 and use of the engine."""
    first = next(texts, None)
    if first is None:
        return {}
    if inputs.STDIN in logs:
        raise InputError("a log on standard input cannot be read twice, as texts need; name its file")
    wanted: dict[str, set[Mode]] = {}
    for _, entry in _entries(logs, Tally()):
        if entry["kind"] == "decision":
            wanted.setdefault(entry["text_sha256"], set()).add(mode_of(entry))
    today: dict[tuple[str, Mode], Verdict] = {}
    for text in chain([first], texts):
        digest = text_sha256(text)
        for mode in sorted(wanted.get(digest, ())):
            if (digest, mode) not in today:
                today[digest, mode] = score(text, mode)
    return today


def _entries(logs: Iterable[str], tally: Tally) -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries of the logs with their places; other lines are counted as unreadable."""
    for log in logs:
        for raw in inputs.records(log):
            if raw.line == 0 and raw.error is None:
                raise InputError(f"{log}: is not an audit log; the name of a log ends in {SUFFIX}")
            parsed = inputs.parse(raw)
            entry = dict(parsed.fields)
            if entry.get("kind") in ("decision", "policy") and (
                entry["kind"] == "policy" or isinstance(entry.get("text_sha256"), str)
            ):
                yield raw.place, entry
            else:
                tally.unreadable.append(f"{raw.place}: {raw.error or 'not an entry of an audit log'}")


def _chosen(then: Decision, policies: Sequence[Policy], known: Mapping[str, Policy]) -> Policy:
    """The policy that repeats a decision."""
    if len(policies) == 1:
        return policies[0]
    for policy in policies:
        if policy.name == then.policy:
            return policy
    if policies:
        raise UsageError(f"was decided by policy {then.policy!r}; give it with --policy, too")
    if then.policy_sha256 not in known:
        raise UsageError(f"the log does not contain policy {then.policy!r}; give it with --policy")
    return known[then.policy_sha256]


def _decision(given: Mapping[str, Any]) -> Decision:
    policy = given["policy"]
    return Decision(
        action=given["action"],
        decided=given["decided"],
        observe=given["observe"],
        policy=policy["name"],
        policy_sha256=policy["sha256"],
        rule=given["rule"],
        reasons=tuple(given["reasons"]),
    )


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    """The logged verdict, with the fields that a policy uses."""
    given, model, match = entry["verdict"], entry["model"], entry["match"]
    if given["label"] not in LABELS:
        raise UsageError(f"unknown label {given['label']!r}")
    return Verdict(
        id=entry["id"],
        label=given["label"],
        score=float(given["score"]),
        quality=float(given["quality"]),
        probabilities={name: float(given["probabilities"][name]) for name in CLASSES},
        fpr=check_fpr(given["fpr"]),
        p_value=float(given["p_value"]),
        reason=given["reason"],
        words=int(given["words"]),
        language=given["language"],
        pivot=(),
        sentences=(),
        evidence=(),
        model=ModelInfo(model["name"], model["version"], model["sha256"]),
        retranslated=bool(given.get("retranslated", False)),  # logs of earlier versions do not say
        match=None if match is None else _match(match),
        markup=_marks(entry.get("markup")),  # nor of the markup
    )


def _marks(given: Sequence[Mapping[str, Any]] | None) -> tuple[Mark, ...] | None:
    """Logged marks in the markup of a page."""
    return None if given is None else tuple(Mark(one["mark"], one["says"], one["meaning"]) for one in given)


def _match(given: Mapping[str, Any]) -> Match:
    """A logged match. Logs before 2026.12 have neither its score nor its direction; no policy uses them."""
    return Match(
        given["original"],
        float(given.get("score", 1.0)),
        given["relation"],
        given.get("direction", "unclear"),
        float(given["copied"]),
        float(given.get("covered", 0.0)),
    )
