"""kill -9 in the middle of each stage, then the same command again: the scores are those of a run without kills."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

EXP = Path("exp/tiny_tiny")
SYSTEMS = ("mixture", "model", "control_interferer", "control_constant")


def files(recipe: Path, pattern: str) -> int:
    return len(list(recipe.glob(pattern)))


# stage -> True when it is in its middle
MIDDLE: dict[int, Callable[[Path], bool]] = {
    3: lambda recipe: files(recipe, "data/flac/*.flac") > 10,
    4: lambda recipe: files(recipe, "data/mix/test/mix/*.flac") > 5,
    5: lambda recipe: (recipe / EXP / "embed").exists(),
    6: lambda recipe: (recipe / EXP / "ckpt" / "last.ckpt").exists(),
    7: lambda recipe: files(recipe, f"{EXP}/sep/test/*/audio/*.flac") > 5,
    8: lambda recipe: files(recipe, f"{EXP}/score/test/*/.started") > 0,
}


def run(recipe: Path, environment: dict[str, str], *options: str) -> str:
    done = subprocess.run(
        [str(recipe / "run.sh"), *options], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def kill_in_the_middle(recipe: Path, environment: dict[str, str], stage: int) -> None:
    """Start the recipe up to ``stage`` and kill all its processes once the stage is in its middle."""
    process = subprocess.Popen(
        [str(recipe / "run.sh"), "--stop_stage", str(stage)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    for _ in range(6000):
        if MIDDLE[stage](recipe) or process.poll() is not None:
            break
        time.sleep(0.02)
    else:
        pytest.fail(f"stage {stage} did not begin within 2 minutes")
    kill_tree(process.pid)
    process.wait()


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and all below it; the launcher's jobs have process groups of their own."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    for child in children.get(pid, []):
        kill_tree(child)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def scores(recipe: Path) -> dict:
    found = {}
    for system in SYSTEMS:
        folder = recipe / EXP / "score" / "test" / system
        found[system] = json.loads((folder / "results.json").read_text())["metrics"]
        found[system]["items"] = (folder / "items.tsv").read_text()
    return found


def test_killed_stages_give_the_same_scores(tiny_recipes: list[Path], environment: dict[str, str]) -> None:
    whole, killed = tiny_recipes
    run(whole, environment)
    for stage in MIDDLE:
        kill_in_the_middle(killed, environment, stage)
    run(killed, environment)
    assert scores(killed) == scores(whole)
    assert (killed / EXP / "tiny_tiny.tar.gz").exists()

    again = run(whole, environment)
    assert again.count("nothing to do") == 17, again  # every stage but download, whose check is its own
