"""Checkpoints of others: read without running them, refused in one line."""

import fractions
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lass.errors import LassError
from lass.io.checkpoint import mismatches, read_weights

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.steps": torch.tensor(3)}


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "published.ckpt"


def refusal(path: Path) -> str:
    with pytest.raises(LassError) as caught:
        read_weights(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        WEIGHTS,
        {"state_dict": WEIGHTS, "epoch": 3, "callbacks": {"best": None}},  # Lightning
        {"state_dict": {f"module.{key}": value for key, value in WEIGHTS.items()}, "name": "x"},  # laion_clap
        {"model": WEIGHTS, "iteration": 3},  # PANNs
        {"state_dict": WEIGHTS, "loss": np.float64(2.5), "steps": np.int64(3), "history": np.ones(3)},
    ],
    ids=["plain", "lightning", "data-parallel", "model", "numpy"],
)
def test_weights(content, zipped, path):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    found = read_weights(path)
    assert found.keys() == WEIGHTS.keys() and all(torch.equal(found[key], WEIGHTS[key]) for key in found)


def test_safetensors(path):
    save_file(WEIGHTS, path)
    assert torch.equal(read_weights(path)["a.weight"], WEIGHTS["a.weight"])
    path.write_bytes(path.read_bytes()[:-4])
    assert "cut short or damaged" in refusal(path)


def test_numpy_of_old_names_is_passed_by(path):
    """Checkpoints from before NumPy 2 name numpy.core."""
    torch.save({"state_dict": WEIGHTS, "loss": np.float64(2.5)}, path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    old = {name: content.replace(b"numpy._core.", b"numpy.core.") for name, content in files.items()}
    assert old != files
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in old.items():
            archive.writestr(name, content)
    assert read_weights(path).keys() == WEIGHTS.keys()


@pytest.mark.parametrize("zipped", [True, False])
def test_what_would_have_to_be_run_is_named_and_not_run(zipped, path):
    class Payload:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(path.with_name("ran")),)

    torch.save({"state_dict": WEIGHTS, "x": Payload()}, path, _use_new_zipfile_serialization=zipped)
    message = refusal(path)
    assert "holds more than weights" in message and "posix.mkdir" in message and "weights_only=False" in message
    assert not path.with_name("ran").exists()


def test_the_command_that_a_refusal_prints_converts_the_file(tmp_path):
    path = tmp_path / "it's $(a) name.ckpt"
    torch.save({"state_dict": WEIGHTS, "hparams": fractions.Fraction(1, 3)}, path)
    message = refusal(path)
    assert "fractions.Fraction. If you trust its publisher, convert it at your own risk" in message
    command = shlex.split(re.search("python -c .*", message)[0])
    subprocess.run([sys.executable, *command[1:]], check=True)
    assert command[-1] == str(tmp_path / "it's $(a) name.weights.pt")
    assert read_weights(Path(command[-1])).keys() == WEIGHTS.keys()


def test_a_pickle_that_cannot_be_looked_through(path):
    torch.save(WEIGHTS, path, pickle_protocol=4)
    assert "a pickle that torch cannot look through" in refusal(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no checkpoint but an empty file: download"),
        (b"Entry not found", "no checkpoint but a text file: download"),
        (b"\n<!DOCTYPE html>\n<html>", "no checkpoint but a web page: download the file itself"),
        (b"<html><head>", "no checkpoint but a web page: download the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer: fetch the file itself"),
        (b"RIFF\x00\x00\x10\x00WAVEfmt ", "neither of torch.save nor safetensors (it begins with b'RIFF"),
        (b"\x80\x02garbage", "cut short or damaged (9 bytes: "),
        (b"PK\x03\x04" + bytes(99), "cut short or damaged (103 bytes: File is not a zip file): download it again"),
    ],
)
def test_other_files_are_named(content, said, path):
    path.write_bytes(content)
    assert said in refusal(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_is_cut_short(zipped, path):
    torch.save({"state_dict": {"a": torch.zeros(1000)}}, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    for share in (0.5, 0.9, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        assert "cut short or damaged" in refusal(path)


def test_an_archive_and_no_file_at_all(path):
    assert "cannot be read (No such file or directory)" in refusal(path)
    assert "cannot be read (Is a directory)" in refusal(path.parent)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("published.ckpt", "x")
    assert "an archive, but no checkpoint of torch.save" in refusal(path)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "a" * 400])
def test_names_cannot_forge_lines(name, path):
    torch.save({name: torch.zeros(1)}, path)
    assert "a weight named" in refusal(path)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {"state_dict": {"a": 1}}], ids=str)
def test_no_weights(content, path):
    torch.save(content, path)
    assert "without weights" in refusal(path)


def test_mismatches():
    expected = {"a": torch.zeros(2), "b": torch.zeros(3), "c": torch.zeros(1)}
    found = {"b": torch.zeros(1, 3), "c": torch.zeros(1), "d": torch.zeros(1)}
    assert mismatches(expected, found) == ["missing a", "unexpected d", "b is [1, 3], expected [3]"]
    assert mismatches(expected, expected) == []
