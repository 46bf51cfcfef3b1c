"""``mtdetect train``: make the shipped models again, or some of your own."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from mtdetect.cli import options
from mtdetect.errors import InputError, UsageError

STAGES = (
    "all",
    "tables",
    "model",
    "pairs",
    "sentences",
    "calibration",
    "retranslation",
    "directions",
    "first-look",
)

ASKING = ("retranslation", "directions")
"""Stages that ask the translation engine."""

BUILDING = ("retranslation", "first-look")
"""Stages that build on a model."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "train",
        help="train the models on the corpora",
        description="Train the models on the corpora. The same corpora and package versions give the same files, byte for byte.",
    )
    add = parser.add_argument
    add(
        "data",
        type=options.READS_PATH,
        metavar="DATA",
        help="folder of the corpora: human/, labelled/, phrases/",
    )
    add(
        "--output",
        type=options.WRITES_PATH,
        required=True,
        metavar="FOLDER",
        help="folder of the model to write",
    )
    add(
        "--stage",
        choices=STAGES,
        default="model",
        help="all: tables, model and pairs; tables: language tables, into 'tables' beside --output; model: classifier with its "
        "sentence model, and 'halves' beside it, which the stages that build on it need; pairs: comparison model; sentences: the sentence model of --output; calibration: its scores of human texts; "
        "retranslation: the model that asks the translation engine, for --model; directions: the model that asks it which of two texts is the copy, for the "
        "installed comparison model; first-look: which texts need no full measurement, for --model (default: %(default)s)",
    )
    add(
        "--model",
        type=options.READS_FOLDER,
        metavar="FOLDER",
        help="with --stage retranslation or first-look: the model, made by this command, that they build on (default: 'en' beside --output)",
    )
    add(
        "--cache",
        type=options.WRITES_PATH,
        metavar="FOLDER",
        help="with --stage retranslation or directions: keep what the engine answers there, for the next time",
    )
    options.add(parser, "--jobs")
    options.add_old_name(parser, "--only-pairs", action="store_const", const="pairs", dest="stage")
    options.add_old_name(parser, "--only-sentences", action="store_const", const="sentences", dest="stage")
    for name in ("tables", "pairs"):
        options.add_old_name(parser, f"--{name}", action="append_const", const=name, dest="also")
    parser.set_defaults(also=[])
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run a stage of the training, with messages on stderr.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        0; what goes wrong is raised.
    """
    stage = args.stage
    if args.also and stage != "model":
        raise UsageError(
            f"--{args.also[0]} cannot be combined with --stage {stage}; run one stage after the other"
        )
    if args.cache is not None and stage not in ASKING:
        raise UsageError(f"--cache goes with --stage {' or '.join(ASKING)}")
    if args.model is not None and stage not in BUILDING:
        raise UsageError(f"--model goes with --stage {' or '.join(BUILDING)}")
    if not args.data.is_dir():
        raise InputError(f"{args.data}: no such folder; DATA is the folder of the corpora")
    _pin_kernels()
    import sklearn.ensemble  # noqa: F401  # threadpool_limits reaches only libraries that are loaded
    from threadpoolctl import threadpool_limits

    from mtdetect import artifacts, verification
    from mtdetect.comparison.model import shipped_pairs_folder
    from mtdetect.features.lexicon import shipped
    from mtdetect.inputs import atomic
    from mtdetect.model.loading import SHIPPED
    from mtdetect.training.directions import fit_directions
    from mtdetect.training.first_look import fit_first_look
    from mtdetect.training.pairs import fit_pairs
    from mtdetect.training.retranslation import fit_retranslation
    from mtdetect.training.tables import build_tables
    from mtdetect.training.train import train, train_calibration, train_sentences

    for folder in filter(None, (args.output, args.cache)):
        artifacts.prepare(folder)
    model = args.model or args.output.absolute().parent / SHIPPED
    if stage in BUILDING and atomic.same(str(model), str(args.output)):
        raise UsageError(f"{args.output}: is the model that --stage {stage} builds on; name another --output")

    def report(line: str) -> None:
        print(f"mtdetect: {line}", file=sys.stderr, flush=True)

    # A single thread adds numbers in one order, so the files are the same on any number of cores. On a busy machine, several
    # threads waiting for each other took twelve times as long.
    with threadpool_limits(1):
        if stage == "tables":
            build_tables(args.data, args.output.parent / "tables", report)
        elif stage == "sentences":
            train_sentences(args.data, args.output, shipped(), report)
            verification.record(args.output)
        elif stage == "calibration":
            train_calibration(args.data, args.output, shipped(), report)
            verification.record(args.output)
        elif stage == "retranslation":
            fit_retranslation(
                args.data, model, args.output, shipped(), report, jobs=args.jobs, cache=args.cache
            )
            verification.record_dependents(args.output, model)
        elif stage == "directions":
            fit_directions(
                args.data,
                shipped_pairs_folder(),
                args.output,
                shipped(),
                report,
                jobs=args.jobs,
                cache=args.cache,
            )
            verification.record_dependents(args.output)
        elif stage == "first-look":
            fit_first_look(args.data, model, args.output, shipped(), report)
            verification.record_dependents(args.output, model)
        elif stage == "pairs":
            fit_pairs(args.data, args.output, shipped(), report, jobs=args.jobs)
            verification.record_dependents(args.output)
        else:
            train(
                args.data,
                args.output,
                jobs=args.jobs,
                tables=stage == "all" or "tables" in args.also,
                pairs=stage == "all" or "pairs" in args.also,
                progress=report,
            )
    return 0


def _pin_kernels() -> None:
    """Have numpy and OpenBLAS use the same kernels on every x86-64 processor with AVX2; without effect once numpy is imported.

    They choose kernels by the processor, and kernels round otherwise. That changes last digits of features, and the weights of n-grams, whose fit
    ends before it converges: with the kernels for AVX-512 22 % of them differed.
    """
    if platform.machine().lower() in ("x86_64", "amd64"):
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        os.environ["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"
