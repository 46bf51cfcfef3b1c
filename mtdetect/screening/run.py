"""A run: from the inputs to an output that is whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
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
from mtdetect.screening.output import Kept, Stream, form, is_folder
from mtdetect.screening.plan import Place
from mtdetect.screening.tally import Tally

Engine = Literal["local", "ray"]


def sources_of(paths: Iterable[str], options: Options) -> list[str]:
    """List the files to be read, and make sure that they can be.

    Parameters
    ----------
    paths : iterable of str
        Files, folders and patterns.
    options : Options
        Says what they hold.

    Returns
    -------
    list of str
        In the order in which they are read.

    Raises
    ------
    InputError
        If one is missing or the first has no column for the text.
    MissingExtraError
        If a package is missing that one of them needs.
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
    jobs: int = 1,
    engine: Engine = "local",
    resume: bool = False,
    restart: bool = False,
    checkpoint: float = 5.0,
    progress: Callable[[Tally], None] | None = None,
    poll: Callable[[], None] | None = None,
) -> Tally:
    """Judge every record of the inputs and write one row for each, in their order.

    Parameters
    ----------
    paths : iterable of str
        JSON Lines, CSV, Parquet, WARC and WET files, pages and plain texts (one record each), packed with gzip, xz or
        Zstandard; folders of them, patterns; ``-`` is JSON Lines on standard input.
    output : str
        File to write, or a folder of shards if it ends in a slash; ``-`` is standard output. The name's ending tells format
        and packing, unless ``options`` does.
    options : Options, optional
        What is asked about each record.
    model : Path, optional
        Folder of the model; the English one that ships if None.
    phrases : Path, optional
        List of phrases that become evidence (:func:`mtdetect.evidence.phrases.load`).
    profile : Path, optional
        Clean texts of the user's own to judge by (:func:`mtdetect.model.calibration_profile.load`).
    jobs : int
        Worker processes; with 1 the work is done in this one.
    engine : str
        ``local``, or ``ray`` for the Ray cluster that this machine belongs to, which reads the inputs from every node.
    resume, restart : bool
        Go on with what an unfinished run has left, or throw it away.
    checkpoint : float
        Seconds of work that a crash may cost.
    progress : callable, optional
        Told after each batch how far the work is.
    poll : callable, optional
        Called often, where the work can be left in good order; raises to end it.

    Returns
    -------
    Tally
        What was found, by an earlier part of the run, too.

    Raises
    ------
    UsageError
        If the output cannot be written, is also an input or belongs to another run, or an option makes no sense.
    InputError
        If an input, the list of phrases, the profile or the collection of originals is missing or cannot be opened. A record that cannot be
        read is no error: its row says ``unsupported`` and why.
    """
    options = options or Options()
    if (options.output_format, options.packing) == ("jsonl", ""):
        kind, packing = form(output, None)
        options = replace(options, output_format=kind, packing=packing)
    options.check()
    rows.require(options)
    sources = sources_of(paths, options)
    if any(atomic.same(source, output) for source in sources):
        raise UsageError(f"{output}: is an input, too; name another output")
    shared = jobs > 1 or resume or engine == "ray"
    stamps = (judging.stamp(given, shared) for given in (phrases, profile))
    judge = Judge(options, model, phrases, profile, tuple(chain.from_iterable(stamps)))
    judging.check(judge)
    target = _target(output, sources, judge, resume=resume, restart=restart, every=checkpoint)
    try:
        groups = plan.groups(sources, options)
        done: Iterator[tuple[Place, int, Judged]]
        if engine == "ray":
            from mtdetect.screening import cluster

            done = cluster.judged(groups, judge, target.place)
        else:
            batches = plan.batches(groups, options, target.place)
            # After a crash the next batches may be what caused it, so they are not judged in this process.
            done = (
                (batch.after, batch.read, judged)
                for batch, judged in local.judged(batches, judge, jobs, isolated=resume, poll=poll)
            )
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


def _target(
    output: str, sources: list[str], judge: Judge, *, resume: bool, restart: bool, every: float
) -> Kept | Stream:
    """The output, opened."""
    device = os.path.exists(output) and not os.path.isfile(output) and not is_folder(output)
    if output == STDIN or device:
        if resume:
            raise UsageError(f"{output}: cannot be resumed; name a file")
        return Stream(output, judge.options)
    if resume and STDIN in sources:
        raise InputError("standard input cannot be read again from where the work stopped; name a file")
    run = fingerprint(sources, judge.options, judge.detector().model, judge.phrases, judge.profile)
    return Kept(output, judge.options, run, resume=resume, restart=restart, every=every)
