"""The Ray engine on a cluster of several nodes: the rows equal those of the local engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mtdetect.errors import EngineError
from mtdetect.screening import Options, plan, screen

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

TEXT = "The ferry left before dawn and the baker, who had overslept, watched it go from the end of the pier. "


@pytest.fixture(scope="module")
def nodes():
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def crawl(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "BATCH_BYTES", 2000)
    folder = tmp_path / "crawl"
    folder.mkdir()
    for name in "abc":
        lines = [json.dumps({"id": f"{name}{n}", "text": TEXT * 4 + str(n)}) for n in range(20)]
        (folder / f"{name}.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    return str(folder)


def test_rows_equal_those_of_the_local_engine(shipped, nodes, crawl, tmp_path):
    local, cluster = tmp_path / "local.jsonl", tmp_path / "ray.jsonl"
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2
    first = screen([crawl], str(local), options=Options(evidence=True))
    second = screen([crawl], str(cluster), options=Options(evidence=True), engine="ray")
    assert cluster.read_bytes() == local.read_bytes()
    assert first == second
    assert first.records == 63


def test_cluster_resumes_a_run_of_the_local_engine(shipped, nodes, crawl, tmp_path):
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    screen([crawl], str(whole))

    def stop(tally):
        if tally.records > 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen([crawl], str(cut), progress=stop)
    assert screen([crawl], str(cut), engine="ray", resume=True).records == 63
    assert cut.read_bytes() == whole.read_bytes()


def test_command_finds_the_cluster(shipped, nodes, crawl, tmp_path):
    """In its own process, as from a shell on one of the nodes."""
    screen([crawl], str(tmp_path / "local.jsonl"))
    program = "import sys; from mtdetect.cli import main; sys.exit(main())"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "screen",
            crawl,
            "--output",
            str(tmp_path / "ray.jsonl"),
            "--engine",
            "ray",
        ],
        env={**os.environ, "RAY_ADDRESS": nodes.address},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("mtdetect: 63 records") == 1
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()


def test_standard_input_needs_the_local_engine(shipped, nodes, tmp_path):
    with pytest.raises(EngineError, match="standard input"):
        screen(["-"], str(tmp_path / "out.jsonl"), engine="ray")
