"""`lass pack`: a card, checksums, and one archive that somebody else can use."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from lass.bin import pack
from lass.errors import LassError
from lass.io import audio
from lass.io.files import write_text

LICENCE = "CC BY-NC 4.0 (Freesound)"
NAMES = ["README.md", "SHA256SUMS", "config.yaml", "model.safetensors", "tokenizer.model"]


@pytest.fixture
def experiment(model_folder, tmp_path):
    """A trained experiment."""
    folder = tmp_path / "mini_tiny"
    shutil.copytree(model_folder, folder / "model")
    write_text(folder / "model" / ".done", "{}\n")
    write_text(folder / "model" / "notes.txt", "mine\n")
    write_text(folder / "git.txt", "0123abc\n")
    return folder


def run(experiment, licence=LICENCE):
    pack.main([str(experiment), "--licence", licence])
    return experiment / "mini_tiny.tar.gz"


def test_archive_moved_unpacked_and_used_as_its_card_says(experiment, model, noise, repo, tmp_path):
    """In another folder, by another process: the same samples, bit for bit."""
    archive = run(experiment)
    elsewhere = tmp_path / "another place"
    elsewhere.mkdir()
    for path in (archive, experiment / "mini_tiny.tar.gz.sha256"):
        path.rename(elsewhere / path.name)
    shutil.rmtree(experiment)
    for command in (["sha256sum", "-c", "mini_tiny.tar.gz.sha256"], ["tar", "xf", "mini_tiny.tar.gz"]):
        subprocess.run(command, cwd=elsewhere, check=True, capture_output=True)
    subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=elsewhere / "mini_tiny", check=True, capture_output=True)

    audio.write(elsewhere / "mix.wav", np.clip(noise((2, 3001)), -1, 1), 44100)
    shell, python = re.findall(r"^```\n(.*?)^```", (elsewhere / "mini_tiny/README.md").read_text(), re.M | re.S)
    assert len(python.splitlines()) == 3
    script = "import sys; from lass.bin import __main__\n" + python
    script += "import numpy; numpy.save('separated.npy', separated)\n"
    script += f"sys.argv = {shlex.split(shell)!r}\n__main__.main()\n"
    environment = os.environ | {"PYTHONPATH": str(repo)}
    subprocess.run([sys.executable, "-c", script], cwd=elsewhere, env=environment, check=True, capture_output=True)

    mixture, rate = audio.read(elsewhere / "mix.wav")
    expected = model.separate(mixture, rate, "a dog barks")
    assert np.array_equal(np.load(elsewhere / "separated.npy"), expected)
    audio.write(elsewhere / "expected.wav", expected, rate, "PCM_24")
    assert (elsewhere / "separated.wav").read_bytes() == (elsewhere / "expected.wav").read_bytes()


def test_the_same_model_gives_the_same_bytes(experiment, tmp_path):
    first = run(experiment).read_bytes()
    assert first[3:8] == bytes(5)  # gzip's header: neither name nor time
    with tarfile.open(experiment / "mini_tiny.tar.gz") as packed:
        assert packed.getnames() == [f"mini_tiny/{name}" for name in NAMES]
        members = {(m.uname, m.gname, m.uid, m.gid, m.mtime, m.mode, m.isreg()) for m in packed.getmembers()}
    assert members == {("", "", 0, 0, 0, 0o644, True)}
    copy = tmp_path / "other" / "mini_tiny"
    shutil.copytree(experiment, copy, ignore=shutil.ignore_patterns(".packed", "*.gz", "README.md"))
    weights = copy / "model" / "model.safetensors"
    weights.rename(copy / "weights")
    weights.symlink_to(copy / "weights")  # as in the hub's cache
    assert run(copy).read_bytes() == first


def test_an_encoder_in_the_folder_stays_a_folder(experiment):
    (experiment / "model" / "encoder").mkdir()
    (experiment / "model" / "encoder" / "config.json").write_text("{}")
    (experiment / "model" / "SHA256SUMS").unlink()
    with tarfile.open(run(experiment)) as packed:
        assert "mini_tiny/encoder/config.json" in packed.getnames()


def test_again(experiment, capsys):
    archive = run(experiment)
    before = archive.stat().st_mtime_ns
    capsys.readouterr()
    run(experiment)
    assert capsys.readouterr().out == f"{archive}: packed, nothing to do\n" and archive.stat().st_mtime_ns == before
    (experiment / "mini_tiny.tar.gz.sha256").unlink()
    run(experiment, "CC0")
    assert "CC0" in (experiment / "model" / "README.md").read_text() and archive.stat().st_mtime_ns != before
    assert (experiment / "mini_tiny.tar.gz.sha256").exists()


def test_a_damaged_model_is_not_packed(experiment):
    path = experiment / "model" / "model.safetensors"
    weights = path.read_bytes()
    path.write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(LassError, match="'model.safetensors': not the content that SHA256SUMS tells"):
        run(experiment)
    assert not (experiment / "mini_tiny.tar.gz").exists()
    (experiment / "model" / "SHA256SUMS").unlink()  # the way out, where the change was meant
    assert run(experiment).exists() and (experiment / "model" / "SHA256SUMS").exists()


def test_from_within_the_experiment(experiment, monkeypatch):
    monkeypatch.chdir(experiment)
    pack.main([".", "--licence", LICENCE])
    assert (experiment / "mini_tiny.tar.gz").exists()


def test_nothing_to_pack(tmp_path):
    with pytest.raises(LassError, match="no trained model; run stage train first"):
        pack.main([str(tmp_path), "--licence", LICENCE])
    assert not list(tmp_path.iterdir())
