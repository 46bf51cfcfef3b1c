"""Policies, which map verdicts to actions, and the audit log of decisions.

``rules``  reading policies from TOML and applying them
``audit``  writing and replaying the audit log
"""

from __future__ import annotations

from mtdetect.policy.rules import Policy, Rule, from_dict, load, parse

__all__ = ["Policy", "Rule", "from_dict", "load", "parse"]
