"""`lass separate --set`: all estimates, resumed, with controls, never of another model."""

import json
import os

import numpy as np
import pytest

from lass.bin import separate
from lass.data.rendered import read_questions
from lass.errors import LassError
from lass.infer import sets
from lass.infer.model import Model
from lass.infer.sets import by_model, separate_set
from lass.io import audio
from lass.io.table import read_table, write_table


@pytest.fixture
def command(test_set, model_folder, tmp_path):
    """Runs the command; gives the folder of the estimates."""

    def run(*arguments: str, out: str = "sep", model=model_folder):
        separate.main(["--set", str(test_set), "--out", str(tmp_path / out), "--model", str(model), *arguments])
        return tmp_path / out

    return run


def estimates(folder) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (folder / "audio").iterdir()}


def test_estimates_have_the_form_of_their_mixtures(command, test_set, model):
    out = command()
    table = dict(read_table(out / "wav.scp"))
    questions = read_questions(test_set)
    assert list(table) == [q.key for q in questions] and len(table) == 7
    for question in questions:
        mixture, rate = audio.read(question.mixture)
        estimate, own_rate = audio.read(table[question.key])
        assert own_rate == rate and estimate.shape == mixture.shape
        np.testing.assert_allclose(estimate, model.separate(mixture, rate, question.text), rtol=0, atol=2e-6)


def test_facts(command, test_set, model_folder):
    facts = json.loads((command("--batch_size", "2") / "info.json").read_text())
    assert facts["model"] == str(model_folder) and facts["model_rate"] == 16000
    assert facts["query_rule"] == "queries of the set" and "--batch_size 2" in facts["command"]
    assert facts["training seed"] == 5 and facts["training data"] == "train"


def test_a_batch_holds_one_rate_and_shape(command, monkeypatch):
    shapes = []
    estimate = Model.estimate
    monkeypatch.setattr(Model, "estimate", lambda m, x, texts: shapes.append(tuple(x.shape)) or estimate(m, x, texts))
    command("--batch_size", "3")
    assert [shape[:2] for shape in shapes] == [(3, 1), (1, 1), (1, 1), (2, 2)] and len(set(shapes)) == 4


def test_resumes_to_the_same_files(command, model, test_set, tmp_path, monkeypatch):
    out = command("--batch_size", "3")
    before = estimates(out)
    for name in sorted(before)[::2]:
        (out / "audio" / name).unlink()
    left = {p.name: p.stat().st_mtime_ns for p in (out / "audio").iterdir()}
    (out / ".done").unlink()
    command("--batch_size", "3")
    assert estimates(out) == before
    assert {name: (out / "audio" / name).stat().st_mtime_ns for name in left} == left


def test_an_interrupt_leaves_whole_files_and_no_table(command, tmp_path, monkeypatch):
    writes = iter(range(3))
    write = audio.write

    def interrupted(*arguments):
        if next(writes, None) is None:
            raise KeyboardInterrupt
        return write(*arguments)

    with monkeypatch.context() as context:
        context.setattr(sets.audio, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            command()
    assert len(estimates(tmp_path / "sep")) == 3
    assert not {"wav.scp", "info.json", ".done"} & set(os.listdir(tmp_path / "sep"))
    assert estimates(command()) == estimates(command(out="again"))


def test_a_finished_set_does_nothing(command, capsys):
    before = estimates(command())
    capsys.readouterr()
    out = command()
    assert capsys.readouterr().out == f"{out}: separated, nothing to do\n" and estimates(out) == before


def test_controls(command, test_set):
    own, wrong, constant = (
        command(*arguments, out=arguments[-1])
        for arguments in (["--control", "none"], ["--control", "interferer"], ["--control", "constant"])
    )
    asked = {q.key: q.text for q in read_questions(test_set)}
    assert set(estimates(constant)) == set(estimates(own)) and estimates(constant) != estimates(own)
    # the interferer has one query a mixture
    assert [key for key, _ in read_table(wrong / "wav.scp")] == [key for key in asked if key.endswith("#0")]
    differ = [name for name, content in estimates(wrong).items() if content != estimates(own)[name]]
    assert len(differ) == 6
    rules = [json.loads((out / "info.json").read_text())["query_rule"] for out in (own, wrong, constant)]
    assert rules == ["queries of the set", "queries of the interferer", "constant: a sound"]


def test_constant_query(command, model, test_set):
    out = command("--control", "constant", "--constant_query", "a dog barks twice")
    table = dict(read_table(out / "wav.scp"))
    for question in read_questions(test_set):
        mixture, rate = audio.read(question.mixture)
        expected = model.separate(mixture, rate, "a dog barks twice")
        np.testing.assert_allclose(audio.read(table[question.key])[0], expected, rtol=0, atol=2e-6)


def test_estimates_of_another_model_are_not_kept(command, other_model_folder):
    old = estimates(command())
    new = estimates(command(model=other_model_folder))
    assert new.keys() == old.keys() and all(new[name] != old[name] for name in old)


def test_interrupted_estimates_of_another_model_are_not_resumed(command, other_model_folder, monkeypatch):
    out = command()
    (out / ".done").unlink()
    next(iter((out / "audio").iterdir())).unlink()
    assert estimates(command(model=other_model_folder)) == estimates(command(model=other_model_folder, out="afresh"))


def test_separate_set_keeps_what_is_there(model, test_set, tmp_path, monkeypatch):
    questions = read_questions(test_set)
    separate_set(by_model(model), questions, tmp_path / "out", 2)
    monkeypatch.setattr(Model, "estimate", lambda *_: pytest.fail("separated again"))
    separate_set(by_model(model), questions, tmp_path / "out", 2)


@pytest.mark.parametrize("missing", ["--set", "--out"])
def test_half_a_command(missing, tmp_path, model_folder):
    given = [a for option in ("--set", "--out") if option != missing for a in (option, str(tmp_path / "x"))]
    with pytest.raises(LassError, match="give a file, --text and -o, or --set and --out"):
        separate.main([*given, "--model", str(model_folder)])


def test_removal(command, model, test_set):
    """The mixture without what the interferer's query says; the estimates have the keys of those queries."""
    table = dict(read_table(command("--remove") / "wav.scp"))
    for question in read_questions(test_set, "interf_queries"):
        mixture, rate = audio.read(question.mixture)
        expected = np.clip(model.separate(mixture, rate, question.text, remove=True), -1, 1)
        np.testing.assert_allclose(audio.read(table[question.key])[0], expected, rtol=0, atol=2e-6)


def test_a_model_that_is_asked_by_labels(command, test_set, tagger_folder, monkeypatch):
    with pytest.raises(LassError, match="utt2labels: no such file, but the model is asked by labels"):
        command(model=tagger_folder, out="unlabelled")
    write_table(test_set / "labels", [("b", "Bell"), ("d", "Dog, barking"), ("r", "Rain")])
    write_table(test_set / "utt2labels", [(f"mix{i}", "b d" if i else "r") for i in range(6)])
    write_table(test_set / "interf2labels", [(f"mix{i}", "d") for i in range(6)])
    asked = []
    estimate = Model.estimate
    monkeypatch.setattr(Model, "estimate", lambda m, x, texts: asked.extend(texts) or estimate(m, x, texts))
    facts = json.loads((command(model=tagger_folder) / "info.json").read_text())
    assert asked == ["Rain"] * 2 + ["Bell | Dog, barking"] * 5 and facts["query_rule"] == "labels of the set"
    asked.clear()
    command("--control", "interferer", model=tagger_folder, out="interferer")
    assert set(asked) == {"Dog, barking"}
    asked.clear()
    command("--control", "constant", model=tagger_folder, out="constant")
    assert set(asked) == {"a sound"}
    write_table(test_set / "utt2labels", [(f"mix{i}", "b") for i in range(5)])
    with pytest.raises(LassError, match="utt2labels: no labels with names for mix5"):
        command(model=tagger_folder, out="incomplete")


def test_jobs_make_the_same_estimates(command, tmp_path):
    whole = command("--batch_size", "2")
    folder = command("--batch_size", "2", "--begin", out="parts")
    for job in (2, 1, 3):
        command("--batch_size", "2", "--job", str(job), "--num_jobs", "3", out="parts")
        assert not (folder / "wav.scp").exists()
    names = [path.name for path in folder.rglob("*.flac")]
    assert len(names) == len(set(names)) == 7
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.flac")}
    command("--batch_size", "2", out="parts")
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*.flac")}  # nothing is made twice
    assert estimates(folder) == estimates(whole) and len(read_table(folder / "wav.scp")) == 7


def test_a_job_comes_after_begin(command, tmp_path):
    with pytest.raises(LassError, match="--job 1 of 2: .* come after --begin"):
        command("--job", "1", "--num_jobs", "2")
    command("--begin")
    with pytest.raises(LassError, match="--job 3 of 2: jobs are counted from 1"):
        command("--job", "3", "--num_jobs", "2")
    with pytest.raises(LassError, match="come after --begin"):  # estimates of another question are not there to go on
        command("--job", "1", "--num_jobs", "2", "--control", "constant")


def test_estimates_by_way_of_scratch(command, tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    plain, paths, read = command(), [], audio.read
    monkeypatch.setattr(audio, "read", lambda path, *words: paths.append(str(path)) or read(path, *words))
    out = command("--scratch", str(tmp_path / "disk"), out="by_scratch")
    assert estimates(out) == estimates(plain)
    assert len(paths) == 7 and all(path.startswith(str(tmp_path / "disk")) for path in paths)
    assert not list((tmp_path / "disk").rglob("out-*"))
