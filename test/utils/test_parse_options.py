"""Options of shell scripts: utils/parse_options.sh."""

import subprocess
from pathlib import Path

import pytest

PARSER = Path(__file__).resolve().parents[2] / "utils" / "parse_options.sh"
SCRIPT = r"""#!/usr/bin/env bash
# Makes sounds.
#
#   run.sh [options] corpus

# Not part of the help.
set -euo pipefail
stage=1             # the first stage
train_set="a b"     # name of the # set
force=false         # compute again
computed=$(echo x)
copied="$HOME"
option_files=(@MORE@)
. @MORE@
. @PARSER@
late=1
printf '%s\n' "$stage" "$train_set" "$force" "${cmd}" "$#" "$@"
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    more = tmp_path / "more.sh"
    more.write_text("cmd=run.pl  # the launcher\nforce=${force:-true}  # never shown, run.sh explains it\n")
    path = tmp_path / "run.sh"
    path.write_text(SCRIPT.replace("@MORE@", str(more)).replace("@PARSER@", str(PARSER)))
    return path


def call(script: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", str(script), *words], capture_output=True, text=True, timeout=20)


def values(script: Path, *words: str) -> list[str]:
    result = call(script, *words)
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\n")[:-1]


def test_defaults(script: Path) -> None:
    assert values(script) == ["1", "a b", "false", "run.pl", "0"]


def test_forms(script: Path) -> None:
    words = ["--stage", "3", "--train-set=x=y", "--force", "true", "--cmd=--odd"]
    assert values(script, *words) == ["3", "x=y", "true", "--odd", "0"]


def test_empty_and_negative_values(script: Path) -> None:
    assert values(script, "--stage", "-3", "--train_set", "") == ["-3", "", "false", "run.pl", "0"]


def test_positional_arguments_stay(script: Path) -> None:
    assert values(script, "--stage", "2", "a  b", "--stage", "$x")[4:] == ["3", "a  b", "--stage", "$x"]
    assert values(script, "--stage", "2", "--", "--x")[4:] == ["1", "--x"]


@pytest.mark.parametrize(
    "text", ["two  blanks ", "$(touch hacked)", "`id`", "it's \"quoted\"", "a;b|c&d", "%s\\n*", "ümläut"])
def test_values_are_never_run_or_split(script: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    assert values(script, "--train_set", text)[1] == text
    assert values(script, f"--train_set={text}")[1] == text
    assert not (script.parent / "hacked").exists()


@pytest.mark.parametrize("words, message", [
    (["--stages", "3"], "unknown option --stages"),
    (["--PATH", "/tmp"], "unknown option --PATH"),  # a variable, but not a declared one
    (["--late", "3"], "unknown option --late"),  # declared below the parser
    (["--computed", "3"], "unknown option --computed"),
    (["--copied", "3"], "unknown option --copied"),
    (["--option_files", "x"], "unknown option --option_files"),
    (["--stage"], "--stage needs a value"),
    (["--force", "--stage", "2"], "--force needs a value"),
    (["--force", "yes"], "--force takes true or false, not 'yes'"),
    (["--force="], "--force takes true or false, not ''"),
    (["--a b[$(id)]", "3"], "unknown option"),
])
def test_mistakes_die_with_one_line(script: Path, words: list[str], message: str) -> None:
    result = call(script, *words)
    assert result.returncode == 1 and result.stdout == ""
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_help(script: Path) -> None:
    result = call(script, "--help")
    assert result.returncode == 0
    assert result.stdout == (
        "Makes sounds.\n\n  run.sh [options] corpus\n\nOptions:\n"
        "  --stage              the first stage (default: 1)\n"
        "  --train_set          name of the # set (default: a b)\n"
        "  --force              compute again (default: false)\n"
        "  --cmd                the launcher (default: run.pl)\n"
    )
