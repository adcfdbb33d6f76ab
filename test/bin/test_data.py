import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.bin import data, download
from lass.data.datadir import DataDir
from lass.errors import LassError

RECIPE = '''
from lass.data.datadir import Row

def download(root, subset="small"):
    root.mkdir(exist_ok=True)
    (root / "subset").write_text(subset)

def prepare(root, test_fold, subset="small"):
    def rows(fold):
        for path in sorted(root.glob(f"{fold}-*.wav")):
            yield Row(f"toy-{path.stem}", str(path), [f"a {subset} sound"], {"l1": "Sound"})
    return {"train": rows("1"), "test": rows(test_fold)}
'''


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    for name in ("1-a", "1-b", "2-a"):
        (tmp_path / "root").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "root" / f"{name}.wav", np.zeros(100), 8000)
    path = tmp_path / "data.py"
    path.write_text(RECIPE)
    return path


def test_data(recipe, tmp_path, capsys):
    root, out = tmp_path / "root", tmp_path / "out"
    data.main([str(recipe), str(out), "--root", str(root), "test_fold=2", "subset=a=b; $(x)"])
    assert capsys.readouterr().out.splitlines() == [
        f"{out}/train: 2 of 2 clips found",
        f"{out}/train: 2 clips, 2 captions, 1 labels",
        f"{out}/test: 1 of 1 clips found",
        f"{out}/test: 1 clips, 1 captions, 1 labels",
    ]
    assert DataDir(out / "test").captions_of("toy-2-a") == ["a a=b; $(x) sound"]


def test_published_lists(recipe, tmp_path, capsys):
    hook = "\ndef pairs(root, test_fold, subset='small'):\n    return {'known': {'m1': ['a', 'b']}}\n"
    recipe.write_text(RECIPE + hook)
    data.main([str(recipe), str(tmp_path / "out"), "--root", str(tmp_path / "root"), "test_fold=2"])
    assert (tmp_path / "out" / "pairs" / "known").read_text() == "m1 a b\n"
    assert "pairs/known: 1 mixtures of a published list" in capsys.readouterr().out


def test_download(recipe, tmp_path):
    download.main([str(recipe), "--root", str(tmp_path / "new"), "subset=large"])
    assert (tmp_path / "new" / "subset").read_text() == "large"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["test_fold=2", "tset=1"], "prepare takes no option 'tset'; it takes test_fold, subset"),
        (["subset=x"], "prepare needs test_fold=...; it takes test_fold, subset"),
        (["root=/", "test_fold=2"], "takes no option 'root'"),
        (["test_fold"], "option 'test_fold': write it as key=value"),
    ],
)
def test_wrong_options(recipe, tmp_path, options, message):
    with pytest.raises(LassError, match=message):
        data.main([str(recipe), str(tmp_path / "out"), "--root", str(tmp_path / "root"), *options])
    assert not (tmp_path / "out").exists()


def test_wrong_recipes(tmp_path):
    arguments = [str(tmp_path / "data.py"), str(tmp_path / "out"), "--root", str(tmp_path)]
    with pytest.raises(LassError, match="data.py: no such file"):
        data.main(arguments)
    (tmp_path / "data.py").write_text("x = 1\n")
    with pytest.raises(LassError, match="no function prepare"):
        data.main(arguments)
    (tmp_path / "data.py").write_text("def prepare(root):\n    return {'../x': []}\n")
    with pytest.raises(LassError, match="bad name of a set"):
        data.main(arguments)


def test_a_set_with_faults_is_refused(recipe, tmp_path, capsys):
    os.truncate(tmp_path / "root" / "1-b.wav", 0)
    with pytest.raises(LassError, match="out/train: the lines above are wrong: mend them in .*data.py"):
        data.main([str(recipe), str(tmp_path / "out"), "--root", str(tmp_path / "root"), "test_fold=2"])
    assert "wav.scp:2: toy-1-b: " in capsys.readouterr().out
