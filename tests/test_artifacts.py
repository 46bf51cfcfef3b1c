"""Arrays on disk: what does not hold together is refused in one line, whoever vouches for it."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from mtdetect import artifacts
from mtdetect.errors import ModelError


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
