"""Measure the shipped model on ``texts.jsonl``, and record what it must not fall below.

::

    python tests/quality/record.py                       # raises floors; refuses to lower one, or to take a worse baseline
    python tests/quality/record.py --reason "Why ..."    # lowers floors where it must, and keeps the reason

It writes ``baseline.json`` (a score for each text, for ``mtdetect evaluate --baseline``) and ``floors.json`` (for each
figure a history: the floor, what was measured, date, model and reason).

The baseline catches a change that is larger than chance. It is recorded anew with every model, so a row of small
losses would pass it. The floors do not follow downwards, so they catch those.
"""

from __future__ import annotations

import argparse
import datetime
import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from mtdetect.cli import main as mtdetect

HERE = Path(__file__).resolve().parent
TEXTS, BASELINE, FLOORS = HERE / "texts.jsonl", HERE / "baseline.json", HERE / "floors.json"

ABOUT = (
    "Figures of `mtdetect evaluate tests/quality/texts.jsonl` that a test holds. Written by tests/quality/record.py: do not "
    "edit by hand. The last entry of a history counts. auc: area under the ROC curve; found: share of machine texts flagged at "
    "the default budget; flagged: share of human texts flagged, a ceiling. The tolerance is one text: a floor is "
    "what was measured less 1/n, with n texts of the tool (for auc, one text that falls from first to last rank costs 1/n). The same "
    "model gives the same figures on every machine, so the tolerance only lets a new model lose one text for a reason that "
    "nobody has to look into."
)


def evaluate(*options: str) -> tuple[int, dict[str, Any]]:
    """Exit status and figures of ``mtdetect evaluate``, without the translation engine, whether it is installed or not."""
    with redirect_stdout(io.StringIO()) as out:
        status = mtdetect(["evaluate", str(TEXTS), "--format", "json", "--retranslate", "never", *options])
    return status, json.loads(out.getvalue())


def figures(answer: dict[str, Any]) -> dict[str, float]:
    """The figures that are held: auc and found of each tool, and the share of human texts flagged."""
    held = {"flagged": answer["overall"]["false_alarms"]}
    for tool, of_tool in answer["groups"]["tool"].items():
        held[f"auc {tool}"] = of_tool["auc"]
        held[f"found {tool}"] = of_tool["found_at_budget"]
    return held


def floors(answer: dict[str, Any]) -> dict[str, float]:
    """What each figure may fall to (``flagged``: rise to), one text aside."""
    count = {
        f"{figure} {tool}": of_tool["machines"]
        for tool, of_tool in answer["groups"]["tool"].items()
        for figure in ("auc", "found")
    }
    count["flagged"] = answer["overall"]["people"]
    return {
        name: round(value + 1 / count[name] if name == "flagged" else max(value - 1 / count[name], 0.0), 4)
        for name, value in figures(answer).items()
    }


def lower(name: str, new: float, old: float) -> bool:
    """Whether a floor asks for less than another."""
    return new > old if name == "flagged" else new < old


def load() -> dict[str, list[dict[str, Any]]]:
    """The history of each floor."""
    histories: dict[str, list[dict[str, Any]]] = json.loads(FLOORS.read_text(encoding="utf-8"))["floors"]
    return histories


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description="Record the quality figures of the shipped model.")
    parser.add_argument("--reason", metavar="TEXT", help="why floors may be lowered")
    reason = parser.parse_args().reason
    worse_than_baseline, answer = evaluate(*(["--baseline", str(BASELINE)] if BASELINE.exists() else []))
    histories = load() if FLOORS.exists() else {}
    held, new = figures(answer), floors(answer)
    lowered = [
        name for name in new if name in histories and lower(name, new[name], histories[name][-1]["value"])
    ]
    if lowered and not reason:
        worse = ", ".join(f"{name} ({histories[name][-1]['value']} to {new[name]})" for name in lowered)
        sys.exit(f'record.py: these floors would be lowered: {worse}; say why with --reason "..."')
    if worse_than_baseline and not reason:
        sys.exit(
            "record.py: worse than the baseline beyond chance (mtdetect evaluate --baseline says where); "
            'say why with --reason "..."'
        )
    model = answer["signature"]["model"]
    for name, value in new.items():
        history = histories.setdefault(name, [])
        if not history or history[-1]["value"] != value:
            why = (
                "first record"
                if not history
                else reason
                if name in lowered
                else "raised: the new model measures more"
            )
            entry = {"value": value, "measured": held[name], "date": datetime.date.today().isoformat()}
            history.append(
                entry | {"model": f"{model['name']}:{model['version']}:{model['sha256'][:12]}", "reason": why}
            )
    evaluate("--save", str(BASELINE))
    FLOORS.write_text(
        json.dumps({"about": ABOUT, "floors": histories}, indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
