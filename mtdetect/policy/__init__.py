"""What follows from a verdict: rules that map verdicts to actions, and the log that records each decision.

``rules``  policies: reading them from TOML, deciding
``audit``  the audit log: writing, reading, checking and replaying it
"""

from __future__ import annotations

from mtdetect.policy.rules import Policy, Rule, from_dict, load, parse

__all__ = ["Policy", "Rule", "from_dict", "load", "parse"]
