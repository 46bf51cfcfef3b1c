#!/usr/bin/env python3
"""Generalization: results on engines, languages, spinner families, rates, domains, kinds of text and test sets that were left out of training.

    python3 benchmarks/leave_one_out.py DATA [--dimension NAME]... [--group NAME]... [--engine] [--cache FOLDER] [--jobs N] [--json FILE]

DATA is the folder of the corpora. For each group, the responsible expert (translation, rules or spinning) is fitted again without the machine
texts of the group. Human texts that then have no machine version are left out, too (for a length band, all human texts of that length);
otherwise the expert would learn that this content, or this length, is always human. The calibration texts of the group, which no
expert was trained on, are then scored by the expert fitted with the group and by the one fitted without. The true-positive rate (TPR) is at
1 % FPR: the threshold is the score that one in a hundred human calibration texts of similar length exceeds. Prints a Markdown table.

With ``--engine``, further columns show translations with and without the translation engine, on the texts about which ``mtdetect train DATA
--stage retranslation`` asks it: the joint strengths, too, are fitted without the group. ``--cache`` shares the answers with that stage.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.metrics import roc_auc_score

from mtdetect.features.lexicon import shipped
from mtdetect.model import calibration, classifier, loading
from mtdetect.model.retranslation import TRANSLATION
from mtdetect.training import fit, halves
from mtdetect.training import retranslation as training
from mtdetect.training.examples import Example
from rig import Rig, report
from running import run_main

LEAST = 60
"""Smallest number of calibration texts of a group that is reported."""

RATES = (0.1, 0.25)
"""Bounds of the groups of replacement rates."""

NGRAMS = {"translation": ("translation", "round_trip"), "rules": ("spinning",), "spinning": ("spinning",)}
"""N-gram models that are fitted again for each expert."""


COLUMNS = ("texts", "AUC, trained with", "AUC, without", "TPR, trained with", "TPR, without")
"""Columns of the table."""

ENGINE_COLUMNS = ("asked about", "AUC, without", "AUC, with engine", "TPR, without", "TPR, with engine")
"""Further columns with ``--engine``, all of experts fitted without the group, on the texts that the engine was asked about."""

KINDS = {
    "news": ("news", "web_news"),
    "chat and dialogue": ("doctor and patient",),
    "encyclopaedia": ("encyclopedia", "wiki"),
    "essays": ("essay", "student essay"),
    "fiction": ("fiction", "school readings"),
    "forum, blogs, social media": ("forum", "social", "tweets", "web"),
    "law": ("legal",),
    "manuals": ("docs", "tech_manual"),
    "medicine": ("biomedicine", "clinical_case", "medicine"),
    "recipes, lyrics, catalogues": ("museum", "recipe", "song"),
    "reviews": ("book_review", "restaurant reviews", "review", "user reviews"),
    "science": ("SciELO", "academic", "scientific"),
    "speech": ("speech", "talks"),
}
"""Kinds of text, with how their domains begin; the first that fits counts."""

MAKERS = {"Mozilla": ("Firefox", "bergamot"), "Google": ("Google", "google")}
"""Makers of engines that the corpora hold under several names, with how these begin. Mozilla's made most of the round trips of people's texts."""


def kind(domain: str) -> str:
    """Kind of text of a domain; empty if it is none of ``KINDS``."""
    return next((name for name, starts in KINDS.items() if domain.startswith(starts)), "")


def expert(example: Example) -> str:
    """Name of the expert responsible for a machine text."""
    if example.label == "spun":
        return "spinning"
    return "rules" if example.tool.startswith("apertium") else "translation"


def groups(example: Example) -> Iterator[tuple[str, str]]:
    """Dimensions and groups of a machine text."""
    if example.label == "spun" and example.tool.startswith("spin:"):
        _, family, rate = example.tool.rsplit(":", 2)
        yield "family", family
        bounds = (0.0, *RATES, 1.0)
        k = int(np.searchsorted(RATES, float(rate), side="right"))
        yield "replaced", f"{bounds[k]:.0%} to {bounds[k + 1]:.0%}"
        yield "domain", example.domain
    elif example.tool.startswith("apertium"):
        yield "chain", example.tool
    else:
        yield "tool", example.tool
        yield "pivot", example.stratum
        yield "corpus", example.environment
        if kind(example.domain):
            yield "kind of text", kind(example.domain)
        for maker, starts in MAKERS.items():
            if example.tool.startswith(starts):
                yield "maker", maker
    edges = (*calibration.BANDS, "more")
    k = int(calibration.band(np.array([len(example.text.split())]))[0])
    yield f"{expert(example)}, words", f"{edges[k - 1]} to {edges[k]}"


def threshold(logits: npt.NDArray[np.float64], words: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Logit that 1 % of the human texts exceed, by length band."""
    bands = calibration.band(words)
    return np.array(
        [
            np.quantile(logits[bands == k], 0.99) if (bands == k).any() else np.inf
            for k in range(len(calibration.BANDS) + 1)
        ]
    )


def with_people(own: npt.NDArray[np.bool_], dimension: str, texts: list[Example]) -> npt.NDArray[np.bool_]:
    """The texts of a group, and the human texts that are left out with them."""
    people = np.array([e.label == "original" for e in texts])
    if dimension.endswith("words"):
        bands = calibration.band(np.array([len(e.text.split()) for e in texts]))
        return own | (people & (bands == bands[own.argmax()]))
    if dimension == "corpus":  # its human texts need not be the originals of its machine texts
        left = texts[int(own.argmax())].environment
        return own | (people & np.array([e.environment == left for e in texts]))
    stay = {
        e.group for e, out, by_people in zip(texts, own, people, strict=True) if not out and not by_people
    }
    leave = {e.group for e, out in zip(texts, own, strict=True) if out} - stay
    return own | (people & np.array([e.group in leave for e in texts]))


def logits(name: str, rig: Rig, use: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Logits of the calibration texts, from an expert fitted to the training texts in ``use``."""
    data = rig.data.only(use)
    seen, unseen = rig.seen[use].copy(), rig.unseen.copy()
    if not use.all():
        for model in NGRAMS[name]:
            k = classifier.NGRAM_MODELS.index(model)
            learnable, positive, _, folds = fit.ngram_task(model, data)
            # At least two folds need positive examples; otherwise the model is not used.
            if len(set(folds[learnable & positive])) < 2:
                seen[:, k] = unseen[:, k] = 0
                continue
            weights, intercept, seen[:, k] = fit.fit_ngrams(model, data)
            unseen[:, k] = rig.measured.sparse @ weights + intercept
    x, z = replace(rig, data=data, seen=seen, unseen=unseen).columns()
    return fit.export_trees(fit.fit_trees(name, data, x), classifier.columns_of(name)).logits(z)


def figures(
    found: npt.NDArray[np.float64], held: fit.Measured, asked: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """AUC and true-positive rate of the ``asked`` texts against human texts."""
    people = held.is_label("original")
    limit = threshold(found[people], held.words[people])
    both = people | asked
    above = found > limit[calibration.band(held.words)]
    return float(roc_auc_score(asked[both], found[both])), float(above[asked].mean())


class Asked:
    """Calibration texts that the translation engine was asked about, with what is known of them.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    rig : Rig
        Examples and their features.
    jobs : int
        Processes.
    cache : Path, optional
        Folder that keeps the answers.
    """

    def __init__(self, data: Path, rig: Rig, jobs: int, cache: Path | None) -> None:
        fitting, calibrating, _ = training.sample(data, shipped(), jobs=jobs, progress=report)
        at = {(e.group, e.text): k for k, e in enumerate(rig.held)}
        # Of the model that ships only features count here; the strengths come from the experts of each row.
        drawn = training.held_texts(
            [*fitting, *calibrating], [loading.load(loading.shipped_folder())] * halves.HALVES
        )
        texts = [e.text for e in drawn.chosen]
        report(f"asking the engine about {len(texts):,} texts")
        answered = np.vstack(
            Parallel(n_jobs=jobs)(
                delayed(training.measured)(texts[k : k + training.BATCH], cache)
                for k in range(0, len(texts), training.BATCH)
            )
        )
        rows = np.array([at.get((e.group, e.text), -1) for e in drawn.chosen])
        keep = (rows >= 0) & drawn.taught
        self.rows = rows[keep]
        self.learns = (drawn.at < len(fitting))[keep]
        self.answered = answered[keep]
        self.features = drawn.features[keep]
        self.known = training.without_features(drawn.only(np.flatnonzero(keep)).chosen, drawn.words[keep])
        self.rig = rig

    def logits(
        self, found: npt.NDArray[np.float64], out: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Strengths for translation of the texts asked about, without the engine and with it.

        Parameters
        ----------
        found : ndarray, shape (n_held,)
            Logits of the expert.
        out : ndarray of bool, shape (n_held,)
            Texts that must teach the joint strength nothing.
        """
        measured, people = self.rig.measured, self.rig.measured.is_label("original")
        experts = np.zeros((len(found), len(classifier.EXPERTS)))
        experts[:, 0] = found
        center, spread = fit.people_scatter(
            experts[people], measured.words[people], measured.population[people]
        )
        strengths = classifier.relative(experts, measured.words, center, spread)[self.rows]
        everything = np.ones(len(self.rows), bool)
        _, together = training.fit_strengths(
            self.known, self.learns & ~out[self.rows], everything, strengths, self.answered
        )
        style = training.style_of_engine(self.known, self.features, strengths, together)
        together = classifier.without_style(together, self.features, style, TRANSLATION)
        return strengths[:, 0], together[:, 0]

    def cells(
        self,
        unknown: npt.NDArray[np.float64],
        own: npt.NDArray[np.bool_],
    ) -> list[str]:
        """Further cells of a row: texts asked about, and figures without the engine and with it; dashes if they are too few.

        Parameters
        ----------
        unknown : ndarray, shape (n_held,)
            Logits of the expert fitted without the group.
        own : ndarray of bool, shape (n_held,)
            Texts of the group.
        """
        asked = own[self.rows]
        if asked.sum() < LEAST:
            return [str(asked.sum()), *"–" * (len(ENGINE_COLUMNS) - 1)]
        values = [figures(one, self.known, asked) for one in self.logits(unknown, own)]
        auc, rate = ([value[k] for value in values] for k in (0, 1))
        return [str(asked.sum()), *(f"{one:.3f}" for one in auc), *(f"{one:.1%}" for one in rate)]


def main() -> None:
    """Fit, score and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--dimension", action="append", help="only this dimension, such as tool; can be repeated"
    )
    parser.add_argument("--group", action="append", help="only this group, such as DeepL; can be repeated")
    parser.add_argument(
        "--engine", action="store_true", help="also show translations with and without the translation engine"
    )
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keep what the engine answers there")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    rig = Rig.build(args.data, jobs=args.jobs)
    engine = Asked(args.data, rig, args.jobs, args.cache) if args.engine else None
    members: dict[tuple[str, str, str], tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]] = {}
    for which, texts in enumerate((rig.train, rig.held)):
        found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for k, example in enumerate(texts):
            if example.label != "original":
                for group in groups(example):
                    found[(*group, expert(example))].append(k)
        for key, rows in found.items():
            mask = np.zeros(len(texts), bool)
            mask[rows] = True
            empty = np.zeros(len(rig.train), bool), np.zeros(len(rig.held), bool)
            members[key] = (
                (mask, members.get(key, empty)[1]) if which == 0 else (members.get(key, empty)[0], mask)
            )
    everything = np.ones(len(rig.train), bool)
    rows = []
    of_all = {name: logits(name, rig, everything) for name in classifier.EXPERTS}
    columns = COLUMNS if engine is None else COLUMNS + ENGINE_COLUMNS
    print(f"| group | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}", flush=True)
    for (dimension, group, name), (own, asked) in sorted(members.items()):
        wanted = (not args.dimension or dimension in args.dimension) and (
            not args.group or group in args.group
        )
        if asked.sum() < LEAST or not own.any() or not wanted:
            continue
        report(f"{dimension} {group}")
        known = figures(of_all[name], rig.measured, asked)
        left = ~with_people(own, dimension, rig.train)
        without = logits(name, rig, left)
        unknown = figures(without, rig.measured, asked)
        rows.append(
            {"dimension": dimension, "group": group, "expert": name, "texts": int(asked.sum()),
             "auc": [known[0], unknown[0]], "found": [known[1], unknown[1]]}
        )  # fmt: skip
        cells = [str(asked.sum()), *(f"{one:.3f}" for one in (known[0], unknown[0]))]
        cells += [f"{one:.1%}" for one in (known[1], unknown[1])]
        if engine is not None:
            cells += engine.cells(without, asked) if name == "translation" else "–" * len(ENGINE_COLUMNS)
        print(f"| {dimension} {group} | {' | '.join(cells)} |", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
