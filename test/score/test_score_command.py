"""``lass score`` from its command line: partial sets, outside systems, stamps, kill and resume."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from lass.bin.score import main
from lass.errors import LassError
from lass.score import resume

TIME = np.arange(2000) / 8000  # s, as of the set
SLOW = """
import time, lass.score.resume as resume
from lass.bin.score import main
real = resume.measure
def measure(job, *more):
    if job.mix_id == "mix05":
        time.sleep(600)
    return real(job, *more)
resume.measure = measure
main()
"""


def arguments(rendered, out, *more, jobs=1):
    source = [str(rendered.set_dir), "--est_scp", str(rendered.est_scp)]
    return [*source, "--system", "outside", "--out", str(out), "--num_jobs", str(jobs), *more]


def rows(out):
    """Ids of the mixtures that an unfinished run has scored."""
    found = [line.split("\t")[0] for path in out.glob(".parts-*/*.tsv") for line in path.read_text().splitlines()]
    return sorted(found)


def read(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def test_outside_system(rendered, capsys):
    info, out = rendered.folder / "info.json", rendered.folder / "out"
    info.write_text('{"model_rate": 16000, "query_rule": "caption, all", "command": "their program"}')
    main(arguments(rendered, out, "--info", str(info)))
    found = read(out)
    assert (found["system"], found["set"], found["name"], found["complete"]) == ("outside", "test", "test", True)
    assert (found["n_found"], found["n_expected"], found["queries"]["n"]) == (3, 3, 4)
    assert (found["score_rate"], found["model_rate"], found["queries"]["rule"]) == (8000, 16000, "caption, all")
    assert found["separation"]["command"] == "their program"
    assert found["metrics"]["sdri"]["mean"] == pytest.approx((20 + 40 + 10) / 3, abs=0.01)
    assert found["labels"]["dog"]["name"] == "Dog, barking"
    assert found["labels"]["dog"]["sdri"] == pytest.approx(25, abs=0.01)
    assert [row["mix_id"] for row in found["examples"]["best"]] == ["mix2", "mix1", "mix3"]
    assert found["command"].startswith("lass score ") and found["commit"] and found["versions"]["python"]
    assert "found 3 of 3" in capsys.readouterr().out
    lines = (out / "items.tsv").read_text().splitlines()
    assert lines[0] == "mix_id\tlabel\tn_queries\tsdr\tsdri\tsi_sdr\tsi_sdri"
    assert [line.split("\t")[0] for line in lines[1:]] == ["mix1", "mix2", "mix3"]
    assert sorted(path.name for path in out.iterdir()) == [".done", "items.tsv", "results.json"]


def test_a_model_of_a_lower_rate_is_scored_there(rendered):
    """A perfect estimate by a model of 4 kHz, of a target with a tone at 3 kHz, which that cannot hold."""
    low, high = rendered.target, rendered.target + 0.25 * np.sin(2 * np.pi * 3000 * TIME)
    rendered.write({"mix1": [0.0]}, {"mix1": "bell"})
    for name, wave in (("mix1.ref", high), ("mix1.mix", high + rendered.interference), ("mix1.0", low)):
        rendered.wave(name, wave)
    info = rendered.folder / "info.json"
    info.write_text('{"model_rate": 4000}')
    found = {}
    for name, more in (("own", []), ("parted", ["--job", "1"]), ("parted", ["--finish"]), ("set", ["--rate", "8000"])):
        main(arguments(rendered, rendered.folder / name, "--info", str(info), *more))
        found |= {name: read(rendered.folder / name)} if "--job" not in more else {}
    assert (found["own"]["score_rate"], found["own"]["set_rate"], found["set"]["score_rate"]) == (4000, 8000, 8000)
    assert found["own"]["metrics"]["sdr"]["mean"] > 25
    assert found["set"]["metrics"]["sdr"]["mean"] == pytest.approx(3.01, abs=0.01)  # half of the power is missing
    assert found["parted"]["metrics"] == found["own"]["metrics"]
    main([str(rendered.set_dir), "--mixture", "--system", "mixture", "--out", str(rendered.folder / "mixture"),
          "--info", str(info)])  # fmt: skip
    beside = read(rendered.folder / "mixture")
    assert (beside["score_rate"], beside["model_rate"]) == (4000, None)


@pytest.mark.parametrize(
    ("info", "rate", "message"),
    [
        ("4000", "0", "--rate 0: expected Hz, at most the set's 8000"),
        ("4000", "16000", "--rate 16000: expected Hz, at most the set's 8000"),
        ("0", None, "info.json: model_rate 0: expected Hz, or null"),
        ("true", None, "info.json: model_rate True: expected Hz, or null"),
        ("4000.5", None, "info.json: model_rate 4000.5: expected Hz, or null"),
    ],
)
def test_rates_that_are_none(rendered, info, rate, message):
    path = rendered.folder / "info.json"
    path.write_text(f'{{"model_rate": {info}}}')
    asked = arguments(rendered, rendered.folder / "none", "--info", str(path), *(["--rate", rate] if rate else []))
    with pytest.raises(LassError, match=message):
        main(asked)


def test_mixture(rendered):
    main([str(rendered.set_dir), "--mixture", "--system", "mixture", "--out", str(rendered.folder / "out")])
    metrics = read(rendered.folder / "out")["metrics"]
    assert metrics["sdr"]["mean"] == pytest.approx(0, abs=1e-4)
    assert metrics["sdri"] == {"mean": 0, "median": 0, "low": 0, "high": 0}


def test_partial_set_is_named_so(rendered, capsys):
    rendered.est_scp.write_text(rendered.est_scp.read_text().replace("mix1#0", "else#0"))
    main(arguments(rendered, rendered.folder / "out"))
    found = read(rendered.folder / "out")
    assert (found["name"], found["complete"]) == ("test (partial 2/3)", False)
    assert "test (partial 2/3), outside: found 2 of 3" in capsys.readouterr().out


def test_expected_counts_what_was_not_rendered(rendered):
    (rendered.set_dir / "num_expected").write_text("5\n")
    main(arguments(rendered, rendered.folder / "out"))
    assert read(rendered.folder / "out")["name"] == "test (partial 3/5)"
    for wrong in ("2", "many", ""):
        (rendered.set_dir / "num_expected").write_text(wrong)
        with pytest.raises(LassError, match="num_expected: .* is no number of at least 3, the mixtures here"):
            main(arguments(rendered, rendered.folder / "out"))


def test_control_whose_mixtures_are_asked_in_other_ways(rendered):
    (rendered.set_dir / "interf_queries").write_text("mix1#0 a dog\nmix2#0 a cat\nmix3#0 a bell\n")
    rendered.est_scp.write_text(rendered.est_scp.read_text().replace("mix3#1", "else#1"))
    main(arguments(rendered, rendered.folder / "out", "--queries", "interf_queries"))
    found = read(rendered.folder / "out")
    assert (found["n_found"], found["queries"]["n"]) == (3, 3)


def test_no_estimate_at_all(rendered):
    rendered.est_scp.write_text("else#0 a.wav\n")
    with pytest.raises(LassError, match="found 0 of 3 mixtures: .*'mix1#0'"):
        main(arguments(rendered, rendered.folder / "out"))


def test_nothing_to_do_the_second_time(rendered, capsys, monkeypatch):
    out = rendered.folder / "out"
    main(arguments(rendered, out))
    with monkeypatch.context() as patch:
        patch.setattr(resume, "measure_parts", None)
        main(arguments(rendered, out))
    assert "nothing to do" in capsys.readouterr().out
    rendered.est_scp.write_text(rendered.est_scp.read_text().replace("mix1#0", "else#0"))
    main(arguments(rendered, out))  # a manifest changed
    assert read(out)["n_found"] == 2


def test_estimates_of_another_model_are_scored_again(rendered, capsys):
    stamp = rendered.est_scp.parent / ".done"  # what ``lass separate`` leaves beside its wav.scp
    for model in ("one", "two"):
        stamp.write_text(model)
        main(arguments(rendered, rendered.folder / "out"))
    assert "nothing to do" not in capsys.readouterr().out


def test_info_that_is_no_object(rendered):
    info = rendered.folder / "info.json"
    for content in ("[1]", "{", "\xff"):
        info.write_text(content, encoding="latin-1")
        with pytest.raises(LassError, match="info.json: .*one JSON object"):
            main(arguments(rendered, rendered.folder / "out", "--info", str(info)))


def test_an_error_keeps_the_rows_before_it(many, capsys):
    content = many.est_scp.read_text()
    many.est_scp.write_text(content.replace("audio/mix07.0.wav", "gone.wav"))
    with pytest.raises(LassError, match="gone.wav"):
        main(arguments(many, many.folder / "out"))
    assert not (many.folder / "out" / "results.json").exists()
    assert len(rows(many.folder / "out")) == 7
    many.est_scp.write_text(content)  # other inputs: rows of before are not trusted
    main(arguments(many, many.folder / "out"))
    assert "going on" not in capsys.readouterr().out
    assert read(many.folder / "out")["complete"]


def test_killed_run_goes_on_and_gives_the_same(many, repo, capsys):
    out, whole = many.folder / "out", many.folder / "whole"
    command = [sys.executable, "-c", SLOW, *arguments(many, out)]
    process = subprocess.Popen(command, cwd=repo, start_new_session=True)
    try:
        for _ in range(3000):
            if process.poll() is not None or len(rows(out)) == 5:
                break
            time.sleep(0.01)
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with open(*out.glob(".parts-*/1of1.tsv"), "a") as part:
        part.write("mix05\tbell\t1\t12.3")  # a row that the kill cut off
    assert not (out / "results.json").exists() and not (out / "items.tsv").exists()

    main(arguments(many, out))
    assert "going on after 5 of 12 mixtures" in capsys.readouterr().out
    main(arguments(many, whole))
    assert (out / "items.tsv").read_bytes() == (whole / "items.tsv").read_bytes()
    assert {**read(out), "command": ""} == {**read(whole), "command": ""}


def test_parts_give_what_one_run_gives(many, capsys):
    out, whole = many.folder / "out", many.folder / "whole"
    main(arguments(many, whole))
    main(arguments(many, out, "--job", "3", jobs=3))
    assert rows(out) == ["mix02", "mix05", "mix08", "mix11"] and not (out / "results.json").exists()
    with pytest.raises(LassError, match=r"8 of 12 mixtures are not scored yet \(mix00\): run all jobs again"):
        main(arguments(many, out, "--finish", jobs=3))
    for job in ("1", "2"):  # the work may be divided in another way
        main(arguments(many, out, "--job", job, jobs=2))
    assert len(rows(out)) == 12
    main(arguments(many, out, "--finish", jobs=2))
    assert (out / "items.tsv").read_bytes() == (whole / "items.tsv").read_bytes()
    assert "--finish" not in read(out)["command"] and not rows(out)
    capsys.readouterr()
    main(arguments(many, out, "--job", "1", jobs=2))
    assert "nothing to do" in capsys.readouterr().out


def test_processes_give_what_one_process_gives(many):
    for jobs in (1, 5):
        main(arguments(many, many.folder / f"out{jobs}", jobs=jobs))
    assert (many.folder / "out1/items.tsv").read_bytes() == (many.folder / "out5/items.tsv").read_bytes()


def test_an_error_in_a_process_is_told(many):
    many.est_scp.write_text(many.est_scp.read_text().replace("audio/mix07.0.wav", "gone.wav"))
    with pytest.raises(LassError, match="gone.wav"):
        main(arguments(many, many.folder / "out", jobs=2))
    assert "mix10" in rows(many.folder / "out")  # of the other part


@pytest.mark.parametrize("job", ["0", "3"])
def test_jobs_are_counted_from_one(many, job):
    with pytest.raises(LassError, match=f"job {job} of 2: jobs are counted from 1"):
        main(arguments(many, many.folder / "out", "--job", job, jobs=2))


def test_metrics_are_those_asked_for(rendered, capsys):
    out = rendered.folder / "out"
    main(arguments(rendered, out, "--metrics", "si_sdri, sdr"))
    assert (out / "items.tsv").read_text().startswith("mix_id\tlabel\tn_queries\tsi_sdri\tsdr\n")
    found = read(out)
    assert list(found["metrics"]) == ["si_sdri", "sdr"] and "sdri" not in found["labels"]["dog"]
    assert found["examples"]["worst"][0]["si_sdri"] == pytest.approx(10, abs=0.1)  # the first one ranks
    printed = capsys.readouterr().out
    assert "SI-SDRi (dB)" in printed and "SDRi (dB)  " not in printed.replace("SI-SDRi", "")
    main(arguments(rendered, out, "--metrics", "sdr"))  # other metrics are another run
    assert list(read(out)["metrics"]) == ["sdr"]


@pytest.mark.parametrize(("names", "message"), [("sdr,sdrl", "no metric 'sdrl': there are sdr"), ("sdr,sdr", "twice")])
def test_metrics_that_are_not_there(rendered, names, message):
    with pytest.raises(LassError, match=message):
        main(arguments(rendered, rendered.folder / "out", "--metrics", names))


def test_the_same_by_way_of_scratch(rendered):
    out, disk = (rendered.folder / name for name in ("out", "disk"))
    disk.mkdir()
    main(arguments(rendered, out))
    plain = (out / "items.tsv").read_text()
    for options in (["--job", "1"], ["--finish"]):  # as utils/lass.sh does: who finishes needs no audio but of one file
        more = ["--scratch", str(disk)] if "--job" in options else []
        main(arguments(rendered, rendered.folder / "by_scratch", *options, *more))
    assert (rendered.folder / "by_scratch" / "items.tsv").read_text() == plain
    assert len(list(disk.glob("*/*/0/*.wav"))) == 3 + 3  # mixtures and references
