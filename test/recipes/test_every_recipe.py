"""Every recipe takes all its stages on a miniature of its corpus that a faulty server on loopback publishes."""

import hashlib
import importlib
import pkgutil
import subprocess
from pathlib import Path

import pytest
import yaml

import corpora
from lass.io.table import read_table

from .conftest import TINY_MODEL

RECIPES = sorted(module.name for module in pkgutil.iter_modules(corpora.__path__))
TRAINING = "train.max_steps=4 train.val_every=2 train.checkpoint_every=2 train.batch_size=2 data.segment=0.25"


def run(recipe: Path, environment: dict[str, str], *options: str) -> subprocess.CompletedProcess:
    command = [str(recipe / "run.sh"), "--model", "tiny", "--set", TRAINING, "--leaks", "paper", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)


def redirect(recipe: Path, web, files: dict[str, bytes], fault: type) -> None:
    """Let conf/corpus.yaml name the files on ``web``; each download meets a fault before it is whole.

    Files of a name with a slash are those that a file of that corpus.yaml lists: they lie below its address.
    """
    path = recipe / "conf" / "corpus.yaml"
    corpus = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = {name: content for name, content in files.items() if "/" not in name}
    assert named.keys() <= corpus["files"].keys()
    faults = [fault(cut=100), fault(status=503), fault(status=429, headers={"Retry-After": "1"})]
    corpus["files"] = {name: corpus["files"][name] for name in named}  # the others are of options that are not tried
    for k, (name, content) in enumerate(named.items()):
        spec, place = corpus["files"][name], f"/{k}/{name}"
        spec["file"] = spec.get("file") or spec["url"].rpartition("/")[2].partition("?")[0]
        spec["url"] = web.url(place)
        if "md5" in spec:
            spec["md5"] = hashlib.md5(content).hexdigest()
        web.files[place], web.faults[place] = content, [faults[k % 3]]
        for listed in (listed for listed in files if listed.startswith(f"{name}/")):
            below = f"{place}/{listed.partition('/')[2]}"
            web.files[below], web.faults[below] = files[listed], [faults[(k + 1) % 3]]
    path.write_text(yaml.safe_dump(corpus), encoding="utf-8")


@pytest.mark.parametrize("name", RECIPES)
def test_all_stages(name, repository, environment, web, yt_dlp, fault, tmp_path):
    corpus = importlib.import_module(f"corpora.{name}")
    (repository / "conf" / "model" / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    recipe = repository / "egs" / name
    redirect(recipe, web, corpus.publish(tmp_path / "made", yt_dlp), fault)
    path = f"{yt_dlp.place}:{environment['PATH']}"
    done = run(recipe, environment | {"PATH": path}, *corpus.OPTIONS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]

    (data,) = {found.parent.parent for found in recipe.glob("data/**/orig/*/wav.scp")} or {None}
    for set_name, clips in corpus.CLIPS.items():
        assert len(read_table(data / set_name / "wav.scp")) == clips
        missing = (data / set_name / "missing.tsv").read_text(encoding="utf-8").splitlines()
        assert len(missing) == corpus.MISSING.get(set_name, 0)
        assert f"{clips} of {clips + len(missing)} clips found" in done.stdout
    assert "model" in (recipe / "RESULTS.md").read_text(encoding="utf-8") and list(recipe.glob("exp/*/*.tar*"))

    asked = len(web.asked)
    again = run(recipe, environment | {"PATH": path}, *corpus.OPTIONS)
    assert again.returncode == 0 and len(web.asked) == asked, again.stderr[-3000:]
    assert "steps" not in again.stderr.split("== stage 6")[1].split("== stage 7")[0] or "nothing to do" in again.stderr
