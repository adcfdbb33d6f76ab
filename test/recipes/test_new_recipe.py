"""utils/new_recipe.sh: a recipe for a new corpus, in under 60 lines, runs all stages; egs/{cmd,path}.sh are read."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.data.datadir import DataDir
from lass.io.table import read_table

from .conftest import SHORT_TRAINING, TINY_MODEL


def call(*command: Path | str, **keywords) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, **keywords)


def make_corpus(folder: Path) -> Path:
    """Three sets of two clips of each of two labels, with a comma, a quote and an odd name."""
    rng, lines = np.random.default_rng(0), ["file,split,captions,labels"]
    (folder / "ümläut & co").mkdir(parents=True)
    for split in ("train", "valid", "test"):
        for k, (label, caption) in enumerate([("Dog", '"a ""dog"", barking|woof"'), ("Rain, heavy", "it pours")] * 2):
            file = f"ümläut & co/{split} $(id) {k}.wav"
            soundfile.write(folder / file, 0.1 * rng.standard_normal(8000), 16000)
            lines.append(f'{file},{split},{caption},"{label}"')
    (folder / "clips.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return folder


def test_a_new_recipe_runs(repository, environment, tmp_path):
    made = call(repository / "utils" / "new_recipe.sh", "birds_1")
    assert made.returncode == 0 and "egs/birds_1" in made.stdout, made.stderr
    recipe = repository / "egs" / "birds_1"
    files = [recipe / "run.sh", recipe / "local" / "data.py", *recipe.glob("conf/*")]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 60
    assert not [path for path in recipe.rglob("*") if path.is_file() and "TEMPLATE" in path.read_text(encoding="utf-8")]
    assert sorted(path.name for path in (repository / "egs").glob(".*")) == []

    make_corpus(tmp_path / "corpus")
    (repository / "conf" / "model" / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    options = ["--root", "corpus", "--model", "tiny", "--set", SHORT_TRAINING]
    done = call(recipe / "run.sh", *options, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    train = DataDir(recipe / "data" / "train")
    assert len(train) == 4 and train.labels == {"dog": "Dog", "rain__heavy": "Rain, heavy"}
    assert train.captions_of(train.utts(0)) == ['a "dog", barking', "woof"]
    assert len(read_table(recipe / "data" / "mix" / "valid" / "wav.scp")) == 4
    assert len(read_table(recipe / "data" / "mix" / "test" / "wav.scp")) == 8
    assert "| model" in (recipe / "RESULTS.md").read_text(encoding="utf-8")
    assert len(list(recipe.glob("exp/*/*.tar.gz"))) == 1
    refused = call(recipe / "run.sh", "--root", "none", "--stop_stage", "2", cwd=tmp_path, env=environment)
    assert refused.returncode == 1 and f"--root {tmp_path}/none: no clips.csv there" in refused.stderr


@pytest.mark.parametrize("words", [["../x"], ["a/b"], ["a b"], ["a;id"], ["A"], ["-x"], ["$(id)"], ["a\nb"], [""], [],
                                   ["a", "b"], ["mini"]])  # fmt: skip
def test_names_are_checked(words, repo):
    before = sorted(repo.glob("egs/*")) + sorted(repo.glob("egs/.*"))
    refused = call(repo / "utils" / "new_recipe.sh", *words)
    assert refused.returncode == 1 and refused.stderr.startswith("utils/new_recipe.sh: ")
    assert sorted(repo.glob("egs/*")) + sorted(repo.glob("egs/.*")) == before


def test_the_machine_is_set_in_one_place(repository, environment):
    egs, run_sh = repository / "egs", repository / "egs" / "mini" / "run.sh"
    cmd = (egs / "cmd.sh").read_text(encoding="utf-8")
    (egs / "cmd.sh").write_text(cmd.replace("cmd=run", "cmd=none").replace("nj=2", "nj=7"), encoding="utf-8")
    assert "stages format, mix, embed and score (default: 7)" in call(run_sh, "--help", env=environment).stdout
    (egs / "path.sh").write_text('PYTHON=$LASS_PYTHON; echo "here $PYTHON" >&2\n', encoding="utf-8")
    refused = call(run_sh, "--stage", "11", env=environment)
    assert refused.returncode == 1 and "--cmd none: no launcher utils/none.py" in refused.stderr
    assert f"here {environment['LASS_PYTHON']}\n" in refused.stderr
    assert call(run_sh, "--stage", "11", "--cmd", "run", env=environment).returncode == 0
