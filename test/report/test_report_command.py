"""``lass report`` after ``lass score``, on a tiny set."""

import numpy as np

from lass.bin.report import main as report
from lass.bin.score import main as score
from lass.io import audio
from lass.io.table import write_table

RATE = 8000
TIME = np.arange(RATE) / RATE
TARGET, INTERFERENCE = np.sin(2 * np.pi * 500 * TIME) / 4, np.sin(2 * np.pi * 1500 * TIME) / 4


def make_set(folder):
    waves = {"wav.scp": TARGET + INTERFERENCE, "ref.scp": TARGET}
    waves |= {"est": TARGET + 0.1 * INTERFERENCE, "bad": INTERFERENCE}
    for name, wave in waves.items():
        audio.write(folder / "audio" / f"{name}.wav", wave, RATE)
        in_set, key = name.endswith(".scp"), "m1" if name.endswith(".scp") else "m1#0"
        path = folder / "test" / name if in_set else folder / f"{name}.scp"
        write_table(path, [(key, str(folder / "audio" / f"{name}.wav"))])
    write_table(folder / "test" / "queries", [("m1#0", "a low tone")])
    return folder / "test"


def test_score_then_report(tmp_path, capsys):
    testset, experiment = make_set(tmp_path), tmp_path / "exp"
    for system, source in {
        "mixture": ["--mixture"],
        "model": ["--est_scp", str(tmp_path / "est.scp")],
        "control_interferer": ["--est_scp", str(tmp_path / "bad.scp")],
    }.items():
        out = experiment / "score" / "test" / system
        score([str(testset), *source, "--system", system, "--out", str(out)])
    arguments = [str(experiment), "--out", str(tmp_path / "RESULTS.md")]
    report([*arguments, "--figures", str(experiment / "report")])
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| mixture (unprocessed) | 1/1 | 0.00 (0.00, 0.00) | 0.00 (0.00, 0.00)" in text
    assert "| model | 1/1 | 20.00 (20.00, 20.00) | 20.00 (20.00, 20.00)" in text
    assert "Control \"asked with the interferer's query\": 23.01 dB SDRi below the model." in text
    assert f"Figure: {experiment}/report/test.png".replace("_", "\\_") in text
    assert (experiment / "report" / "test.png").read_bytes().startswith(b"\x89PNG")

    capsys.readouterr()
    report([*arguments, "--figures", str(experiment / "report")])
    assert "nothing to do" in capsys.readouterr().out
    (tmp_path / "RESULTS.md").unlink()
    report(arguments)  # from results.json alone
    assert "Figure" not in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
