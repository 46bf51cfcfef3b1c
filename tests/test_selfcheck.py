"""An installation that is not what was made says so, in one line."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import metadata
from pathlib import Path

import pytest

import mtdetect
import mtdetect.trained
from mtdetect import verification
from mtdetect.cli import main

MODEL = Path(mtdetect.trained.__file__).with_name("en")


@pytest.fixture
def copy(tmp_path):
    """A model of one's own to spoil: the shipped one, of which each file can be replaced."""
    folder = tmp_path / "en"
    folder.mkdir()
    for file in MODEL.iterdir():
        folder.joinpath(file.name).symlink_to(file)
    return folder


def spoil(path, change):
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(change(content))


def test_this_installation(capsys):
    found = mtdetect.selfcheck()
    assert found.problems == ()
    assert found.files > 60
    assert found.bytes > 30_000_000
    assert found.difference <= verification.TOLERANCE
    assert main(["selfcheck", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found.to_dict()
    assert main(["selfcheck"]) == 0
    assert "are whole, 9 texts are judged as recorded" in capsys.readouterr().out


@pytest.mark.parametrize(("folder", "status"), [(".", 0), ("..", 2), ("/", 2)])
def test_the_folder_that_one_is_in(monkeypatch, capsys, folder, status):
    monkeypatch.chdir(MODEL)
    assert main(["selfcheck", "--model", folder]) == status
    assert len(capsys.readouterr().err.splitlines()) == (1 if status else 0)


def test_one_byte_of_the_weights(copy, capsys):
    spoil(copy / "ngram_weights.npy", lambda content: content[:-7] + b"\x55" + content[-6:])
    assert main(["selfcheck", "--model", str(copy)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert (
        told.err
        == f"mtdetect: {copy / 'ngram_weights.npy'}: does not match its manifest; reinstall or train again\n"
    )
    assert main(["selfcheck", "--model", str(copy), "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["texts"], len(answer["problems"])) == (False, 0, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda told: told["verdicts"]["spun-news"].update(label="original"), "text 'spun-news': label is 'spun'"),
        (lambda told: told["verdicts"]["learner"].update(score=0.5), "text 'learner': score is 0."),
        (lambda told: told["verdicts"].update(learner=7), "text 'learner': label is"),
        (lambda told: told["comparison"].update(confidence=0.25), "the comparison: confidence is 0."),
        (lambda told: told["manifests"].update(tables="00"), "recorded with another model or other tables"),
        (lambda told: told["verdicts"].pop("learner"), "recorded with other texts"),
        (lambda told: told.pop("verdicts"), "cannot be read (KeyError)"),
    ],
)  # fmt: skip
def test_other_verdicts_than_recorded(copy, change, told, capsys):
    recorded = json.loads((copy / verification.GOLDEN).read_bytes())
    change(recorded)
    spoil(copy / verification.GOLDEN, lambda content: json.dumps(recorded).encode())
    assert main(["selfcheck", "--model", str(copy)]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_rounding_error_is_no_difference(copy):
    recorded = json.loads((copy / verification.GOLDEN).read_bytes())
    recorded["verdicts"]["learner"]["score"] += 1e-12
    spoil(copy / verification.GOLDEN, lambda content: json.dumps(recorded).encode())
    found = mtdetect.selfcheck(copy)
    assert found.ok
    assert 0 < found.difference < verification.TOLERANCE


def test_a_model_is_recorded_again_when_what_stands_beside_it_was_made(copy):
    first_look = copy.with_name("first_look")
    first_look.mkdir()
    for file in (MODEL.parent / "first_look").iterdir():
        first_look.joinpath(file.name).symlink_to(file)
    spoil(
        copy / verification.GOLDEN,
        lambda content: json.dumps({**json.loads(content), "looked_first": {}}).encode(),
    )
    assert not mtdetect.selfcheck(copy).ok
    shipped = (MODEL / verification.GOLDEN).read_bytes()
    verification.record_dependents(first_look, copy)
    assert mtdetect.selfcheck(copy).ok
    assert (MODEL / verification.GOLDEN).read_bytes() == shipped


def test_record_is_what_selfcheck_expects(copy):
    (copy / verification.GOLDEN).unlink()
    (problem,) = mtdetect.selfcheck(copy).problems
    assert "golden.json: cannot be read (FileNotFoundError)" in problem
    verification.record(copy)
    assert mtdetect.selfcheck(copy).ok
    # Between processors the last digits of a quality differ, which selfcheck allows for.
    told, shipped = (json.loads((folder / verification.GOLDEN).read_text()) for folder in (copy, MODEL))
    assert told["manifests"] == shipped["manifests"]
    assert list(told["verdicts"]) == list(shipped["verdicts"])
    for name, verdict in told["verdicts"].items():
        other = shipped["verdicts"][name]
        assert verdict["label"] == other["label"]
        assert verdict["score"] == pytest.approx(other["score"], abs=verification.TOLERANCE)
        assert verdict["quality"] == pytest.approx(other["quality"], abs=verification.QUALITY_TOLERANCE)


def test_files_of_the_package(tmp_path, monkeypatch):
    """What pip wrote down when it installed a wheel."""
    contents = {"mtdetect/a.py": b"A = 1\n", "mtdetect/b.py": b"B = 2\n", "mtdetect/c.py": b"C = 3\n"}
    info = tmp_path / "mtdetect-1.dist-info"
    info.mkdir()
    (tmp_path / "mtdetect").mkdir()
    lines = ["mtdetect-1.dist-info/RECORD,,", "mtdetect/__pycache__/a.pyc,,"]
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}")
    (info / "RECORD").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(metadata, "distribution", lambda name: metadata.PathDistribution(info))
    assert mtdetect.selfcheck().ok
    (tmp_path / "mtdetect" / "b.py").write_bytes(b"B = 3\n")
    (tmp_path / "mtdetect" / "c.py").unlink()
    altered, gone = mtdetect.selfcheck().problems
    assert "b.py: is not the file that was installed; reinstall" in altered
    assert "c.py: cannot be read (No such file or directory); reinstall" in gone
