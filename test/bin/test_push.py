"""What `lass push` refuses before it asks the hub; the rest is in test/infer/test_hub.py."""

import pytest

from lass.bin import push
from lass.errors import LassError
from lass.infer.folder import write_sums


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("config.yaml", "model.safetensors", "README.md"):
        (tmp_path / name).write_text(name)
    write_sums(tmp_path)
    monkeypatch.setattr("huggingface_hub.HfApi", lambda **_: pytest.fail("the hub was asked"))
    return tmp_path


def refusal(*arguments) -> str:
    with pytest.raises(LassError) as caught:
        push.main(list(map(str, arguments)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["README.md", "model.safetensors", "config.yaml", "SHA256SUMS"])
def test_a_folder_that_was_not_packed(name, folder):
    (folder / name).unlink()
    message = refusal(folder, "org/tiny")
    assert f"has no {name}: run lass pack first" in message


def test_a_damaged_folder(folder):
    (folder / "config.yaml").write_text("other")
    assert "'config.yaml': not the content that SHA256SUMS tells" in refusal(folder, "org/tiny")


@pytest.mark.parametrize("name", ["tiny", "org/tiny@main", "https://hub/org/tiny", "org/a b", "../tiny"])
def test_a_name_that_is_none(name, folder):
    assert refusal(folder, name) == f"{name!r}: not the name of a repository: write it as ORG/NAME"


def test_no_token_on_the_command_line(folder, capsys):
    with pytest.raises(SystemExit):
        push.main([str(folder), "org/tiny", "--token", "hf_x"])
    assert "--token" in capsys.readouterr().err
