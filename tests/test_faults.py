"""However a run is interrupted, ``--resume`` produces the output of an uninterrupted run."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from breaking import BreakingJudge
from mtdetect.cli import main
from mtdetect.errors import EngineError, UsageError
from mtdetect.inputs import RawRecord
from mtdetect.screening import Options, Tally, engine, output, plan, screen
from mtdetect.screening.plan import Batch, Place

TEXT = "The ferry left before dawn and the baker, who had overslept, watched it go from the end of the pier. "


def batches_of(*contents, size=2):
    raws = [RawRecord("f", n, content.encode()) for n, content in enumerate(contents, start=1)]
    return [Batch(raws[k : k + size], Place(0, k), 0) for k in range(0, len(raws), size)]


def lines_of(judged):
    return b"".join(done.content for _, done in judged).decode().splitlines()


@pytest.fixture
def crawl(tmp_path):
    """A few hundred records in three files; each batch takes a fraction of a second."""
    folder = tmp_path / "crawl"
    folder.mkdir()
    for name in "abc":
        lines = [
            json.dumps(
                {"id": f"{name}{n}", "url": f"https://site{n % 5}.example/{n}", "text": TEXT * 6 + str(n)}
            )
            for n in range(40)
        ]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    return str(folder)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(plan, "BATCH_BYTES", 1500)


PROGRAM = """
import sys
from mtdetect.screening import plan
plan.BATCH_BYTES = 1500
from mtdetect.cli import main
sys.exit(main(sys.argv[1:]))
"""


def started(*args, log, **options):
    """The command in its own process, with its messages in a file."""
    with open(log, "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "screen", *map(str, args), "--checkpoint", "0"],
            stdout=subprocess.DEVNULL,
            stderr=file,
            **options,
        )


def ended(*args, log, **options):
    """Exit status and messages of the command after it has ended."""
    return started(*args, log=log, **options).wait(100), log.read_text()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "stderr"


def tree(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


# ---------------------------------------------------------------- lost workers


@pytest.mark.parametrize("how", ["KILL", "EXIT"])
def test_record_that_kills_its_worker_is_reported_and_the_others_are_judged(how):
    contents = [f"text {n}" for n in range(1, 12)]
    contents[9] = f"{how} me"
    got = lines_of(engine.judged(iter(batches_of(*contents)), BreakingJudge(), 2))
    assert got[9].startswith("10 worker lost: it ended with ")
    expected = [f"{n} {content}" for n, content in enumerate(contents, start=1)]
    assert got[:9] + got[10:] == expected[:9] + expected[10:]


def test_worker_killed_from_outside_loses_no_record(tmp_path):
    contents = [f"text {n}" for n in range(1, 12)]
    contents[2] = contents[9] = "KILL once"
    got = lines_of(engine.judged(iter(batches_of(*contents)), BreakingJudge(str(tmp_path)), 2))
    assert got == [f"{n} {content}" for n, content in enumerate(contents, start=1)]


def test_record_that_never_ends(monkeypatch):
    monkeypatch.setattr(engine, "TIMEOUT", 8.0)
    got = lines_of(engine.judged(iter(batches_of("a", "HANG")), BreakingJudge(), 1, isolated=True))
    assert got == ["1 a", "2 worker lost: no answer in time"]


def test_error_if_every_record_kills_its_worker(monkeypatch):
    pool = engine._Pool(BreakingJudge(), 1)
    monkeypatch.setattr(pool, "_submit", lambda records: engine._failed(BrokenExecutor("{EXIT(1)}")))
    with pytest.raises(EngineError, match="die on every record"):
        list(pool.judged(iter(batches_of(*"abcdefghijklmnop"))))


def test_text_on_which_the_detector_fails_is_reported(stub, crawl, tmp_path, monkeypatch):
    def fragile(texts, **options):
        texts = list(texts)
        if any(text.endswith(" 7") for text in texts):
            raise ZeroDivisionError("of words")
        return real(texts, **options)

    real = stub.score_many
    monkeypatch.setattr(stub, "score_many", fragile)
    screen([crawl], str(tmp_path / "out.jsonl"))
    got = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    reasons = [row["reason"] for row in got if row["label"] == "unsupported"]
    assert len(got) == 123
    assert reasons.count("scoring failed: ZeroDivisionError (of words)") == 3
    assert [row["id"] for row in got if "Zero" in str(row["reason"])] == ["a7", "b7", "c7"]


# ---------------------------------------------------------------- runs that are cut off


def kill_and_resume(crawl, tmp_path, seed, target, log, *, worker):
    """Kill the run, or one of its workers, at random moments, until a run ends by itself."""
    chance = random.Random(seed)
    out = tmp_path / target
    killed = 0
    args = [crawl, "--output", str(out) if "." in target else f"{out}/", "--jobs", "2"]
    while True:
        process = started(*args, "--resume", log=log, start_new_session=True)
        # The first batch takes a while on a busy machine; the moment is counted from there.
        journal = output.work_folder(args[2]) / "journal.json"
        before = modified(journal)
        while process.poll() is None and (modified(journal) in (None, before) or killed >= 2):
            time.sleep(0.005)
        time.sleep(chance.random() * 0.2)
        if process.poll() is not None:
            break
        if worker:
            found = children(process.pid)
            if found:
                os.kill(chance.choice(found), signal.SIGKILL)
                killed += 1
            process.wait(100)
            break
        process.kill()
        process.wait()
        killed += 1
    assert process.returncode == 0, log.read_text()
    return killed


def modified(path):
    """When a file was written last; None if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def children(parent):
    """Worker processes of a process."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "stat").read_text().rpartition(")")[2].split()
            command = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == parent and b"loky" in command and b"resource_tracker" not in command:
            found.append(int(path.name))
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers in /proc")


@pytest.mark.parametrize(
    ("seed", "target", "worker"),
    [
        (1, "out.jsonl", False),
        pytest.param(2, "out.jsonl.gz", True, marks=needs_proc),
        *(
            pytest.param(seed, target, worker, marks=[pytest.mark.thorough, needs_proc])
            for seed, (target, worker) in enumerate(
                [(t, w) for t in ("out.jsonl", "out.parquet", "out.csv.zst", "out") for w in (False, True)],
                start=10,
            )
        ),
    ],
)
def test_killed_at_any_moment(shipped, small, crawl, tmp_path, log, seed, target, worker):
    for package in ("pyarrow", "zstandard"):
        pytest.importorskip(package)
    assert kill_and_resume(crawl, tmp_path, seed, target, log, worker=worker)
    slash = "" if "." in target else "/"
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    screen([crawl], f"{undisturbed / target}{slash}")
    if slash:
        assert tree(tmp_path / target) == tree(undisturbed / target)
    elif target.endswith("parquet"):
        import pyarrow.parquet as pq

        assert pq.read_table(tmp_path / target).equals(pq.read_table(undisturbed / target))
    else:
        assert (tmp_path / target).read_bytes() == (undisturbed / target).read_bytes()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv.gz", "out.parquet", "out/"])
@pytest.mark.parametrize("stop_at", [1, 9, 10_000])
def test_stopped_after_any_batch(stub, small, crawl, tmp_path, monkeypatch, target, stop_at):
    if "parquet" in target:
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(output, "SHARD_BYTES", 8000)
    seen = []

    def stop(tally):
        seen.append(tally.records)
        if len(seen) == stop_at:
            raise KeyboardInterrupt

    options = Options(evidence=True, with_text=True)
    whole = screen([crawl], f"{tmp_path}/whole-{target}", options=options)
    if stop_at == 10_000:
        assert screen([crawl], f"{tmp_path}/cut-{target}", options=options, progress=stop) == whole
    else:
        with pytest.raises(KeyboardInterrupt):
            screen([crawl], f"{tmp_path}/cut-{target}", options=options, progress=stop)
        monkeypatch.setattr("mtdetect.screening.run.local.judged", in_process)
        assert screen([crawl], f"{tmp_path}/cut-{target}", options=options, resume=True) == whole
    cut, kept = tmp_path / f"cut-{target}", tmp_path / f"whole-{target}"
    assert (tree(cut) if cut.is_dir() else cut.read_bytes()) == (
        tree(kept) if kept.is_dir() else kept.read_bytes()
    )
    if target == "out/":
        assert len([path for path in cut.iterdir() if path.name.startswith("part-")]) > 3


def in_process(batches, judge, jobs, **options):
    """Judge in this process, because the stub detector does not exist in worker processes."""
    for batch in batches:
        yield batch, judge(batch.records)


@pytest.mark.parametrize("step", ["before the journal", "before the rename", "after the rename"])
@pytest.mark.parametrize("target", ["out.jsonl", "out/"])
def test_stopped_while_a_file_is_being_closed(stub, small, crawl, tmp_path, monkeypatch, target, step):
    monkeypatch.setattr(output, "SHARD_BYTES", 8000)
    monkeypatch.setattr("mtdetect.screening.run.local.judged", in_process)
    screen([crawl], f"{tmp_path}/whole-{target}")
    real = Path.replace

    class Killed(BaseException):
        pass

    def replace(self, other):
        final = "unfinished" not in str(other) and other.name != "_manifest.json"
        if step == "before the rename" and final:
            raise Killed
        if step == "before the journal" and other.name == "journal.json" and self.stat().st_size and done:
            raise Killed
        moved = real(self, other)
        if step == "after the rename" and final:
            raise Killed
        return moved

    done = []
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        patch.setattr(output.ResumableOutput, "abandon", output.ResumableOutput._close_files)  # as if killed
        with pytest.raises(Killed):
            screen([crawl], f"{tmp_path}/cut-{target}", checkpoint=0, progress=done.append)
    screen([crawl], f"{tmp_path}/cut-{target}", resume=True)
    cut, kept = tmp_path / f"cut-{target}", tmp_path / f"whole-{target}"
    assert (tree(cut) if cut.is_dir() else cut.read_bytes()) == (
        tree(kept) if kept.is_dir() else kept.read_bytes()
    )


def test_full_disk(shipped, crawl, tmp_path, log):
    resource = pytest.importorskip("resource")
    out = tmp_path / "out.jsonl"

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    status, told = ended(crawl, "--output", out, log=log, preexec_fn=little_room)
    assert status == 2
    assert "Traceback" not in told
    assert "out.jsonl: cannot be written (File too large)" in told
    assert "--resume continues" in told
    assert not out.exists()
    assert ended(crawl, "--output", out, "--resume", log=log)[0] == 0
    assert screen([crawl], str(tmp_path / "undisturbed.jsonl")).records == 123
    assert rows(out) == rows(tmp_path / "undisturbed.jsonl")


def rows(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_says_how_to_resume(shipped, crawl, tmp_path, log, number, status):
    out = tmp_path / "out.jsonl"
    process = started(crawl, "--output", out, "--jobs", "2", log=log, start_new_session=True)
    work = output.work_folder(str(out))
    while not (work / "journal.json").exists() and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, number)  # as a terminal does: the workers receive the signal, too
    assert process.wait(100) == status
    told = log.read_text()
    assert "Traceback" not in told
    assert "records are kept. To continue: mtdetect screen" in told
    # Python's tracker of semaphores, killed with the rest, at times warns of one that is gone already.
    ours = [line for line in told.splitlines() if line.startswith("mtdetect:")]
    assert ours[-1].endswith("--resume")
    assert not out.exists()
    assert ended(crawl, "--output", out, "--resume", log=log)[0] == 0
    assert len(rows(out)) == 123


# ---------------------------------------------------------------- what is refused


@pytest.fixture
def cut(stub, small, crawl, tmp_path):
    """An unfinished run."""
    out = tmp_path / "out.jsonl"

    def stop(tally):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen([crawl], str(out), progress=stop)
    return out


def test_unfinished_run_is_not_discarded_without_restart(cut, crawl, capsys):
    assert main(["screen", crawl, "--output", str(cut)]) == 2
    assert "has an unfinished run (3 records done); --resume continues it" in capsys.readouterr().err
    assert main(["screen", crawl, "--output", str(cut), "--restart"]) == 0
    assert len(rows(cut)) == 123


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fpr": 0.001}, r"other options \(fpr\)"),
        ({"evidence": True}, r"other options \(evidence\)"),
        ({"keep": "flagged", "with_text": True}, r"other options \(keep, with-text\)"),
    ],
)
def test_other_options_are_not_mixed_in(cut, crawl, change, told):
    with pytest.raises(UsageError, match=told):
        screen([crawl], str(cut), options=Options(**change), resume=True)


def test_other_inputs_are_not_mixed_in(cut, crawl, tmp_path):
    with pytest.raises(UsageError, match="other inputs"):
        screen([f"{crawl}/a.jsonl"], str(cut), resume=True)
    with open(f"{crawl}/b.jsonl", "a", encoding="utf-8") as file:
        file.write('{"id": 1, "text": "new"}\n')
    with pytest.raises(UsageError, match="other inputs"):
        screen([crawl], str(cut), resume=True)


def test_other_models_are_not_mixed_in(cut, crawl, stub, monkeypatch):
    from mtdetect.verdict import ModelInfo

    monkeypatch.setattr(stub, "model", ModelInfo("stub", "2", "cd" * 32))
    with pytest.raises(UsageError, match="another model"):
        screen([crawl], str(cut), resume=True)


def test_damaged_unfinished_part_is_reported(cut, crawl):
    os.truncate(output.work_folder(str(cut)) / "00000", 3)
    with pytest.raises(UsageError, match="damaged; --restart"):
        screen([crawl], str(cut), resume=True)
    (output.work_folder(str(cut)) / "00000").unlink()
    with pytest.raises(UsageError, match="missing; --restart"):
        screen([crawl], str(cut), resume=True)


def test_standard_output_cannot_be_resumed(stub, crawl):
    with pytest.raises(UsageError, match="cannot be resumed"):
        screen([crawl], "-", resume=True)


# ---------------------------------------------------------------- nothing left to do


@pytest.mark.parametrize("target", ["out.jsonl", "out.parquet", "out/"])
def test_resuming_a_complete_output_is_no_error_and_writes_nothing(stub, crawl, tmp_path, capsys, target):
    if "parquet" in target:
        pytest.importorskip("pyarrow")
    out = f"{tmp_path}/{target}"
    call = ["screen", crawl, "--output", out, "--resume"]
    screen([crawl], out)
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    for _ in range(2):
        assert main(call) == 0
    told = capsys.readouterr().err.splitlines()
    assert told == [f"mtdetect: {out}: is complete, nothing was left to do; --restart writes it again"] * 2
    after = {path: path.stat() for path in tmp_path.rglob("*")}
    assert {path: (s.st_ino, s.st_mtime_ns) for path, s in after.items()} == {
        path: (s.st_ino, s.st_mtime_ns) for path, s in before.items()
    }


def test_counts_of_a_complete_output(stub, crawl, tmp_path, capsys):
    whole = screen([crawl], f"{tmp_path}/out/")
    assert screen([crawl], f"{tmp_path}/out/", resume=True) == whole
    screen([crawl], f"{tmp_path}/out.jsonl")
    assert screen([crawl], f"{tmp_path}/out.jsonl", resume=True) == Tally()
    page = tmp_path / "page.html"
    call = ["screen", crawl, "--resume", "--html", str(page), "--output"]
    assert main([*call, f"{tmp_path}/out.jsonl"]) == 0
    assert "nothing was left to do; no " in capsys.readouterr().err
    assert not page.exists()
    assert main([*call, f"{tmp_path}/out/"]) == 0
    assert "123 records" in page.read_text(encoding="utf-8")
    assert main([*call, f"{tmp_path}/out.jsonl", "--fail-on-flagged"]) == 2
    assert "does not keep the counts that --fail-on-flagged needs" in capsys.readouterr().err
    assert main([*call, f"{tmp_path}/out/", "--fail-on-flagged"]) == 0


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "_manifest.json").write_text("{"), "_manifest.json is damaged; --restart"),
        (lambda folder: (folder / "_manifest.json").write_text("[]"), "_manifest.json is damaged; --restart"),
        (lambda folder: (folder / "part-00000.jsonl").unlink(), "part-00000.jsonl is missing; --restart"),
    ],
)
def test_complete_folder_that_is_damaged(stub, crawl, tmp_path, damage, told):
    out = f"{tmp_path}/out/"
    screen([crawl], out)
    damage(tmp_path / "out")
    with pytest.raises(UsageError, match=told):
        screen([crawl], out, resume=True)
    screen([crawl], out, restart=True)
    assert screen([crawl], out, resume=True).records == 123


def test_complete_folder_of_another_run(stub, crawl, tmp_path):
    out = f"{tmp_path}/out/"
    screen([crawl], out)
    with pytest.raises(UsageError, match=r"the complete run had other options \(fpr\)"):
        screen([crawl], out, options=Options(fpr=0.001), resume=True)
    # As users call it, not as the code does.
    with pytest.raises(UsageError, match=r"other options \(full, text-field\)"):
        screen([crawl], out, options=Options(text_field="body", full=True), resume=True)
    with pytest.raises(UsageError, match="the complete run had other inputs"):
        screen([f"{crawl}/a.jsonl"], out, resume=True)


class Killed(BaseException):
    """The process ends here."""


def change_number(patch, number, *, after):
    """End the process at a change of the file system, just before or just after it is made; the list counts changes."""
    seen = []

    def counted(real):
        def change(*args, **kwargs):
            seen.append(real)
            here = len(seen) == number
            if here and not after:
                raise Killed
            result = real(*args, **kwargs)
            if here:
                raise Killed
            return result

        return change

    for name in ("replace", "unlink", "rmdir", "mkdir"):
        patch.setattr(Path, name, counted(getattr(Path, name)))
    patch.setattr(output.ResumableOutput, "abandon", output.ResumableOutput._close_files)
    return seen


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("target", ["out.jsonl", "out.parquet", "out/"])
def test_killed_at_any_change_of_the_file_system(
    stub, small, crawl, tmp_path, monkeypatch, target, older, after
):
    """Among them: between the last rename of the output and the removal of the work folder, and within that removal."""
    if "parquet" in target:
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(output, "SHARD_BYTES", 20_000)
    monkeypatch.setattr("mtdetect.screening.run.local.judged", in_process)

    def content(path):
        return (
            {one.name: one.read_bytes() for one in path.glob("[!.]*")} if path.is_dir() else path.read_bytes()
        )

    (tmp_path / "older").mkdir()
    if older:
        screen([f"{crawl}/b.jsonl", f"{crawl}/c.jsonl"], f"{tmp_path}/older/{target}")

    def prepared(name):
        shutil.copytree(tmp_path / "older", tmp_path / name)
        return tmp_path / name / target.rstrip("/"), f"{tmp_path}/{name}/{target}"

    sources = [f"{crawl}/a.jsonl"]
    whole, name = prepared("whole")
    with monkeypatch.context() as patch:
        seen = change_number(patch, None, after=after)
        screen(sources, name, restart=older, checkpoint=99)
        changes = len(seen)
    assert changes >= 5
    for number in range(1, changes + 1):
        out, name = prepared(f"cut{number}")
        before = content(out) if out.exists() else None
        with monkeypatch.context() as patch:
            change_number(patch, number, after=after)
            with pytest.raises(Killed):
                screen(sources, name, restart=older, checkpoint=99)
        work = output.work_folder(name)
        if before is not None and content(out) == before and not (work.is_dir() and list(work.iterdir())):
            screen(sources, name, restart=True)  # killed before it had begun
        else:
            screen(sources, name, resume=True)
        assert content(out) == content(whole), number
        assert list(out.parent.iterdir()) == [out]


def test_two_runs_cannot_write_one_output(stub, small, crawl, tmp_path):
    out = str(tmp_path / "out.jsonl")

    def second(tally):
        screen([crawl], out, restart=True)

    with pytest.raises(UsageError, match="another run is writing it"):
        screen([crawl], out, progress=second)


def test_run_on_standard_input_leaves_nothing_to_resume(stub, small, tmp_path, stdin):
    out = str(tmp_path / "out.jsonl")

    def stop(tally):
        raise KeyboardInterrupt

    for _ in range(2):
        stdin(json.dumps({"id": 1, "text": TEXT * 99}).encode() + b"\n{broken\n")
        with pytest.raises(KeyboardInterrupt):
            screen(["-"], out, progress=stop, checkpoint=0)
        assert list(tmp_path.iterdir()) == []
