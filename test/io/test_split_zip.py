import shutil
import subprocess

import numpy as np
import pytest

from fixtures.split_zips import write_parts
from lass.errors import LassError
from lass.io.archives import unpack
from lass.io.split_zip import open_zip

MEMBERS = {f"FSD50K.dev_audio/{k}.wav": np.random.default_rng(k).bytes(700 * k) for k in range(6)}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("size", [97, 1000, 4096, 1 << 20])
def test_parts(size, wide, tmp_path):
    """Members, and the list of them too, begin in one part and end in another."""
    archive = write_parts(tmp_path / "a.zip", MEMBERS, size, wide, comment=b"a comment")
    with open_zip(archive) as packed:
        assert packed.testzip() is None
        assert {info.filename: packed.read(info) for info in packed.infolist()} == MEMBERS
    unpack(archive, tmp_path / "out", [next(iter(MEMBERS))])
    assert all((tmp_path / "out" / name).read_bytes() == content for name, content in MEMBERS.items())


@pytest.mark.skipif(not shutil.which("zip"), reason="no command zip, which publishers split archives with")
@pytest.mark.parametrize("options", [[], ["-fz"]], ids=["plain", "zip64"])
def test_parts_that_zip_wrote(options, tmp_path):
    content = np.random.default_rng(0).bytes(150000)
    (tmp_path / "x.wav").write_bytes(content)
    (tmp_path / "y.wav").write_bytes(content[::-1])
    command = ["zip", "-q", *options, "-s", "64k", "a.zip", "x.wav", "y.wav"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert (tmp_path / "a.z04").exists()
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert (tmp_path / "out" / "x.wav").read_bytes() == content
    assert (tmp_path / "out" / "y.wav").read_bytes() == content[::-1]


@pytest.mark.parametrize("wide", [False, True])
def test_missing_parts(wide, tmp_path):
    archive = write_parts(tmp_path / "a.zip", MEMBERS, 3000, wide)
    content = (tmp_path / "a.z02").read_bytes()
    (tmp_path / "a.z02").unlink()
    with pytest.raises(LassError, match="a.zip: damaged .part a.z02 is missing.: delete it and run again"):
        unpack(archive, tmp_path / "out")
    (tmp_path / "a.z02").write_bytes(content)
    (tmp_path / "a.z03").unlink()
    with pytest.raises(LassError, match="4 parts belong to it, 3 are there"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("wide", [False, True])
def test_damaged_parts(wide, tmp_path):
    archive = write_parts(tmp_path / "a.zip", MEMBERS, 3000, wide)
    whole = archive.read_bytes()
    for damaged in (whole[:-30], b"", whole[:50] + whole[-22:]):
        archive.write_bytes(damaged)
        with pytest.raises(LassError, match="a.zip: damaged"):
            unpack(archive, tmp_path / "out")
    archive.write_bytes(whole)
    part = bytearray((tmp_path / "a.z02").read_bytes())
    part[1500] ^= 1
    (tmp_path / "a.z02").write_bytes(part)
    with pytest.raises(LassError, match="a.zip: damaged .Bad CRC-32"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("wide", [False, True])
def test_random_damage_of_the_directory_never_gives_wrong_files(wide, tmp_path):
    """Each is either refused or as it was."""
    archive = write_parts(tmp_path / "a.zip", MEMBERS, 8000, wide)
    whole, random, refused = archive.read_bytes(), np.random.default_rng(0), 0
    for number in range(60):
        damaged = bytearray(whole)
        damaged[-int(random.integers(1, 600))] ^= 1 << int(random.integers(8))
        archive.write_bytes(damaged)
        try:
            unpack(archive, tmp_path / f"out{number}")
        except LassError:
            refused += 1
            continue
        for path in (tmp_path / f"out{number}").rglob("*.wav"):
            assert path.read_bytes() in MEMBERS.values()
    assert 10 < refused < 60
