from __future__ import annotations

import dataclasses
import errno
import json
import os
import subprocess
import sys

import pytest

from mtdetect.cli import main
from mtdetect.errors import InputError, UsageError
from mtdetect.policy import audit
from mtdetect.policy.audit import AuditLog, Tally, record, replay
from mtdetect.policy.rules import parse
from mtdetect.verdict import Mark

BLOCK = parse('rules = [{action = "block", label = ["spun", "machine_translated"]}]', name="house")
LENIENT = parse('rules = [{action = "review", label = "spun"}]', name="house")

TEXTS = ["SPUN " + "word " * 60, "MT " + "word " * 60, "a person wrote " + "this " * 60]


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def entries(verdict_of, policy=BLOCK, texts=TEXTS, **options):
    for text in texts:
        verdict = verdict_of(text, id=text[:4])
        yield record(text, verdict, policy.decide(verdict), **options)


@pytest.fixture
def log(tmp_path, verdict_of):
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [BLOCK]) as log:
        log.write(entries(verdict_of))
    return path


def replayed(paths, detector, **options):
    tally = Tally()
    found = list(replay([str(path) for path in paths], detector, tally, **options))
    return found, tally


def test_log_contains_policies_and_decisions_and_no_text(log):
    first, *rest = lines(log)
    assert (first["kind"], first["sha256"]) == ("policy", BLOCK.sha256)
    assert [one["decision"]["action"] for one in rest] == ["block", "block", "allow"]
    assert "word word" not in log.read_text(encoding="utf-8")
    assert rest[0]["text_sha256"] == audit.text_sha256(TEXTS[0])
    assert os.stat(log).st_mode & 0o077 == 0


def test_replay_of_the_same_policy_is_equal(log, stub):
    found, tally = replayed([log], stub)
    assert tally.counts["decisions"] == len(found) == 3
    assert not any(one.differs for one in found)
    assert tally.counts["differ"] == 0
    assert not tally.unreadable


def test_rules_about_the_markup_of_a_page_replay(tmp_path, verdict_of, stub):
    rules = parse('rules = [{action = "review", markup = ["weglot"]}]', name="marks")
    verdict = dataclasses.replace(
        verdict_of(TEXTS[2]), markup=(Mark("weglot", "translated", "made by Weglot"),)
    )
    decision = rules.decide(verdict)
    assert decision.action == "review"
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [rules]) as log:
        log.write([record(TEXTS[2], verdict, decision)])
    for texts in ([], [TEXTS[2]]):
        (one,), tally = replayed([path], stub, texts=texts)
        assert not one.differs
        assert tally.counts["scored_again"] == len(texts)


def test_replay_with_another_policy(log, stub):
    found, tally = replayed([log], stub, policies=[LENIENT])
    changes = [(one.then.decided, one.now.decided) for one in found if one.differs]
    assert changes == [("block", "review"), ("block", "allow")]
    assert tally.counts["differ"] == 2


def test_several_policies_decide_by_name(log, stub):
    other = dataclasses.replace(LENIENT, name="other")
    found, _ = replayed([log], stub, policies=[other, LENIENT])
    assert {one.now.policy for one in found} == {"house"}
    found, tally = replayed([log], stub, policies=[other, dataclasses.replace(other, name="third")])
    assert not found
    assert len(tally.unreadable) == 3
    assert "'house'" in tally.unreadable[0]


def test_available_texts_are_scored_again(log, stub, monkeypatch):
    """Today's model gives the first text another verdict, so a policy on it decides otherwise."""
    whole = stub.score
    monkeypatch.setattr(
        stub, "score", lambda text, **options: whole(text.replace("SPUN", "plain"), **options)
    )
    found, tally = replayed([log], stub, texts=[TEXTS[0], "never seen", TEXTS[0]])
    assert tally.counts["scored_again"] == 1
    assert [(one.then.decided, one.now.decided, one.label) for one in found if one.differs] == [
        ("block", "allow", "original")
    ]


def test_a_replay_consults_the_engine_as_the_log_says(tmp_path, stub, verdict_of, monkeypatch):
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [BLOCK]) as log:
        for mode in ("never", "always", None):
            log.write(entries(verdict_of, retranslate=mode))
    asked = []
    whole = stub.score
    monkeypatch.setattr(
        stub, "score", lambda text, **options: asked.append(options["retranslate"]) or whole(text, **options)
    )
    _, tally = replayed([path], stub, texts=[TEXTS[0]])
    assert (sorted(asked), tally.counts["scored_again"]) == (["always", "auto", "never"], 3)
    asked.clear()
    replayed([path], stub, texts=[TEXTS[0]], retranslate="never")
    assert asked == ["never"]


def test_a_decision_with_a_profile_is_kept_unless_there_is_one_today(tmp_path, stub, verdict_of):
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [BLOCK]) as log:
        log.write(entries(verdict_of, profile="ab" * 32))
    _, tally = replayed([path], stub, texts=TEXTS)
    assert (tally.counts["other_profile"], tally.counts["scored_again"]) == (3, 0)
    stub.profile_sha256 = "cd" * 32
    _, tally = replayed([path], stub, texts=TEXTS)
    assert (tally.counts["other_profile"], tally.counts["scored_again"]) == (0, 3)


def test_texts_in_the_log_are_scored_again(tmp_path, stub, verdict_of):
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [BLOCK]) as log:
        log.write(entries(verdict_of, keep_text=True))
    _, tally = replayed([path], stub)
    assert tally.counts["scored_again"] == 3


def test_decision_with_an_original_keeps_its_verdict(tmp_path, stub, verdict_of):
    from mtdetect.verdict import Match

    policy = parse('rules = [{action = "block", relation = "spun"}]', name="house")
    verdict = dataclasses.replace(
        verdict_of(TEXTS[0]), match=Match("a", 0.99, "spun", "suspect_is_copy", 0.9, 0.8)
    )
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [policy]) as log:
        log.write([record(TEXTS[0], verdict, policy.decide(verdict), keep_text=True)])
    found, tally = replayed([path], stub)
    assert tally.counts["scored_again"] == 0
    assert [one.now.decided for one in found] == ["block"]


def test_other_model_is_counted(log, stub, monkeypatch):
    monkeypatch.setattr(type(stub), "model", dataclasses.replace(stub.model, sha256="cd" * 32))
    _, tally = replayed([log], stub)
    assert tally.counts["other_model"] == 3


def test_rotation_loses_nothing_and_each_file_is_complete(tmp_path, stub, verdict_of):
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [BLOCK], largest=3000) as log:
        for number in range(20):
            log.write(entries(verdict_of, texts=[f"{number} SPUN " + "word " * 60]))
    files = sorted(tmp_path.glob("audit*.jsonl"))
    assert len(files) > 3
    assert all(file.stat().st_size <= 3000 for file in files)
    for file in files:
        _, tally = replayed([file], stub)
        assert not tally.unreadable
    _, tally = replayed(files, stub)
    assert tally.counts["decisions"] == 20


def test_renamed_by_another_program(tmp_path, verdict_of):
    path = tmp_path / "audit.jsonl"
    with AuditLog(path, [BLOCK]) as log:
        log.write(entries(verdict_of))
        path.rename(tmp_path / "moved.jsonl")
        log.write(entries(verdict_of))
    assert [one["kind"] for one in lines(path)] == ["policy", "decision", "decision", "decision"]
    assert len(lines(tmp_path / "moved.jsonl")) == 4


def test_line_truncated_by_a_crash_loses_only_itself(log, stub, verdict_of):
    with log.open("a", encoding="utf-8") as file:
        file.write('{"time": "2026-01-01", "kind": "deci')
    with AuditLog(log, [BLOCK]) as again:
        again.write(entries(verdict_of))
    found, tally = replayed([log], stub)
    assert len(found) == 6
    assert len(tally.unreadable) == 1
    assert "audit.jsonl:5" in tally.unreadable[0]


def test_failed_write_leaves_the_file_unchanged(log, verdict_of, monkeypatch):
    before = log.read_bytes()
    write = os.write

    def full(file, content):
        if len(content) > 100:
            return write(file, content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    with AuditLog(log, []) as again:
        monkeypatch.setattr(audit.os, "write", full)
        with pytest.raises(UsageError, match=r"audit\.jsonl: cannot be written \(No space left"):
            again.write([{"kind": "decision", "id": "x" * 150}])
        monkeypatch.undo()
        assert log.read_bytes() == before
        again.write(entries(verdict_of))
    assert len(lines(log)) == 7


APPEND = """
import sys
from mtdetect.policy.audit import AuditLog
with AuditLog(sys.argv[1], largest=5_000) as log:
    for k in range(50):
        log.write([{"kind": "decision", "id": f"{sys.argv[2]}-{k}"}])
"""


def test_processes_share_a_log(tmp_path):
    path = tmp_path / "audit.jsonl"
    workers = [subprocess.Popen([sys.executable, "-c", APPEND, path, str(number)]) for number in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    files = list(tmp_path.glob("audit*.jsonl"))
    ids = [one["id"] for file in files for one in lines(file) if one["kind"] == "decision"]
    assert len(files) > 1
    assert sorted(ids) == sorted(f"{number}-{k}" for number in range(3) for k in range(50))


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{}",
        '{"kind": "decision"}',
        '{"kind": "decision", "text_sha256": 5}',
        '{"kind": "decision", "text_sha256": "ab", "decision": {}}',
        '{"kind": "policy", "policy": 5}',
        '{"kind": "policy", "policy": {"name": "x", "rules": [{}]}}',
    ],
)
def test_foreign_lines_are_reported_and_skipped(log, stub, line):
    with log.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    found, tally = replayed([log], stub)
    assert len(found) == 3
    assert len(tally.unreadable) == 1


def test_invalid_values_are_reported(log, stub):
    first, *rest = lines(log)
    rest[0]["verdict"]["label"] = "innocent"
    rest[1]["verdict"]["fpr"] = 7
    rest.append(rest[2] | {"source": 5})
    log.write_text("\n".join(map(json.dumps, [first, *rest])), encoding="utf-8")
    found, tally = replayed([log], stub)
    assert len(found) == 1
    assert len(tally.unreadable) == 3


def test_log_on_standard_input(log, stub, stdin):
    stdin(log.read_bytes())
    assert len(replayed(["-"], stub)[0]) == 3
    stdin(log.read_bytes())
    with pytest.raises(InputError, match="a log on standard input cannot be read twice"):
        replayed(["-"], stub, texts=[TEXTS[0]])


def test_wrong_names(tmp_path, stub, log):
    with pytest.raises(UsageError, match=r"must end in \.jsonl"):
        AuditLog(tmp_path / "audit.log")
    with pytest.raises(UsageError, match="cannot be written"):
        AuditLog(tmp_path / "nowhere" / "audit.jsonl")
    log.rename(tmp_path / "audit.txt")
    with pytest.raises(InputError, match="is not an audit log"):
        replayed([tmp_path / "audit.txt"], stub)


@pytest.fixture
def folder(tmp_path, monkeypatch, stub):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spun.txt").write_text(TEXTS[0], encoding="utf-8")
    (tmp_path / "plain.txt").write_text(TEXTS[2], encoding="utf-8")
    (tmp_path / "house.toml").write_text(
        'rules = [{action = "block", label = "spun", source = "feed"}]', encoding="utf-8"
    )
    return tmp_path


def test_score_with_a_policy(folder, capsys):
    call = ["score", "spun.txt", "plain.txt", "--policy", "house.toml", "--audit", "audit.jsonl"]
    assert main([*call, "--source", "feed", "--format", "jsonl"]) == 1
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["decision"]["action"] for one in verdicts] == ["block", "allow"]
    # Flagged, but allowed: the policy decides about the exit status, too.
    assert main([*call, "--format", "csv"]) == 0
    assert [row.rpartition(",")[2] for row in capsys.readouterr().out.splitlines()] == [
        "action",
        "allow",
        "allow",
    ]
    assert main([*call, "--source", "feed"]) == 1
    assert "block: rule 1" in capsys.readouterr().out
    assert [one["kind"] for one in lines(folder / "audit.jsonl")].count("decision") == 6


def test_replay_on_the_command_line(folder, capsys):
    main(
        ["score", "spun.txt", "plain.txt", "--policy", "house.toml", "--audit", "a.jsonl", "--source", "feed"]
    )
    capsys.readouterr()
    assert main(["audit", "replay", "a.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "2 decisions, 0 would differ" in err
    (folder / "house.toml").write_text('default = "review"', encoding="utf-8")
    call = ["audit", "replay", "a.jsonl", "--policy", "house.toml", "--texts", "spun.txt"]
    assert main([*call, "--format", "jsonl"]) == 1
    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert [(one["id"], one["then"]["action"], one["now"]["action"]) for one in told] == [
        ("spun.txt", "block", "review"),
        ("plain.txt", "allow", "review"),
    ]
    assert "1 text scored again" in err
    assert main(call) == 1
    assert "no rule holds" in capsys.readouterr().out
    (folder / "texts.csv").write_text(f'body\n"{TEXTS[0]}"\n', encoding="utf-8")
    assert main([*call[:-1], "texts.csv", "--text-field", "body"]) == 1
    assert "1 text scored again" in capsys.readouterr().err
    assert main([*call[:-1], "texts.csv"]) == 2
    assert "1 text skipped: texts.csv: line 2: no field 'text'" in capsys.readouterr().err
    with open("a.jsonl", "a", encoding="utf-8") as file:
        file.write("torn")
    assert main(call) == 2
    assert "1 line skipped: a.jsonl:4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["score", "spun.txt", "--audit", "a.jsonl"], "give a --policy"),
        (["score", "spun.txt", "--source", "feed"], "give a --policy"),
        (["score", "spun.txt", "--policy", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["score", "spun.txt", "--policy", "house.toml", "--audit", "a.log"], "must end in .jsonl"),
        (["audit", "replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (["audit", "replay", "spun.txt"], "is not an audit log"),
    ],
)
def test_wrong_usage_is_one_line(folder, capsys, args, told):
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
