"""A log of decisions that can be replayed: what was decided, on what grounds, by which model and policy.

JSON Lines. A line of kind ``policy`` holds a policy as it was, a line of kind ``decision`` what was decided about one text: the
figures behind it, unrounded, the SHA-256 of the text, and the text itself only if that was asked for. A file holds the policies
that its decisions name, rotated files too, so each can be read alone.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import mtdetect
from mtdetect import inputs
from mtdetect.errors import InputError, MtdetectError, UsageError
from mtdetect.policy.rules import Policy, from_dict
from mtdetect.serialization import to_json
from mtdetect.verdict import CLASSES, LABELS, Decision, Match, ModelInfo, Verdict, check_fpr

if TYPE_CHECKING:
    from mtdetect.detector import Detector

if sys.platform != "win32":
    import fcntl

SUFFIX = ".jsonl"

LARGEST = 100 << 20
"""Bytes at which a log is rotated, unless told otherwise."""


def text_sha256(text: str) -> str:
    """SHA-256 of a text's UTF-8, in hexadecimal: how a log names a text without holding it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record(
    text: str,
    verdict: Verdict,
    decision: Decision,
    *,
    source: str | None = None,
    match: Match | None = None,
    keep_text: bool = False,
) -> dict[str, Any]:
    """Tell a decision and its grounds.

    Parameters
    ----------
    text : str
        What was judged.
    verdict : Verdict
        On it.
    decision : Decision
        About it.
    source : str, optional
        Where it comes from, as the policy saw it.
    match : Match, optional
        Its best match in a collection, as the policy saw it; the verdict carries one of its own.
    keep_text : bool
        Whether the text belongs in it.

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
        },
        "uses_original": verdict.match is not None,
        "match": None if seen is None else asdict(seen),
        "model": verdict.model.to_dict(),
        "decision": decision.to_dict(),
    }


class AuditLog:
    """Appends decisions to a file; safe for several threads and processes.

    Each write is whole lines or nothing. A file that has grown too large is renamed to ``NAME.TIME.jsonl`` beside it, and so may
    anybody else rename it at any time: the next write opens a new one.

    Parameters
    ----------
    path : str or Path
        File; its name ends in ``.jsonl``.
    policies : sequence of Policy
        Those whose decisions it will hold.
    largest : int
        Bytes at which it is rotated.

    Raises
    ------
    UsageError
        If it cannot be written.
    """

    def __init__(self, path: str | Path, policies: Sequence[Policy] = (), *, largest: int = LARGEST) -> None:
        self.path = Path(path)
        self.largest = largest
        self._policies = tuple(policies)
        self._lock = Lock()
        self._file: int | None = None
        if self.path.suffix != SUFFIX:
            raise UsageError(f"{self.path}: the name of an audit log ends in {SUFFIX}")
        self.write(())

    def write(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Append records, all or none.

        Parameters
        ----------
        records : iterable of mapping
            As :func:`record` makes them; each gets the time.

        Raises
        ------
        UsageError
            If they cannot be written; the file is then as it was.
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
                if not self._is_current(file):  # somebody renamed it
                    self._close()
                    continue
                size = os.fstat(file).st_size
                if size and size + len(lines) > self.largest:
                    self._rotate()
                    continue
                head = self._policy_lines(now) if fresh or not size else b""
                # A line that a crash cut short must not swallow the next one.
                torn = b"\n" if size and _last_byte(file) != b"\n" else b""
                _write(file, torn + head + lines, size)
                return
            finally:
                if self._file is not None:
                    _unlock(file)

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)  # and with it goes the lock
            self._file = None

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
        if sys.platform == "win32":  # renames no open file
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
    """Append all of it, or leave the file as it was."""
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

else:  # one process at a time there

    def _lock(file: int) -> None:
        pass

    def _unlock(file: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision that was made, and the one that would be made today.

    Attributes
    ----------
    entry : mapping
        The line of the log.
    then, now : Decision
        Both.
    label : str
        What the text is called today.
    """

    entry: Mapping[str, Any]
    then: Decision
    now: Decision
    label: str

    @property
    def differs(self) -> bool:
        """Whether another action would be decided."""
        return self.then.decided != self.now.decided or self.then.action != self.now.action

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        names = ("time", "request", "item", "id", "source", "text_sha256")
        return {
            **{name: self.entry[name] for name in names if name in self.entry},
            "label": {"then": self.entry["verdict"]["label"], "now": self.label},
            "then": self.then.to_dict(),
            "now": self.now.to_dict(),
        }


@dataclass
class Tally:
    """What a replay came through.

    Attributes
    ----------
    counts : Counter
        ``decisions``, ``differ``, ``scored_again``, ``other_model`` (made by another model, text not at hand).
    unreadable : list of str
        What could not be replayed, and why.
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
) -> Iterator[Replayed]:
    """Decide again what a log tells.

    A text that is at hand is scored again; otherwise the figures of the log stand. A decision that used an original keeps its figures, and
    every decision keeps its match.

    Parameters
    ----------
    logs : sequence of str
        Files that :class:`AuditLog` wrote, also packed.
    detector : Detector
        Today's.
    tally : Tally
        Is added to.
    policies : sequence of Policy
        Today's. A single one decides everything; of several each decides what one of its name decided then. Without any, the
        policies of the log decide.
    texts : iterable of str
        Texts that may be among those that were judged.

    Yields
    ------
    Replayed
        One a decision.
    """
    today: dict[str, Verdict] = {}
    wanted = {entry["text_sha256"] for _, entry in _entries(logs, Tally()) if entry["kind"] == "decision"}
    for text in texts:
        digest = text_sha256(text)
        if digest in wanted and digest not in today:
            today[digest] = detector.score(text, evidence=False)
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
            digest = entry["text_sha256"]
            if digest not in today and isinstance(entry.get("text"), str):
                today[digest] = detector.score(entry["text"], evidence=False)
        except (MtdetectError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            why = str(error) if isinstance(error, MtdetectError) else "not a line of an audit log"
            tally.unreadable.append(f"{place}: {why}")
            continue
        tally.counts["decisions"] += 1
        if digest in today and not entry.get("uses_original"):
            tally.counts["scored_again"] += 1
            fresh = today[digest].at(verdict.fpr)
            verdict = replace(fresh, id=verdict.id, match=verdict.match)
        elif verdict.model.sha256 != detector.model.sha256:
            tally.counts["other_model"] += 1
        now = policy.decide(verdict, source=entry.get("source"))
        replayed = Replayed(entry, then, now, verdict.label)
        tally.counts["differ"] += replayed.differs
        yield replayed


def _entries(logs: Iterable[str], tally: Tally) -> Iterator[tuple[str, dict[str, Any]]]:
    for log in logs:
        for raw in inputs.records(log):
            if raw.line == 0 and raw.error is None:
                raise InputError(f"{log}: is no audit log; their names end in {SUFFIX}")
            parsed = inputs.parse(raw)
            entry = dict(parsed.fields)
            if entry.get("kind") in ("decision", "policy") and (
                entry["kind"] == "policy" or isinstance(entry.get("text_sha256"), str)
            ):
                yield raw.place, entry
            else:
                tally.unreadable.append(f"{raw.place}: {raw.error or 'not a line of an audit log'}")


def _chosen(then: Decision, policies: Sequence[Policy], known: Mapping[str, Policy]) -> Policy:
    if len(policies) == 1:
        return policies[0]
    for policy in policies:
        if policy.name == then.policy:
            return policy
    if policies:
        raise UsageError(f"was decided by policy {then.policy!r}, which is not among those given")
    if then.policy_sha256 not in known:
        raise UsageError(f"the log does not hold policy {then.policy!r}; give it with --policy")
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
    """The verdict as far as a policy looks at it."""
    given, model, match = entry["verdict"], entry["model"], entry["match"]
    if given["label"] not in LABELS:
        raise UsageError(f"there is no label {given['label']!r}")
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
        match=None if match is None else _match(match),
    )


def _match(given: Mapping[str, Any]) -> Match:
    """A match out of the log; logs before 2026.12 hold neither its score nor its direction, and no policy asks for them."""
    return Match(
        given["original"],
        float(given.get("score", 1.0)),
        given["relation"],
        given.get("direction", "unclear"),
        float(given["copied"]),
        float(given.get("covered", 0.0)),
    )
