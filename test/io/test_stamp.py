from pathlib import Path

import pytest

from lass.bin import stamp as command
from lass.errors import LassError
from lass.io import stamp

OPTIONS = {"folds": [1, 2], "root": Path("x"), "rate": 0.1}


@pytest.fixture
def inputs(tmp_path):
    for name in ("wav.scp", "captions"):
        (tmp_path / name).write_text(f"a {name}\n")
    return [tmp_path / "wav.scp", tmp_path / "captions", tmp_path / "labels"]  # a set without labels


def test_complete_until_something_changes(tmp_path, inputs):
    done = tmp_path / "new" / ".done"
    assert not stamp.is_complete(done, OPTIONS, inputs)
    stamp.write(done, OPTIONS, inputs)
    assert stamp.is_complete(done, OPTIONS, inputs)
    assert stamp.is_complete(done, dict(reversed(OPTIONS.items())), reversed(inputs)), "order does not matter"
    assert not stamp.is_complete(done, OPTIONS | {"rate": 0.2}, inputs)
    assert not stamp.is_complete(done, OPTIONS | {"more": 1}, inputs)
    assert not stamp.is_complete(done, OPTIONS, inputs[:1])


def test_content_counts_and_time_does_not(tmp_path, inputs):
    done = tmp_path / ".done"
    stamp.write(done, OPTIONS, inputs)
    inputs[0].write_text(inputs[0].read_text())
    assert stamp.is_complete(done, OPTIONS, inputs)
    inputs[0].write_text("a other\n")
    assert not stamp.is_complete(done, OPTIONS, inputs)
    stamp.write(done, OPTIONS, inputs)
    inputs[2].write_text("l Label\n")
    assert not stamp.is_complete(done, OPTIONS, inputs), "an input that was not there before"
    stamp.write(done, OPTIONS, inputs)
    inputs[1].unlink()
    assert not stamp.is_complete(done, OPTIONS, inputs), "an input that is gone"


def test_outputs_must_exist(tmp_path, inputs):
    done = tmp_path / ".done"
    stamp.write(done, {}, inputs)
    assert stamp.is_complete(done, {}, inputs, [inputs[0]])
    assert not stamp.is_complete(done, {}, inputs, [inputs[0], tmp_path / "lost"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_damaged_stamp_is_none(tmp_path, content):
    (tmp_path / ".done").write_bytes(content)
    assert not stamp.is_complete(tmp_path / ".done", {}, [])


def test_command(tmp_path, inputs, capsys):
    done, lost = str(tmp_path / ".done"), str(tmp_path / "lost")
    rest = ["--option", "root=a=b; $(x)", "--option", "fold=", *map(str, inputs)]
    with pytest.raises(SystemExit) as exit_:
        command.main(["check", done, *rest])
    assert exit_.value.code == 3
    command.main(["write", done, *rest])
    command.main(["check", done, *rest])
    assert capsys.readouterr().out == f"{tmp_path}: complete, nothing to do\n"
    for changed in (["--option", "fold=1"], ["--output", lost]):
        with pytest.raises(SystemExit) as exit_:
            command.main(["check", done, *rest, *changed])
        assert exit_.value.code == 3
    with pytest.raises(LassError, match="--option 'fold': write it as KEY=VALUE"):
        command.main(["check", done, "--option", "fold"])
