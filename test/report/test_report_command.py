"""``lass report`` after ``lass score``, on a tiny set."""

import json
import os
import shutil

import pytest

from lass.bin.report import main as report
from lass.errors import LassError
from lass.io.files import write_text
from lass.report.page import media, site


def arguments(experiment, *more) -> list[str]:
    folder = experiment.parent
    return [str(experiment), *map(str, more), "--out", str(folder / "RESULTS.md"), "--figures", str(folder / "figures")]


@pytest.fixture
def undrawn(monkeypatch):
    """No figures, which take most of the time; all else as ever."""
    monkeypatch.setattr(site, "set_figures", lambda *_: [])


def files(folder) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_results_figures_sounds_and_page(experiment, tmp_path):
    report(arguments(experiment))
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| mixture (unprocessed) | 5/5 | 0.00 (0.00, 0.00) | 0.00 (0.00, 0.00)" in text
    assert "Control \"asked with the interferer's query\": 6.02 dB SDRi below the model." in text
    assert "| best | m2 | Dog, barking | 20.00 |" in text and "| worst | m3 | Bell | -2.98 |" in text
    drawn = {"test.png", "test_labels.png", "test_systems.png", "test_pairs.png"}
    assert files(tmp_path / "figures") == drawn | {"index.html"}
    for name in drawn:
        assert (tmp_path / "figures" / name).read_bytes().startswith(b"\x89PNG")
        assert f"/figures/{name}".replace("_", "\\_") in text
    order = ["m2", "m4", "m5", "m1", "m3"]  # by group: best, median, worst; each once
    sounds = [name for number, mix in enumerate(order, 1) for name in media.file_names(f"{number:03d}-{mix}")]
    assert files(tmp_path / "figures" / "audio") == set(sounds)
    assert not list(tmp_path.rglob(".*.png")) and not list(tmp_path.rglob(".index*"))


def test_results_alone(experiment, tmp_path, tones):
    shutil.rmtree(tones.set_dir)
    (experiment / "score/test/model/items.tsv").unlink()
    report([str(experiment), "--out", str(tmp_path / "RESULTS.md")])  # from results.json alone
    assert "Figures" not in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")


def test_nothing_to_do_until_something_changes(
    experiment, tmp_path, tones, capsys, monkeypatch, log_scalars, write_paper
):
    monkeypatch.setattr(site.Site, "write", lambda self: [write_text(path, "") for path in self.outputs])

    def is_done(*more) -> bool:
        capsys.readouterr()
        report(arguments(experiment, *more))
        return "nothing to do" in capsys.readouterr().out

    assert not is_done() and is_done()
    for name in ("index.html", "test_pairs.png", "audio/001-m2-residual.flac"):
        (tmp_path / "figures" / name).unlink()
        assert not is_done() and is_done()
    for score in (1.0, 2.0):
        paper = write_paper(tmp_path, "test", "theirs", score)
        assert not is_done("--paper", paper) and is_done("--paper", paper)
    assert "| 2.00 |" in (tmp_path / "RESULTS.md").read_text()
    for table in ("interf2labels", "labels"):
        (tones.set_dir / table).unlink()
        assert not is_done() and is_done()
    log_scalars(experiment, ("valid/sdri", 0, 1.0))
    assert not is_done() and is_done()
    assert not is_done(experiment) and is_done(experiment)
    assert not is_done("--force")


def test_new_scores_replace_the_sounds(experiment, tmp_path, tones, undrawn):
    report(arguments(experiment))
    (tmp_path / "figures/audio/mine.flac").write_text("")
    tones.score(experiment, {"model": 1}, mixtures=2)
    report(arguments(experiment))
    sounds = {name for stem in ("001-m2", "002-m1") for name in media.file_names(stem)}
    assert files(tmp_path / "figures" / "audio") == sounds | {"mine.flac"}
    assert "<h2>test (partial)</h2>" in (tmp_path / "figures/index.html").read_text()


def test_an_interrupted_report_keeps_the_old_page(experiment, tmp_path, tones, undrawn, monkeypatch):
    report(arguments(experiment))
    page = (tmp_path / "figures/index.html").read_bytes()
    tones.score(experiment, {"model": 2})
    with monkeypatch.context() as patch:
        patch.setattr(media, "write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            report(arguments(experiment))
    assert (tmp_path / "figures/index.html").read_bytes() == page
    report(arguments(experiment))
    assert (tmp_path / "figures/index.html").read_bytes() != page


def test_figures_whose_data_exist(tmp_path, make_tones, log_scalars):
    tones = make_tones(tmp_path, gains=(-6, -3, 0, 3, 6))
    experiment = tones.score(tmp_path / "exp", {"mixture": None, "model": 1})
    log_scalars(experiment, ("valid/sdri", 0, 1.0))
    for name in ("utt2labels", "interf2labels"):
        (tones.set_dir / name).unlink()
    tones.score(experiment, {"model": 1, "mixture": None})
    report(arguments(experiment))
    assert files(tmp_path / "figures") == {"test.png", "test_systems.png", "test_snr.png", "training.png", "index.html"}


def test_set_that_only_has_the_mixture(tmp_path, tones):
    experiment = tones.score(tmp_path / "exp", {"mixture": None})
    report(arguments(experiment))
    assert files(tmp_path / "figures") == {"index.html"}


def test_other_experiments(experiment, tmp_path, tones, undrawn):
    other = tones.score(tmp_path / "fold_7", {"model": 0.5, "mixture": None})
    report(arguments(experiment, other))
    for path in ("RESULTS.md", "figures/index.html"):
        text = (tmp_path / path).read_text(encoding="utf-8")
        assert text.replace("\\", "").count("fold_7") == 1 and "15.69" in text  # the mean SDRi of its model


def test_rows_of_sets_that_were_not_scored(experiment, tmp_path, capsys, write_paper):
    paper = write_paper(tmp_path, "tset", "a", 1)
    report([str(experiment), "--out", str(tmp_path / "RESULTS.md"), "--paper", str(paper)])
    assert "sets that were not scored are left out: tset" in capsys.readouterr().out


def test_two_figures_of_one_name(tmp_path, make_tones):
    for name in ("a", "a_systems"):
        make_tones(tmp_path, name).score(tmp_path / "exp", {"model": 1})
    with pytest.raises(LassError, match="a_systems.png: two figures have this name: rename the set"):
        report(arguments(tmp_path / "exp"))


def test_results_without_examples(experiment):
    path = experiment / "score/test/model/results.json"
    content = json.loads(path.read_text())
    del content["examples"]
    path.write_text(json.dumps(content))
    with pytest.raises(LassError, match="has no examples: delete it and score again"):
        report(arguments(experiment))


def test_mixtures_are_numbered_from_set_to_set(tmp_path, make_tones, undrawn):
    for name in ("a", "b"):
        make_tones(tmp_path, name).score(tmp_path / "exp", {"model": 1})
    report(arguments(tmp_path / "exp"))
    played = {name[:3] for name in os.listdir(tmp_path / "figures/audio")}
    assert played == {f"{number:03d}" for number in range(1, 11)}  # five mixtures in two sets
