"""Screening on a Ray cluster: the same function on the same batches, so the same rows.

Any node may read a file or judge a batch; this process only writes. So the inputs, the model and the phrase lists need
the same paths on every node, as on a shared file system.
"""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mtdetect.errors import EngineError, MissingExtraError
from mtdetect.inputs import STDIN
from mtdetect.screening import plan
from mtdetect.screening.judging import Judge, Judged
from mtdetect.screening.plan import Group, Place
from mtdetect.screening.tally import Tally

if TYPE_CHECKING:
    import pyarrow

BLOCK_BYTES = 2 << 20
"""Approximate size of Ray's blocks: a few batches of text."""


def judged(groups: Sequence[Group], judge: Judge, start: Place) -> Iterator[tuple[Place, int, Judged]]:
    """Judge batches on the cluster, in order.

    Parameters
    ----------
    groups : sequence of Group
        Files to read.
    judge : Judge
        Judges a batch.
    start : Place
        First batch.

    Yields
    ------
    tuple of Place, int and Judged
        For each batch: where to continue after it, bytes read so far, and its result.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    EngineError
        If no cluster is running, an input is standard input, or the cluster fails.
    """
    if any(STDIN in group.sources for group in groups):
        raise EngineError("standard input cannot be read by a cluster; name a file, or use --engine local")
    _connect()
    import ray

    work = [
        {"group": number, "task": pickle.dumps((number, group, judge, start))}
        for number, group in enumerate(groups)
        if number >= start.group
    ]
    if not work:
        return
    try:
        with _settings():
            rows = (
                ray.data.from_items(work, override_num_blocks=len(work))
                .flat_map(_read)
                .map_batches(_judge, batch_size=1, batch_format="pyarrow")
            )
            for row in rows.iter_rows():
                tally = Tally.from_dict(json.loads(row["tally"]))
                yield Place(row["group"], row["batch"]), row["read"], Judged(row["content"], tally)
    except ray.exceptions.RayError as error:
        raise EngineError(f"the Ray cluster failed: {_last_line(error)}") from error


def _connect() -> None:
    """Connect to the cluster that runs on this machine."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtraError('--engine ray needs Ray; pip install "mtdetect[ray]"') from error
    if not ray.is_initialized():
        try:
            ray.init(address="auto", log_to_driver=False)
        except ConnectionError as error:
            raise EngineError("no Ray cluster is running here; 'ray start --head' starts one") from error


@contextmanager
def _settings() -> Iterator[None]:
    """Small blocks, input order and no progress bars; the caller's settings are restored afterwards."""
    import ray.data

    context = ray.data.DataContext.get_current()
    options = context.execution_options
    logger = logging.getLogger("ray.data")
    before = context.target_max_block_size, options.preserve_order, context.enable_progress_bars
    level = logger.level
    context.target_max_block_size, options.preserve_order = BLOCK_BYTES, True
    context.enable_progress_bars = False
    logger.setLevel(logging.WARNING)  # at INFO it reports each step
    try:
        yield
    finally:
        context.target_max_block_size, options.preserve_order, context.enable_progress_bars = before
        logger.setLevel(level)


def _read(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Batches of one group of files, read on any node."""
    number, group, judge, start = pickle.loads(row["task"])
    first = Place(0, start.batch if number == start.group else 0)
    for batch in plan.batches([group], judge.options, first):
        yield {
            "group": number,
            "batch": batch.after.batch,
            "read": batch.read,
            "task": pickle.dumps((judge, batch.records)),
        }


def _judge(table: pyarrow.Table) -> pyarrow.Table:
    """Judge a table of batches. The results are Arrow binary columns, because numpy strips zero bytes."""
    import pyarrow as pa

    done: list[Judged] = []
    for task in table.column("task").to_pylist():
        judge, records = pickle.loads(task)
        done.append(judge(records))
    return pa.table(
        {
            **{name: table.column(name) for name in ("group", "batch", "read")},
            "content": pa.array([one.content for one in done], pa.large_binary()),
            "tally": pa.array([json.dumps(one.tally.to_dict()) for one in done], pa.large_string()),
        }
    )


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
