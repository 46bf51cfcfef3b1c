"""Policies: from verdicts to the actions ``allow``, ``review`` and ``block``.

A policy is a small TOML file. The first rule whose conditions all hold decides; if none holds, the policy's ``default``
applies. A policy with ``observe = true`` records what it would decide, but allows everything.

>>> from mtdetect.policy.rules import parse
>>> policy = parse('''
... [[rules]]
... action = "block"
... label = ["spun", "machine_translated"]
... fpr = 0.001
... min_words = 150
... ''', name="strict")
>>> policy.rules[0].action, policy.default
('block', 'allow')
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from mtdetect.errors import InputError, UsageError
from mtdetect.inputs import markup
from mtdetect.verdict import LABELS, RELATIONS, Action, Decision, Label, Verdict

if TYPE_CHECKING:
    from mtdetect.verdict import Match

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ACTIONS: tuple[Action, ...] = get_args(Action)

LARGEST = 1 << 20
"""Maximum size of a policy file in bytes."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """An action and its conditions; a condition that is None or empty always holds.

    Attributes
    ----------
    action : str
        One of :data:`ACTIONS`.
    name : str or None
        Name in logs and messages.
    label : tuple of str
        The label is one of these.
    fpr : float or None
        Error budget for the label, instead of the caller's.
    min_words, max_words : int or None
        Limits of the number of words, both inclusive.
    source : tuple of str
        The source matches one of these patterns (``*``, ``?``, ``[...]``; case-sensitive).
    relation : tuple of str
        There is a matching original, and its relation is one of these.
    markup : tuple of str
        The page has one of these marks (:data:`mtdetect.inputs.markup.NAMES`), or one that says ``translated`` or ``offered``.
    min_copied : float or None
        There is a matching original, and at least this share of the text is copied from it.
    """

    action: Action
    name: str | None = None
    label: tuple[Label, ...] = ()
    fpr: float | None = None
    min_words: int | None = None
    max_words: int | None = None
    source: tuple[str, ...] = ()
    relation: tuple[str, ...] = ()
    min_copied: float | None = None
    markup: tuple[str, ...] = ()

    @property
    def asks_for_match(self) -> bool:
        """Whether the rule requires a matching original."""
        return bool(self.relation) or self.min_copied is not None

    def reasons(self, verdict: Verdict, source: str | None, match: Match | None) -> tuple[str, ...] | None:
        """The reasons why the rule holds.

        Parameters
        ----------
        verdict : Verdict
            Verdict on the text.
        source : str or None
            Source of the text, as the caller names it.
        match : Match or None
            The original that the text was compared with or that was found in a collection.

        Returns
        -------
        tuple of str or None
            One reason for each condition; None if a condition does not hold.
        """
        found = []
        if self.label:
            judged = verdict if self.fpr is None else verdict.at(self.fpr)
            if judged.label not in self.label:
                return None
            found.append(f"{judged.label} at error budget {judged.fpr:g} (p-value {judged.p_value:.2g})")
        if self.min_words is not None:
            if verdict.words < self.min_words:
                return None
            found.append(f"{verdict.words} words, at least {self.min_words}")
        if self.max_words is not None:
            if verdict.words > self.max_words:
                return None
            found.append(f"{verdict.words} words, at most {self.max_words}")
        if self.source:
            pattern = next((one for one in self.source if fnmatchcase(source or "", one)), None)
            if pattern is None:
                return None
            found.append(f"source matches {pattern}")
        if self.relation:
            if match is None or match.relation not in self.relation:
                return None
            found.append(f"relation to the original: {match.relation}")
        if self.min_copied is not None:
            if match is None or match.copied < self.min_copied:
                return None
            found.append(f"{match.copied:.0%} copied, at least {self.min_copied:.0%}")
        if self.markup:
            marks = [
                one for one in verdict.markup or () if one.mark in self.markup or one.says in self.markup
            ]
            if not marks:
                return None
            found.append(f"markup of the page: {', '.join(one.mark for one in marks)}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in order, and the action if none holds.

    Attributes
    ----------
    name : str
        Name for callers and logs.
    rules : tuple of Rule
        The first that holds decides.
    default : str
        Action if none holds.
    observe : bool
        Whether the policy only records what it would do.
    """

    name: str
    rules: tuple[Rule, ...]
    default: Action = "allow"
    observe: bool = False

    @property
    def asks_for_match(self) -> bool:
        """Whether a rule requires a matching original."""
        return any(rule.asks_for_match for rule in self.rules)

    @property
    def sha256(self) -> str:
        """SHA-256 of the content in hexadecimal; comments and layout of the file do not count."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """A dict that :func:`from_dict` reads."""
        rules = [
            {
                field.name: list(value) if isinstance(value, tuple) else value
                for field in fields(rule)
                if (value := getattr(rule, field.name)) not in (None, ())
            }
            for rule in self.rules
        ]
        return {"name": self.name, "default": self.default, "observe": self.observe, "rules": rules}

    def decide(
        self,
        verdict: Verdict,
        *,
        source: str | None = None,
        match: Match | None = None,
    ) -> Decision:
        """Choose the action for a text.

        Parameters
        ----------
        verdict : Verdict
            Verdict on the text.
        source : str, optional
            Source of the text, as the caller names it.
        match : Match, optional
            Best match in a collection of originals; the verdict's own match if not given.

        Returns
        -------
        Decision
        """
        match = verdict.match if match is None else match
        decided, name = self.default, None
        reasons: tuple[str, ...] = ("no rule holds",)
        for number, rule in enumerate(self.rules, start=1):
            found = rule.reasons(verdict, source, match)
            if found is not None:
                decided, name = rule.action, rule.name or f"rule {number}"
                reasons = found or ("no condition",)
                break
        return Decision(
            action="allow" if self.observe else decided,
            decided=decided,
            observe=self.observe,
            policy=self.name,
            policy_sha256=self.sha256,
            rule=name,
            reasons=reasons,
        )


def load(path: str | Path) -> Policy:
    """Read a policy.

    Parameters
    ----------
    path : str or Path
        TOML file. A policy without a ``name`` gets the name of the file without its suffix.

    Returns
    -------
    Policy

    Raises
    ------
    InputError
        If the file cannot be read or is not a policy.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > LARGEST:
        raise InputError(f"{path}: larger than {LARGEST >> 20} MiB; check that it is a policy")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8, which TOML requires") from error
    try:
        return parse(text, name=path.stem)
    except UsageError as error:
        raise InputError(f"{path}: {error}") from error


def parse(text: str, *, name: str) -> Policy:
    """Read a policy from TOML text.

    Parameters
    ----------
    text : str
        TOML.
    name : str
        Name of the policy if the text has none.

    Returns
    -------
    Policy

    Raises
    ------
    UsageError
        If the text is not a policy.
    """
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
        raise UsageError(f"is not TOML ({error})") from error
    return from_dict({"name": name, **given})


def from_dict(given: Mapping[str, Any]) -> Policy:
    """Make a policy from plain values.

    Parameters
    ----------
    given : mapping
        ``name``, ``rules``, ``default``, ``observe``.

    Returns
    -------
    Policy

    Raises
    ------
    UsageError
        If a field is unknown or has a wrong value; the message names the field.
    """
    _check_names(given, {"name", "default", "observe", "rules"}, "the policy")
    name = _checked(given, "name", _is_name, "a printable name of at most 100 characters", "the policy")
    if name is None:
        raise UsageError("the policy needs a 'name'")
    default = _checked(given, "default", _is_action, _CHOICE, "the policy")
    observe = _checked(given, "observe", lambda value: isinstance(value, bool), "true or false", "the policy")
    rules = given.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise UsageError("'rules' must be a list of tables, each under [[rules]]")
    read = tuple(_rule(rule, f"rule {number}") for number, rule in enumerate(rules, start=1))
    return Policy(name, read, default or "allow", bool(observe))


_CHOICE = f"one of {', '.join(ACTIONS)}"


def _rule(given: Mapping[str, Any], where: str) -> Rule:
    _check_names(given, {field.name for field in fields(Rule)}, where)
    action = _checked(given, "action", _is_action, _CHOICE, where)
    if action is None:
        raise UsageError(f"{where} needs an 'action', {_CHOICE}")
    label = _several(given, "label", LABELS, where)
    fpr = _checked(given, "fpr", lambda value: _is_share(value) and 0 < value < 1, "between 0 and 1", where)
    if fpr is not None and not label:
        raise UsageError(f"{where} has an 'fpr' but no 'label' that it applies to")
    return Rule(
        action=action,
        name=_checked(given, "name", _is_name, "a printable name of at most 100 characters", where),
        label=label,
        fpr=fpr,
        min_words=_checked(given, "min_words", _is_count, "a number of words", where),
        max_words=_checked(given, "max_words", _is_count, "a number of words", where),
        source=_several(given, "source", None, where),
        relation=_several(given, "relation", RELATIONS, where),
        min_copied=_checked(given, "min_copied", _is_share, "a share between 0 and 1", where),
        markup=_several(given, "markup", (*markup.NAMES, *markup.SAYS), where),
    )


def _check_names(given: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(given) - names)
    if unknown:
        raise UsageError(
            f"{where} has an unknown field {unknown[0]!r}; known fields: {', '.join(sorted(names))}"
        )


def _checked(given: Mapping[str, Any], name: str, holds: Callable[[Any], bool], what: str, where: str) -> Any:
    """Value of a field, checked; None if it is missing."""
    value = given.get(name)
    if value is not None and not holds(value):
        raise UsageError(f"{where}: '{name}' must be {what}, not {value!r}")
    return value


def _several(given: Mapping[str, Any], name: str, choices: tuple[T, ...] | None, where: str) -> tuple[T, ...]:
    """Values of a field that may be a string or a list of strings."""
    if name not in given:
        return ()
    value = given[name]
    values: Any = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        raise UsageError(f"{where}: '{name}' must be a string or a list of strings, not {value!r}")
    for one in values:
        if choices is not None and one not in choices:
            raise UsageError(f"{where}: '{name}' has {one!r}; known values: {', '.join(map(str, choices))}")
    return tuple(values)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


def _is_action(value: Any) -> bool:
    return isinstance(value, str) and value in ACTIONS


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
