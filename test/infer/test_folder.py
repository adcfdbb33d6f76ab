import subprocess

import pytest
from huggingface_hub.utils import filter_repo_objects

from lass.errors import LassError
from lass.infer import hub
from lass.infer.folder import belongs, check_sums, files, name_in, shared_files, write_sums

ENCODER_FILES = ["encoder/config.json", "encoder/merges.txt", "encoder/model.safetensors"]
PART_FILES = ["decoder/codec/model.safetensors", "encoder/audio/config.yaml", "encoder/text/spiece.model"]


@pytest.fixture
def folder(tmp_path):
    """What a model folder may hold, and what has no business there."""
    for name in ("config.yaml", "model.safetensors", "tokenizer.model", "README.md", ".done", "model.pkl", "notes.txt",
                 "tokenizer.d/weights.pkl", *ENCODER_FILES, *PART_FILES, "encoder/model.bin", "encoder/code.py",
                 "encoder/text/code.py", "encoder/a/b.json", "other/config.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
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
    names = sorted(["config.yaml", *ENCODER_FILES, *PART_FILES, "model.safetensors", "tokenizer.model"])
    assert [name_in(folder, path) for path in files(folder)] == names
    assert [name_in(folder, path) for path in shared_files(folder)] == ["README.md", "SHA256SUMS", *names]
    (folder / "README.md").unlink()
    (folder / "model.safetensors").unlink()
    with pytest.raises(LassError, match="has no model.safetensors, README.md: run lass pack first"):
        shared_files(folder)


def test_the_hub_is_asked_for_nothing_else(folder, monkeypatch):
    names = sorted(name_in(folder, path) for path in folder.rglob("*") if path.is_file())
    asked = []

    def download(_repo, allow_patterns, ignore_patterns, **_):
        asked.extend(filter_repo_objects(names, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns))
        return folder

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    hub.find("org/name")
    asked.remove("encoder/a/b.json")  # the hub's * stands for folders as well: it comes along and is not read
    wanted = [name for name in names if belongs(name) or name in ("README.md", "SHA256SUMS")]
    assert asked == wanted and len(asked) == 11


def test_sha256sum_reads_it(folder):
    check_sums(folder)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    assert (folder / "SHA256SUMS").read_text().count("\n") == 9
    (folder / "SHA256SUMS").unlink()
    check_sums(folder)


def test_what_differs_is_named(folder):
    (folder / "tokenizer.model").write_text("other")
    assert "'tokenizer.model': not the content that SHA256SUMS tells (1 of 9 files)" in refusal(folder)
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
    assert "9 of 9 files" in refusal(folder)
