from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.errors import InputError, UsageError
from mtdetect.policy.rules import ACTIONS, Policy, Rule, from_dict, load, parse
from mtdetect.verdict import LABELS, Match

STRICT = """
name = "newsroom"

[[rules]]
name = "ours, spun"
action = "block"
relation = ["machine_translated", "spun", "verbatim"]
min_copied = 0.5

[[rules]]
action = "block"
label = ["spun", "machine_translated"]
fpr = 0.001
min_words = 3

[[rules]]
action = "review"
label = "spun"
source = ["feed:*", "user?"]

[[rules]]
action = "allow"
max_words = 2

[[rules]]
action = "review"
label = "unsupported"
"""


@pytest.fixture
def policy():
    return parse(STRICT, name="file")


def match(relation="spun", copied=0.8):
    return Match("a", 0.99, relation, "suspect_is_copy", copied, 0.9)


def test_first_rule_that_holds_decides(policy, verdict_of):
    decision = policy.decide(verdict_of("SPUN" + " word" * 60))
    assert (decision.action, decision.rule) == ("block", "rule 2")
    assert decision.reasons == ("spun at error budget 0.001 (p-value 0.0005)", "61 words, at least 3")


def test_label_is_taken_at_the_budget_of_the_rule(policy, verdict_of):
    rule = parse('rules = [{action = "block", label = "spun", fpr = 0.05}]', name="x")
    strict = parse('rules = [{action = "block", label = "spun", fpr = 0.01}]', name="x")
    long = verdict_of("MAYBE " + "word " * 60, fpr=0.2)
    assert rule.decide(long).action == "block"
    assert strict.decide(long).action == "allow"


def test_source_is_matched_by_pattern(policy, verdict_of):
    verdict = verdict_of("MAYBE " + "word " * 60, fpr=0.05)
    assert verdict.label == "spun"
    assert policy.decide(verdict, source="feed:county").action == "review"
    assert policy.decide(verdict, source="Feed:county").action == "allow"
    assert policy.decide(verdict, source="user12").action == "allow"
    assert policy.decide(verdict).action == "allow"


def test_match_with_an_original(policy, verdict_of):
    verdict = verdict_of("a text by somebody")
    assert policy.decide(verdict).action == "allow"
    decision = policy.decide(verdict, match=match())
    assert (decision.action, decision.rule) == ("block", "ours, spun")
    assert decision.reasons == ("relation to the original: spun", "80% copied, at least 50%")
    assert policy.decide(verdict, match=match(copied=0.4)).action == "allow"
    assert policy.decide(verdict, match=match("related")).action == "allow"
    assert policy.decide(dataclasses.replace(verdict, match=match())).action == "block"


def test_bounds_are_inclusive(verdict_of):
    policy = Policy("x", (Rule("block", min_words=3, max_words=4),))
    actions = [policy.decide(verdict_of("w " * words)).action for words in (2, 3, 4, 5)]
    assert actions == ["allow", "block", "block", "allow"]


def test_default_applies_if_no_rule_holds(verdict_of):
    decision = parse('default = "review"', name="x").decide(verdict_of("some words"))
    assert (decision.action, decision.rule, decision.reasons) == ("review", None, ("no rule holds",))


def test_observing_allows_everything(policy, verdict_of):
    decision = dataclasses.replace(policy, observe=True).decide(verdict_of("SPUN" + " word" * 60))
    assert (decision.action, decision.decided, decision.observe) == ("allow", "block", True)


def test_verdict_carries_the_decision(policy, verdict_of):
    verdict = verdict_of("SPUN" + " word" * 60)
    assert "decision" not in verdict.to_dict()
    decided = dataclasses.replace(verdict, decision=policy.decide(verdict)).to_dict()
    assert decided["decision"]["policy"] == {"name": "newsroom", "sha256": policy.sha256}


def test_hash_ignores_comments_and_layout(policy):
    assert parse("# a comment\n" + STRICT, name="other").sha256 == policy.sha256
    assert parse(STRICT.replace("0.001", "0.002"), name="file").sha256 != policy.sha256


SHARE = st.floats(0, 1).filter(lambda share: 0 < share < 1)
RULES = st.builds(
    Rule,
    action=st.sampled_from(ACTIONS),
    name=st.none() | st.just("a name"),
    label=st.lists(st.sampled_from(LABELS), min_size=1, unique=True).map(tuple),
    fpr=st.none() | SHARE,
    min_words=st.none() | st.integers(0, 10**6),
    max_words=st.none() | st.integers(0, 10**6),
    source=st.lists(st.text(min_size=1), max_size=3).map(tuple),
    relation=st.sampled_from([(), ("spun",), ("edited", "verbatim")]),
    min_copied=st.none() | SHARE,
)


@given(st.lists(RULES, max_size=4), st.sampled_from(ACTIONS), st.booleans())
def test_plain_values_and_back(rules, default, observe):
    policy = Policy("x", tuple(rules), default, observe)
    assert from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("rules = ", "not TOML"),
        ('rule = "x"', "has an unknown field 'rule'"),
        ("rules = 5", r"under \[\[rules\]\]"),
        ("[[rules]]", "rule 1 needs an 'action'"),
        ('[[rules]]\naction = "ban"', "'action' must be one of allow, review, block, not 'ban'"),
        ('[[rules]]\naction = "block"\nlabels = "spun"', "rule 1 has an unknown field 'labels'"),
        ('[[rules]]\naction = "block"\nlabel = "spam"', "'label' has 'spam'"),
        ('[[rules]]\naction = "block"\nlabel = []', "'label' must be a string or a list"),
        ('[[rules]]\naction = "block"\nlabel = "spun"\nfpr = 1', "'fpr' must be between 0 and 1"),
        ('[[rules]]\naction = "block"\nfpr = 0.1', "no 'label' that it applies to"),
        ('[[rules]]\naction = "block"\nmin_words = true', "'min_words' must be a number of words"),
        ('[[rules]]\naction = "block"\nmin_words = -1', "'min_words' must be a number of words"),
        ('[[rules]]\naction = "block"\nmin_copied = 2', "'min_copied' must be a share"),
        ('[[rules]]\naction = "block"\nsource = 7', "'source' must be a string or a list"),
        ('observe = "yes"', "'observe' must be true or false"),
        ('name = ""', "'name' must be a printable name"),
    ],
)
def test_invalid_policy_is_reported_with_its_place(text, error):
    with pytest.raises(UsageError, match=error):
        parse(text, name="x")


def test_files(tmp_path, policy):
    path = tmp_path / "strict.toml"
    path.write_text(STRICT, encoding="utf-8")
    assert load(path) == policy
    path.write_text('default = "block"', encoding="utf-8")
    assert load(path).name == "strict"
    for content in (b"\xff\xfe", b"rules = 5", b"a = " + b"[" * 5000):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"strict\.toml"):
            load(path)
    path.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(InputError, match="larger than"):
        load(path)
    with pytest.raises(InputError, match="nowhere"):
        load(tmp_path / "nowhere.toml")
