#!/usr/bin/env python3
"""What the translation engine adds: by block of columns, by kind of text left out, and by number of words asked about.

    python3 benchmarks/retranslation_gain.py DATA --model FOLDER [--cache FOLDER] [--each N] [--jobs N]

DATA is the folder of the corpora. The model is the installed one; FOLDER is where ``mtdetect train`` made it, with the experts that have not
learnt a half beside it. The joint strengths are fitted as ``mtdetect train DATA --stage retranslation`` fits them, and measured on
the development sets: N texts of each set, label and kind of writer. AUC is that of the strength of the expert in charge, against the human
texts of the same set: ``alone`` without the engine, then with it, with one block of columns taken away at a time, and with the answers on the
first 40, 80 and 120 words only. ``found`` is the share above what 1 % of the human texts of all development sets exceed, sources weighing
the same. With ``--cache``, what the engine answers is kept and shared with the training. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.metrics import roc_auc_score

from mtdetect.features.lexicon import shipped
from mtdetect.features.retranslation import asking, columns
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.model import loading, retranslation
from mtdetect.model.classifier import EXPERTS, without_style
from mtdetect.text import read
from mtdetect.training import corpus, halves
from mtdetect.training import retranslation as training
from mtdetect.training.corpus import chance
from mtdetect.training.examples import LENGTHS, Example, kind_of
from rig import report
from running import run_main
from texts import development_sets

BLOCKS: dict[str, Callable[[str], bool]] = {
    "ranks": lambda name: name.startswith("rank>"),
    "gaps": lambda name: name.startswith(("gap>", "gap<")),
    "log-probabilities": lambda name: name.startswith(("log_probability", "best", "entropy")),
    "surplus": lambda name: name.startswith("surplus"),
    "bands of entropy": lambda name: name.startswith("band"),
    "classes of tokens": lambda name: name.split(".")[0] in columns.CLASSES,
    "sentences": lambda name: name.startswith("sentences"),
}
"""Columns by what they measure."""

WORDS = (40, 80, 120)

LEAST = 20
"""Texts of a set that an AUC needs, on each side."""

Mask = npt.NDArray[np.bool_]


def development(data: Path, each: int) -> list[Example]:
    """Texts of the development sets."""
    pools: dict[tuple[str, str, str], list[tuple[float, Example]]] = defaultdict(list)
    for path in development_sets(data):
        name = corpus.source(path)
        for record in corpus.records(path):
            if len(record["text"].split()) < LENGTHS[0]:
                continue
            origin, domain = record.get("origin") or "", record.get("domain") or ""
            kind = kind_of(name, origin, domain) if record["label"] == "original" else ""
            example = Example(
                record["text"], record["label"], f"{name}/{record['group']}", name, domain, record.get("tool") or "", "dev",
                name, str(record.get("pivot") or ""), kind,
            )  # fmt: skip
            pools[name, record["label"], kind].append((chance("gain", example.group, example.text), example))
    return [e for _, own in sorted(pools.items()) for _, e in sorted(own, key=lambda pair: pair[0])[:each]]


def shortened(answer: TextScores, text: str, words: int) -> TextScores:
    """Answers on the sentences that would have been chosen with fewer words to ask about."""
    batch = read([text], shipped().vocabulary, identify=False)
    spans = {tuple(span) for span in asking.choose(batch, 0, words).tolist()}
    keep = [k for k, span in enumerate(answer.spans.tolist()) if tuple(span) in spans]
    return TextScores(
        answer.spans[keep], [answer.sentences[k] for k in keep], [answer.texts[k] for k in keep]
    )


class Gain:
    """Texts of the development sets with what is known of them.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    folder : Path
        See the options.
    each, jobs : int
        See the options.
    cache : Path, optional
        See the options.
    """

    def __init__(self, data: Path, folder: Path, each: int, jobs: int, cache: Path | None) -> None:
        model = loading.load(loading.shipped_folder())
        judging = halves.models(folder, model)
        fitting, *_ = training.sample(data, shipped(), jobs=jobs, progress=report)
        self.learnt = training.held_texts(fitting, judging)
        self.dev = training.held_texts(development(data, each), [model] * halves.HALVES)
        report(f"asking the engine about {len(self.learnt.chosen) + len(self.dev.chosen):,} texts")
        self.answers = {}
        for name, held in (("learnt", self.learnt), ("dev", self.dev)):
            texts = [e.text for e in held.chosen]
            parts = Parallel(n_jobs=jobs)(
                delayed(training.answers)(texts[k : k + training.BATCH], cache)
                for k in range(0, len(texts), training.BATCH)
            )
            self.answers[name] = [one for part in parts for one in part]

    def strengths(
        self, columns_of: Callable[[str], bool], shorten: int | None = None
    ) -> npt.NDArray[np.float64]:
        """Joint strengths of the development texts, fitted with some of the columns."""
        keep = np.array([columns_of(name) for name in columns.NAMES], bool)
        measured = {name: columns.measure(answers) for name, answers in self.answers.items()}
        if shorten is not None:
            texts = [e.text for e in self.dev.chosen]
            measured["dev"] = columns.measure(
                [shortened(one, text, shorten) for one, text in zip(self.answers["dev"], texts, strict=True)]
            )
        for one in measured.values():
            one[:, ~keep] = 0.0
        everybody = np.ones(len(self.learnt.chosen), bool)
        known = training.without_features(self.learnt.chosen, self.learnt.words)
        fitted, logits = training.fit_strengths(
            known, everybody, self.learnt.taught, self.learnt.experts, measured["learnt"]
        )
        style = training.style_of_engine(known, self.learnt.features, self.learnt.experts, logits)
        x = retranslation.inputs(self.dev.experts, measured["dev"], self.dev.words)
        x = np.where(np.isnan(x), fitted["fill"], x)
        together = retranslation.joined(self.dev.experts, x @ fitted["weights"] + fitted["intercept"])
        return without_style(together, self.dev.features, style, retranslation.TRANSLATION)

    def measure(self, strengths: npt.NDArray[np.float64]) -> dict[str, tuple[float, float, float]]:
        """AUC alone, AUC, and found of each set and label."""
        label = np.array([e.label for e in self.dev.chosen])
        source = np.array([e.source for e in self.dev.chosen])
        human = (label == "original") & np.array([e.population != "language_models" for e in self.dev.chosen])
        _, which, count = np.unique(source[human], return_inverse=True, return_counts=True)
        weight = (1 / count)[which]
        found = {}
        for expert, kind in (("translation", "machine_translated"), ("spinning", "spun")):
            column = EXPERTS.index(expert)
            values = strengths[:, column]
            order = np.argsort(-values[human], kind="stable")
            reached = np.cumsum(weight[order]) / weight.sum()
            threshold = values[human][order][np.searchsorted(reached, 0.01)]
            for name in np.unique(source):
                people, machines = human & (source == name), (label == kind) & (source == name)
                if min(people.sum(), machines.sum()) < LEAST:
                    continue
                truth = np.r_[np.zeros(people.sum()), np.ones(machines.sum())]
                auc = [
                    float(roc_auc_score(truth, np.r_[one[people], one[machines]]))
                    for one in (self.dev.experts[:, column], values)
                ]
                found[f"{name}, {kind}"] = (*auc, float(np.mean(values[machines] > threshold)))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where mtdetect train made the installed model",
    )
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keep what the engine answers there")
    parser.add_argument(
        "--each", type=int, default=120, help="texts of each set, label and kind (default: %(default)s)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="number of processes (default: %(default)s)")
    args = parser.parse_args()
    gain = Gain(args.data, args.model, args.each, args.jobs, args.cache)
    print(
        "| set | AUC alone | AUC with the engine | found alone | found with the engine |\n|---|---:|---:|---:|---:|"
    )
    alone = gain.measure(gain.dev.experts)
    whole = gain.measure(gain.strengths(lambda _: True))
    for name, (before, after, found) in whole.items():
        print(f"| {name} | {before:.3f} | {after:.3f} | {alone[name][2]:.1%} | {found:.1%} |")
    print(
        "\n| columns | mean AUC, translated | mean AUC, spun | found, translated | found, spun |\n|---|---:|---:|---:|---:|"
    )
    rows = {"none": alone, "all": whole}
    rows |= {
        f"without {name}": gain.measure(gain.strengths(lambda column, drop=drop: not drop(column)))
        for name, drop in BLOCKS.items()
    }
    rows |= {f"all, {words} words": gain.measure(gain.strengths(lambda _: True, words)) for words in WORDS}
    for name, figures in rows.items():
        cells = [
            np.mean([value[k] for key, value in figures.items() if key.endswith(kind)])
            for k in (1, 2)
            for kind in ("machine_translated", "spun")
        ]
        print(f"| {name} | {cells[0]:.3f} | {cells[1]:.3f} | {cells[2]:.1%} | {cells[3]:.1%} |")


if __name__ == "__main__":
    run_main(main)
