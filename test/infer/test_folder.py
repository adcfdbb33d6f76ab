import subprocess

import pytest

from lass.errors import LassError
from lass.infer.folder import check_sums, files, shared_files, write_sums


@pytest.fixture
def folder(tmp_path):
    """What a model folder may hold, and what has no business there."""
    for name in ("config.yaml", "model.safetensors", "tokenizer.model", "README.md", ".done", "model.pkl", "notes.txt",
                 "tokenizer.d/weights.pkl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    write_sums(tmp_path)
    return tmp_path


def refusal(folder) -> str:
    with pytest.raises(LassError) as caught:
        check_sums(folder)
    message = str(caught.value)
    assert message.startswith(f"{folder}: ") and "\n" not in message and len(message) < 700
    return message


def test_only_what_loading_reads(folder):
    names = ["config.yaml", "model.safetensors", "tokenizer.model"]
    assert [path.name for path in files(folder)] == names
    assert [path.name for path in shared_files(folder)] == ["README.md", "SHA256SUMS", *names]
    (folder / "README.md").unlink()
    (folder / "model.safetensors").unlink()
    with pytest.raises(LassError, match="has no model.safetensors, README.md: run lass pack first"):
        shared_files(folder)


def test_sha256sum_reads_it(folder):
    check_sums(folder)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    assert (folder / "SHA256SUMS").read_text().count("\n") == 3
    (folder / "SHA256SUMS").unlink()
    check_sums(folder)


def test_what_differs_is_named(folder):
    (folder / "tokenizer.model").write_text("other")
    assert "'tokenizer.model': not the content that SHA256SUMS tells (1 of 3 files)" in refusal(folder)
    (folder / "tokenizer.model").unlink()
    assert "'tokenizer.model': not" in refusal(folder)
    (folder / "tokenizer.model").write_text("tokenizer.model")
    (folder / "tokenizer.json").write_text("{}")
    assert "'tokenizer.json': not" in refusal(folder)


def test_names_in_the_list_are_not_trusted(folder):
    """They are compared, never opened, and shown so that they cannot forge a line."""
    outside = folder.parent / "outside"
    outside.write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    good = (folder / "SHA256SUMS").read_text()
    for name in ("../outside", str(outside), "a\x1b[2Jb\tc", "x" * 5000):
        (folder / "SHA256SUMS").write_text(good + f"{empty}  {name}\n")
        assert repr(name[:80]) in refusal(folder)
    (folder / "SHA256SUMS").write_bytes(b"\xff\xfe garbage\n")
    assert "3 of 3 files" in refusal(folder)
