#!/usr/bin/env python3
"""Who is flagged of a kind of writer that mtdetect has never met.

    python3 benchmarks/leave_writers_out.py DATA [--jobs N]

DATA is the folder of the corpora. Prints a Markdown table: how many calibration texts of each kind of writer are flagged at a budget of 1 % by the
model alone if the kind is calibrated for, if it is in no calibration set, and if, besides, all experts were fitted without it: without its
texts, and without what machines made of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leave_one_out import logits
from mtdetect.model import calibration, classifier
from mtdetect.text.clauses import FRAGMENTS
from mtdetect.training import fit
from rig import Rig, report
from running import run_main


def flagged(rig: Rig, of_experts: npt.NDArray[np.float64], own: npt.NDArray[np.bool_], known: bool) -> float:
    """Share of some people's texts that are flagged at a budget of 1 %.

    Parameters
    ----------
    rig : Rig
        Examples and their features.
    of_experts : ndarray, shape (n_held, len(classifier.EXPERTS))
        Logits of the calibration texts.
    own : ndarray of bool, shape (n_held,)
        The people's texts.
    known : bool
        Whether these texts calibrate.
    """
    held = rig.measured
    judged = ~held.is_label("original") | (held.in_clauses >= FRAGMENTS)
    use = judged & (known | ~own)
    people = use & held.is_label("original")
    centers, spreads = fit.people_scatter(of_experts[people], held.words[people], held.population[people])
    strengths = classifier.relative(of_experts, held.words, centers, spreads)
    columns = rig.columns()[1]
    style = fit.fit_style(columns[use], strengths[use, classifier.SPINNING], held.only(use), fit.STYLE_SHARE)
    strengths = classifier.without_style(strengths, columns, style)
    slopes, shifts = fit.fit_claims(strengths[use], held.only(use))
    odds = classifier.claims(strengths, slopes, shifts).max(axis=1)
    codes = [np.unique(names, return_inverse=True)[1] for names in (held.variety, held.population)]
    people_only = calibration.Calibration(
        odds[people].astype(np.float32),
        held.words[people].astype(np.int32),
        codes[0][people].astype(np.int16),
        codes[1][people].astype(np.int8),
    )
    asked = own & judged
    p_values = people_only.p_values(odds[asked], held.words[asked])
    return float(np.mean((p_values <= fit.BUDGET_AT) & (odds[asked] >= 0)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes (default: %(default)s)")
    args = parser.parse_args()
    rig = Rig.build(args.data, jobs=args.jobs)
    everything = np.ones(len(rig.train), bool)
    of_all = np.column_stack([logits(name, rig, everything) for name in classifier.EXPERTS])
    print("| kind of writer | texts | flagged, calibrated for | not calibrated for | nor learnt from |")
    print("|---|---:|---:|---:|---:|")
    human = rig.data.is_label("original")
    groups_of = np.array([e.group for e in rig.train])
    for kind in np.unique(rig.measured.population[rig.measured.is_label("original")]).tolist():
        report(kind)
        own = rig.measured.is_label("original") & (rig.measured.population == kind)
        left = ~np.isin(groups_of, np.unique(groups_of[human & (rig.data.population == kind)]))
        without = np.column_stack([logits(name, rig, left) for name in classifier.EXPERTS])
        shares = (
            flagged(rig, of_all, own, True), flagged(rig, of_all, own, False), flagged(rig, without, own, False)
        )  # fmt: skip
        cells = " | ".join(f"{share:.2%}" for share in shares)
        print(f"| {kind.replace('_', ' ')} | {own.sum()} | {cells} |", flush=True)


if __name__ == "__main__":
    run_main(main)
