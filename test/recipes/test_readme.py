"""The commands of README.md, run in a copy of the repository; only the trainings are cut short."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

SHORT = ' --set "train.max_steps=30 train.val_every=15"'


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def test_readme_commands(repository: Path, environment: dict[str, str]) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    shell, python = blocks(text, "bash"), blocks(text, "python")
    assert len(shell) == 2 and len(python) == 1
    main, use = shell
    assert main.splitlines()[1].startswith("test/run.sh ")
    recipe_line = main.splitlines()[0].split("#")[0].strip()
    assert recipe_line == "egs/mini/run.sh"

    bash(recipe_line + SHORT, repository, environment)
    results = (repository / "egs/mini/RESULTS.md").read_text(encoding="utf-8")
    for row in ("mixture (unprocessed)", "| model", "interferer's query", "one constant query", "144/144"):
        assert row in results
    assert "(partial" not in results
    assert (repository / "egs/mini/exp/mini_resunet30_small/report/test.png").stat().st_size > 10_000

    begin = time.monotonic()
    again = bash(recipe_line + SHORT, repository, environment)
    print(f"the second run took {time.monotonic() - begin:.1f} s")
    assert again.count("nothing to do") == 17, again

    bash(use, repository, environment)
    assert (repository / "bell.wav").stat().st_size > 100_000
    (repository / "snippet.py").write_text(python[0] + "assert bell.shape == wave.shape\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "snippet.py"], cwd=repository, env=environment | {"PYTHONPATH": str(repository)}, timeout=300
    )
    assert done.returncode == 0


def bash(script: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def test_readme_links_exist(repo: Path) -> None:
    text = (repo / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert os.path.exists(repo / target), target
