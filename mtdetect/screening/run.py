"""A screening run, from the inputs to the complete output."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Literal

from mtdetect import inputs
from mtdetect.errors import InputError, UsageError
from mtdetect.inputs import STDIN, atomic
from mtdetect.inputs.formats import require
from mtdetect.inputs.reading import check_fields
from mtdetect.screening import engine as local
from mtdetect.screening import judging, plan, rows
from mtdetect.screening.judging import Judge, Judged
from mtdetect.screening.options import Options, fingerprint
from mtdetect.screening.output import ResumableOutput, StreamOutput, form, is_folder
from mtdetect.screening.plan import Group, Place
from mtdetect.screening.tally import Tally

Engine = Literal["local", "ray"]


def sources_of(paths: Iterable[str], options: Options) -> list[str]:
    """List the files to be read, and check that they can be read.

    Parameters
    ----------
    paths : iterable of str
        Files, folders and patterns.
    options : Options
        Gives the format and the text field.

    Returns
    -------
    list of str
        In the order in which they are read.

    Raises
    ------
    InputError
        If a file is missing, or the first one has no column for the text.
    MissingExtraError
        If a package that a file needs is not installed.
    """
    sources = inputs.expand(paths, all_files=options.input_format is not None)
    seen = set()
    for source in sources:
        kind = options.input_format or inputs.format_of(source)
        key = (kind, source.lower().endswith(".zst"))
        if key not in seen:
            require(kind, source)
            seen.add(key)
    if sources:
        check_fields(sources[0], options.text_field, options.input_format)
    return sources


def screen(
    paths: Iterable[str],
    output: str,
    *,
    options: Options | None = None,
    model: Path | None = None,
    phrases: Path | None = None,
    profile: Path | None = None,
    engine_folder: Path | None = None,
    jobs: int = 1,
    engine: Engine = "local",
    resume: bool = False,
    restart: bool = False,
    checkpoint: float = 5.0,
    progress: Callable[[Tally], None] | None = None,
    poll: Callable[[], None] | None = None,
) -> Tally:
    """Judge every record of the inputs and write one row for each, in input order.

    Parameters
    ----------
    paths : iterable of str
        JSON Lines, CSV, Parquet, WARC and WET files, HTML pages and plain texts (one record each), plain or compressed with
        gzip, xz or Zstandard; folders and patterns; ``-`` is JSON Lines on standard input.
    output : str
        File to write, or a folder of shards if it ends in a slash; ``-`` is standard output. The suffix decides format
        and compression, unless ``options`` does.
    options : Options, optional
        Settings of the run.
    model : Path, optional
        Folder of the model; the English one of the package if None.
    phrases : Path, optional
        List of phrases that become evidence (:func:`mtdetect.evidence.phrases.load`).
    profile : Path, optional
        Calibration profile (:func:`mtdetect.model.calibration_profile.load`).
    engine_folder : Path, optional
        Files of the translation engine, instead of those of the extra ``retranslate``.
    jobs : int
        Worker processes; with 1 this process does the work.
    engine : str
        ``local``, or ``ray`` for the Ray cluster of this machine, whose nodes all read the inputs.
    resume, restart : bool
        Whether to continue or to discard an unfinished run with this output. If the output is complete, ``resume`` writes
        nothing (:func:`mtdetect.screening.output.is_complete` tells), and ``restart`` writes it again.
    checkpoint : float
        Seconds of work that a crash may cost.
    progress : callable, optional
        Called with the counts after each batch.
    poll : callable, optional
        Called often, at points where the work can stop safely; raises to end it.

    Returns
    -------
    Tally
        Counts of the run, including an earlier part that was resumed. Of an output that was complete before: those in
        the manifest of its folder; none for a single file, which does not keep them.

    Raises
    ------
    UsageError
        If the output cannot be written, is also an input or belongs to another run, or an option is invalid.
    InputError
        If an input, the phrase list, the profile or the collection of originals is missing or cannot be opened. An input
        that cannot be read gives a record with the label ``unsupported`` and a ``reason``.
    MissingExtraError, ModelError
        If the translation engine is needed and missing, or is damaged.
    """
    options = _with_format_of(output, options or Options())
    sources = sources_of(paths, options)
    others = [str(one) for one in (options.originals, phrases, profile) if one is not None]
    own = atomic.marks(output)
    if not all(own.isdisjoint(atomic.marks(one)) for one in chain(sources, others)):
        raise UsageError(f"{output}: is an input, too; name another output")
    shared = jobs > 1 or resume or engine == "ray"
    stamps = (judging.stamp(given, shared) for given in (phrases, profile))
    judge = Judge(options, model, phrases, profile, tuple(chain.from_iterable(stamps)), engine_folder)
    judge = judging.checked(judge)
    target = _target(output, sources, judge, resume=resume, restart=restart, every=checkpoint)
    if isinstance(target, ResumableOutput) and target.complete:
        return target.tally
    try:
        groups = plan.groups(sources, judge.options)
        if engine == "ray":
            from mtdetect.screening import cluster

            done = cluster.judged(groups, judge, target.place)
        else:
            # Batches that come next after a crash may have caused it, so a resumed run does not judge them in this process.
            done = _judged_here(groups, judge, target.place, jobs, isolated=resume, poll=poll)
        for after, read, judged in done:
            target.write(judged, after, read)
            if poll is not None:
                poll()
            if progress is not None:
                progress(target.tally)
        target.finish()
    except BaseException:
        target.abandon()
        raise
    return target.tally


def _with_format_of(output: str, options: Options) -> Options:
    """Valid options, with the format and compression of the output's name unless they are set."""
    kind, packing = form(output, options.output_format)
    options = replace(
        options, output_format=kind, packing=packing if options.packing is None else options.packing
    )
    options.check()
    rows.require(options)
    return options


def _judged_here(
    groups: Sequence[Group],
    judge: Judge,
    start: Place,
    jobs: int,
    *,
    isolated: bool,
    poll: Callable[[], None] | None,
) -> Iterator[tuple[Place, int, Judged]]:
    """Judge batches on this machine, as :func:`mtdetect.screening.cluster.judged` does on a cluster."""
    batches = plan.batches(groups, judge.options, start)
    for batch, judged in local.judged(batches, judge, jobs, isolated=isolated, poll=poll):
        yield batch.after, batch.read, judged


def _target(
    output: str, sources: list[str], judge: Judge, *, resume: bool, restart: bool, every: float
) -> ResumableOutput | StreamOutput:
    """The open output."""
    device = os.path.exists(output) and not os.path.isfile(output) and not is_folder(output)
    if output == STDIN or device:
        if resume:
            raise UsageError(f"{output}: cannot be resumed; name a file")
        return StreamOutput(output, judge.options)
    if resume and STDIN in sources:
        raise InputError("standard input cannot be read again, so the run cannot be resumed; name a file")
    detector = judge.detector()
    joint = None if judge.options.retranslate == "never" else detector.retranslation
    mode = judging.mode_of(detector, judge.options)
    looks = not judge.options.measures_all and detector.looks_first(judge.options.fpr, mode)
    look = detector.first_look if looks else None
    run = fingerprint(sources, judge.options, detector.model, judge.phrases, judge.profile, joint, look)
    return ResumableOutput(output, judge.options, run, resume=resume, restart=restart, every=every)
