"""Arrays on disk: what does not hold together is refused in one line, whoever vouches for it."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from mtdetect import artifacts
from mtdetect.errors import ModelError, UsageError


def doctored(folder, content):
    """An artefact of one array whose file has become ``content``, with a manifest that agrees."""
    artifacts.write(folder, {"a": np.arange(3)}, {})
    path = folder / "a.npy"
    path.write_bytes(content)
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    manifest["files"]["a.npy"] = {"bytes": len(content), "sha256": artifacts.sha256(path)}
    (folder / artifacts.MANIFEST).write_text(json.dumps(manifest))
    return folder


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_arrays_come_back_as_they_were(tmp_path):
    given = {"a": np.arange(3), "b": np.linspace(0, 1, 7).astype(np.float32), "none": np.zeros((0, 4))}
    artifacts.write(tmp_path / "x", given, {"seed": 1})
    arrays, manifest = artifacts.read(tmp_path / "x", verify=True)
    assert manifest["seed"] == 1
    assert arrays.keys() == given.keys()
    for name, array in given.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert not arrays[name].flags.writeable


@pytest.mark.parametrize(
    "content",
    [
        npy(np.arange(3)).replace(b"(3,)", b"(%d,)" % (1 << 60)),  # claims more than memory could be addressed by
        npy(np.arange(3)).replace(b"(3,)", b"(9,)"),  # claims more than is there
        npy(np.array([{"code": 1}], dtype=object)),  # a pickle
        b"PK\3\4" + bytes(60),  # an archive
        b"",
    ],
    ids=["endless", "longer", "pickle", "archive", "empty"],
)  # fmt: skip
def test_doctored_arrays_are_refused(tmp_path, content):
    folder = doctored(tmp_path / "x", content)
    with pytest.raises(ModelError, match=r"a\.npy: cannot be read"):
        artifacts.read(folder, verify=True)


def test_altered_arrays_are_refused(tmp_path):
    artifacts.write(tmp_path / "x", {"a": np.arange(3)}, {})
    path = tmp_path / "x" / "a.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    artifacts.read(tmp_path / "x")  # sizes alone say nothing
    with pytest.raises(ModelError, match="does not match its manifest"):
        artifacts.read(tmp_path / "x", verify=True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("98304 requested and 61312 written"), "98304 requested and 61312 written"),  # numpy's
    ],
)
def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch, error, said):
    artifacts.write(tmp_path / "x", {"a": np.arange(3)}, {"seed": 1})

    def full(*given, **options):
        raise error

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(UsageError, match=f"x: cannot be written .{said}.; free space on its disk"):
        artifacts.write(tmp_path / "x", {"b": np.arange(4)}, {"seed": 2})
    arrays, manifest = artifacts.read(tmp_path / "x", verify=True)
    assert (list(arrays), manifest["seed"]) == (["a"], 1)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_model_that_would_answer_nothing_is_not_written(tmp_path):
    artifacts.write(tmp_path / "model", {"weights": np.array([1.0, np.inf])}, {})
    with pytest.raises(ValueError, match="weights holds NaN"):
        artifacts.write(tmp_path / "model", {"weights": np.array([1.0, np.nan])}, {})
    assert np.load(tmp_path / "model" / "weights.npy").tolist() == [1.0, np.inf]


def test_a_new_artifact_replaces_the_old_one_and_nothing_else(tmp_path):
    artifacts.write(tmp_path / "x", {"a": np.arange(3), "b": np.arange(2)}, {})
    (tmp_path / "x" / "CARD.md").write_text("kept")
    artifacts.write(tmp_path / "x", {"b": np.arange(5)}, {})
    arrays, _ = artifacts.read(tmp_path / "x", verify=True)
    assert {name: len(array) for name, array in arrays.items()} == {"b": 5}
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == ["CARD.md", "b.npy", "manifest.json"]


def test_a_folder_that_cannot_be_written_is_known_before_the_work(tmp_path):
    artifacts.prepare(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file", tmp_path / "file" / "en"):
        with pytest.raises(UsageError, match="file: Not a directory; name a folder that can be written"):
            artifacts.prepare(path)
