"""``benchmarks/populations.py``: what the other sources of a calibration set flag of each."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import populations
from mtdetect import artifacts
from mtdetect.errors import InputError
from running import run_main


def test_a_source_is_judged_by_the_others(tmp_path, monkeypatch, capsys):
    chance = np.random.default_rng(5)
    source = np.repeat([0, 1, 2], 500)
    # The third source scores two standard deviations higher than the others, and all of it is flagged far above the budget.
    scores = chance.normal(1, 1, 1500) + 2 * (source == 2)
    arrays = {
        "calibration_scores": scores.astype(np.float32),
        "calibration_words": np.full(1500, 200, np.int32),
        "calibration_source": source.astype(np.int16),
        "calibration_population": (source == 2).astype(np.int8),
    }
    facts = {"sources": ["first", "second", "third"], "populations": ["journalists", "web_writers"]}
    artifacts.write(tmp_path, arrays, facts)
    groups = {group.source: group for group in populations.held_out(tmp_path)}
    assert groups["third"].kind == "web_writers"
    assert groups["third"].flagged[1] > 0.3
    assert groups["first"].flagged[1] < 0.02
    assert all(list(group.flagged) == sorted(group.flagged) for group in groups.values())
    monkeypatch.setattr(sys, "argv", ["populations.py", str(tmp_path), "--sources"])
    populations.main()
    printed = capsys.readouterr().out
    assert "| mean over sources | 3 | 1,500 |" in printed
    assert "1 above 2 % |" in printed
    assert printed.index("| third | web writers") < printed.index("| first | journalists")


def test_a_benchmark_ends_with_one_line_if_its_input_is_bad(capsys):
    def main():
        raise InputError("data: no human/*.jsonl.xz in it")

    with pytest.raises(SystemExit, match="2"):
        run_main(main)
    assert capsys.readouterr() == ("", "data: no human/*.jsonl.xz in it\n")
    with pytest.raises(SystemExit, match="1"):
        run_main(lambda: 1)
