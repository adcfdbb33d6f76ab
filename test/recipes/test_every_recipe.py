"""Every recipe takes all its stages on a miniature of its corpus that a faulty server on loopback publishes."""

import hashlib
import importlib
import pkgutil
import re
import subprocess
from pathlib import Path

import pytest
import yaml

import corpora
from lass.io.table import read_table

from .conftest import SHORT_TRAINING, TINY_MODEL

RECIPES = sorted(module.name for module in pkgutil.iter_modules(corpora.__path__))


@pytest.fixture
def call(repository, environment, yt_dlp):
    """Runs a recipe of the copied repository, where egs/path.sh puts the stand-in before the real yt-dlp."""
    (repository / "conf" / "model" / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    with open(repository / "egs" / "path.sh", "a", encoding="utf-8") as path_sh:
        path_sh.write(f'export PATH="{yt_dlp.place}:$PATH"\n')

    def run(name: str, *options: str) -> subprocess.CompletedProcess:
        run_sh = str(repository / "egs" / name / "run.sh")
        command = [run_sh, "--model", "tiny", "--set", SHORT_TRAINING, "--leaks", "paper"]
        return subprocess.run([*command, *options], capture_output=True, text=True, timeout=900, env=environment)

    return run


def redirect(recipe: Path, web, files: dict[str, bytes], checksum: str = "") -> list[str]:
    """Let conf/corpus.yaml name the files on ``web``; returns their places there.

    A file of a name with a slash is one that the file before the slash lists: it lies below its address.
    """
    path = recipe / "conf" / "corpus.yaml"
    corpus = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = {name: content for name, content in files.items() if "/" not in name}
    assert named.keys() <= corpus["files"].keys()
    corpus["files"] = {name: corpus["files"][name] for name in named}  # the others are of options that are not tried
    places = []
    for name, content in named.items():
        spec, place = corpus["files"][name], f"/{name}/file"
        spec["file"] = spec.get("file") or spec["url"].rpartition("/")[2].partition("?")[0]
        spec["url"] = web.url(place)
        if "md5" in spec or checksum:
            spec["md5"] = checksum or hashlib.md5(content).hexdigest()
        listed = {f"{place}/{key.partition('/')[2]}": files[key] for key in files if key.startswith(f"{name}/")}
        web.files |= {place: content} | listed
        places += [place, *listed]
    path.write_text(yaml.safe_dump(corpus), encoding="utf-8")
    return places


@pytest.mark.parametrize("name", RECIPES)
def test_all_stages(name, repository, call, web, yt_dlp, fault, tmp_path):
    """Each file is asked for four times: 500, a connection that drops, 429, and the rest of it."""
    corpus, recipe = importlib.import_module(f"corpora.{name}"), repository / "egs" / name
    places = redirect(recipe, web, corpus.publish(tmp_path / "made", yt_dlp))
    for place in places:
        web.faults[place] = [fault(status=500), fault(cut=50), fault(status=429, headers={"Retry-After": "1"})]
    done = call(name, *corpus.OPTIONS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    assert sorted(path for path, _ in web.asked) == sorted(places * 4)
    assert [headers.get("Range") for path, headers in web.asked if path == places[0]][-1] == "bytes=50-"

    (wav_scp,) = {table for table in recipe.glob("data/**/orig/train/wav.scp")}
    data = wav_scp.parents[1]
    for set_name, clips in corpus.CLIPS.items():
        assert len(read_table(data / set_name / "wav.scp")) == clips
        missing = (data / set_name / "missing.tsv").read_text(encoding="utf-8").splitlines()
        assert len(missing) == corpus.MISSING.get(set_name, 0)
        assert f"{clips} of {clips + len(missing)} clips found" in done.stdout
    results = (recipe / "RESULTS.md").read_text(encoding="utf-8")
    assert "| model" in results and "asked with the interferer's query" in results
    assert len(list(recipe.glob("exp/*/*.tar.gz"))) == 1

    asked, called = len(web.asked), len(yt_dlp.calls())
    again = call(name, *corpus.OPTIONS, "--stop_stage", "4")  # the later stages are the same for all recipes
    assert again.returncode == 0, again.stderr[-3000:]
    assert len(web.asked) == asked and not yt_dlp.calls() and (called > 0) == (name not in corpora.WITHOUT_YOUTUBE)
    printed = again.stdout + again.stderr
    stages = list(data.parent.rglob(".done"))  # data, format of each set, mix of each set
    assert printed.count("nothing to do") == len(stages) > 3, printed


def test_lass_test_is_scored_by_the_recipe_of_its_clips(repository, call, web, yt_dlp, tmp_path):
    """--subset lass: LASS-Net's list for training; LASS-Test of clips that this part does not have, with its rows."""
    audiocaps, recipe = importlib.import_module("corpora.audiocaps"), repository / "egs" / "audiocaps"
    part = "".join(f"{video}\n" for video in audiocaps.TRAIN[2:]).encode()
    pairs = f"target_wav, noise_wav\n{audiocaps.TRAIN[1]},{audiocaps.TEST[1]}\n".encode()
    files = audiocaps.publish(tmp_path / "made", yt_dlp) | {"lass_train": part, "lass_test": pairs}
    redirect(recipe, web, files)
    for path in (repository / "conf" / "sets").glob("*.yaml"):
        path.write_text(re.sub(r" *md5: .*\n", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    mix = recipe / "conf" / "mix.yaml"  # of few clips
    mix.write_text(mix.read_text(encoding="utf-8").replace("mixtures_per_target: 5", "mixtures_per_target: 1"))
    metadata = tmp_path / "benchmark" / "metadata"
    metadata.mkdir(parents=True)
    for name, key in (("evaluation_indexes", "lass_test"), ("audiocaps_train", "v1_train"), ("audiocaps_val", "v1_val"),
                      ("audiocaps_test", "v1_test")):
        (metadata / f"{name}.csv").write_bytes(files[key])
    done = call("audiocaps", "--subset", "lass", "--benchmark", str(metadata.parent), "--stop_stage", "9")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    (experiment,) = recipe.glob("exp/*")
    results = (recipe / "RESULTS.md").read_text(encoding="utf-8")
    assert "## lass\\_test (partial)" in results and "BSS Eval SIR" in results
    assert len(read_table(recipe / "data" / "v1_lass" / "train" / "wav.scp")) == 7
    assert "| LASS-Net | Interspeech 2022" in (experiment / "benchmark.md").read_text(encoding="utf-8")
    for name in ("report/lass_test_systems.png", "boxes/lass_test.png"):
        assert (experiment / name).stat().st_size > 5_000


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def page(content: bytes) -> bytes:
    return b"<!DOCTYPE html><html><title>Sign in</title></html>"


@pytest.mark.parametrize(
    ("spoil", "checksum", "message"),
    [
        (cut, "", r"damaged \(File is not a zip file\): delete it and run again"),
        (page, "", r"an HTML page \('Sign in'\) came in place of ESC-50.zip: open it in a browser"),
        (bytes, "0" * 32, f"MD5 [0-9a-f]+, published {'0' * 32}: it changed, or the download was damaged; run again"),
        (None, "", "HTTP Error 404: Not Found; run again to go on, or download it to downloads/ESC-50.zip by other"),
    ],
    ids=["short archive", "page", "checksum", "404"],
)
def test_what_no_new_try_mends(spoil, checksum, message, repository, call, web, yt_dlp, tmp_path):
    """Stage 1 ends with one line that names the file and the way out, nothing half is left; then it is mended."""
    files, recipe = importlib.import_module("corpora.esc50").publish(tmp_path, yt_dlp), repository / "egs" / "esc50"
    (place,) = redirect(recipe, web, files, checksum)
    web.files[place] = spoil and spoil(files["archive"])
    failed = call("esc50", "--stop_stage", "1")
    assert failed.returncode == 1 and re.search(message, failed.stderr.splitlines()[-1]), failed.stderr
    assert not [path for path in recipe.glob("downloads/*") if path.suffix != ".etag"]
    redirect(recipe, web, files, hashlib.md5(files["archive"]).hexdigest())
    mended = call("esc50", "--stop_stage", "1")
    assert mended.returncode == 0 and (recipe / "downloads" / "ESC-50" / "ESC-50-master" / "meta").is_dir()
