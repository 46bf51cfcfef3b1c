"""Time grows no faster than the text, whatever a text is full of (``benchmarks/worst_cases.py`` makes the texts)."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / "benchmarks" / "worst_cases.py"

SHORT, GROWTH = 40_000, 8


def worst_cases():
    spec = importlib.util.spec_from_file_location("worst_cases", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


KINDS = worst_cases().KINDS


def processor_seconds(work, text):
    start = time.process_time()
    work(text)
    return time.process_time() - start


@pytest.mark.parametrize("between", [False, True], ids=["alone", "between sentences"])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_have_their_length(kind, between):
    text = worst_cases().text_of(kind, 3000, between_sentences=between)
    assert 3000 <= len(text) < 3500
    assert text == worst_cases().text_of(kind, 3000, between_sentences=between)


@pytest.mark.thorough
@pytest.mark.parametrize("between", [False, True], ids=["alone", "between sentences"])
@pytest.mark.parametrize("kind", KINDS)
def test_time_grows_with_the_text(shipped, kind, between):
    """Linear is a factor of 8, quadratic one of 64; half a second is granted to a busy machine."""
    short, long = (
        worst_cases().text_of(kind, length, between_sentences=between) for length in (SHORT, GROWTH * SHORT)
    )
    least = min(processor_seconds(shipped.score, short) for _ in range(2))
    assert processor_seconds(shipped.score, long) < 3 * GROWTH * least + 0.5
