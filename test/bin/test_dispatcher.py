"""The command `lass <stage>`."""

import sys
import types

import pytest

from lass.bin.__main__ import main, stages
from lass.errors import LassError


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The module of the stage `score`, replaced for the test."""
    module = types.ModuleType("lass.bin.score")
    monkeypatch.setitem(sys.modules, "lass.bin.score", module)
    return module


def test_stages_are_the_modules_each_with_a_summary() -> None:
    found = stages()
    assert {"score", "separate", "train"} <= set(found)
    assert not any(name.startswith("_") for name in found)
    assert all(summary for summary in found.values()), found


def test_help_lists_the_stages(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    shown = capsys.readouterr().out
    assert stop.value.code == 0 and all(f"  {name} " in shown for name in stages())


def test_no_stage_is_a_wrong_call(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2 and "usage: lass" in capsys.readouterr().out


@pytest.mark.parametrize("name, hint", [("scor", "mean score?"), ("zzz", "lass --help"), ("../x", "lass --help")])
def test_unknown_stage(name: str, hint: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main([name])
    assert repr(name) in stop.value.code and hint in stop.value.code and "\n" not in stop.value.code


def test_arguments_are_handed_on(stage: types.ModuleType) -> None:
    seen = []
    stage.main = seen.append
    main(["score", "set", "--help", "--out=x y"])
    assert seen == [["set", "--help", "--out=x y"]]


def test_user_errors_are_one_line(stage: types.ModuleType, capsys: pytest.CaptureFixture) -> None:
    def fail(_argv: list[str]) -> None:
        raise LassError("data/x/wav.scp:3: no such file")

    stage.main = fail
    with pytest.raises(SystemExit) as stop:
        main(["score"])
    assert stop.value.code == 1
    assert capsys.readouterr().err == "lass score: data/x/wav.scp:3: no such file\n"


def test_interrupt(stage: types.ModuleType) -> None:
    def interrupt(_argv: list[str]) -> None:
        raise KeyboardInterrupt

    stage.main = interrupt
    with pytest.raises(SystemExit) as stop:
        main(["score"])
    assert stop.value.code == 130


def test_faults_of_the_program_keep_their_traceback(stage: types.ModuleType) -> None:
    def fail(_argv: list[str]) -> None:
        raise ValueError("a fault of ours")

    stage.main = fail
    with pytest.raises(ValueError, match="a fault of ours"):
        main(["score"])
