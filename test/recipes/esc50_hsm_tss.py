"""egs/esc50/hsm_tss*.sh: from raw clips to the three pages, two steps of each training.

Its some hundred commands take ten minutes, so that it runs only when it is named:

    test/run.sh test/recipes/esc50_hsm_tss.py
"""

import io
import re
import subprocess
import zipfile

from corpora import esc50

STEPS = "train.max_steps=2 train.val_every=2 train.checkpoint_every=2 train.batch_size=4"


def test_from_raw_clips_to_the_pages(repository, environment, tmp_path):
    recipe, root = repository / "egs" / "esc50", tmp_path / "ESC-50-master"
    zipfile.ZipFile(io.BytesIO(esc50.publish(tmp_path, None)["archive"])).extractall(tmp_path)
    for name in ("small_tagger.py", "small_encoders.py"):
        path = recipe / "local" / name
        path.write_text(re.sub(r"^STEPS, RATE = \d+", "STEPS, RATE = 2", path.read_text(), flags=re.M))
    mix = recipe / "conf" / "mix.yaml"  # of few clips
    few = re.sub(r"^((?:valid|test|snr):.*\n)", r"\1  targets: 3\n", mix.read_text(encoding="utf-8"), flags=re.M)
    mix.write_text(few, encoding="utf-8")

    def call(script: str, *options: str) -> None:
        command = [recipe / script, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200, env=environment)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]

    parts = [word for name in ("", "q_audio_", "codec_", "decoder_") for word in (f"--{name}set", STEPS)]
    call("hsm_tss_parts.sh", "--root", str(root), *parts)
    page = (recipe / "RESULTS_PARTS.md").read_text(encoding="utf-8")
    assert all(heading in page for heading in ("# Linear probe", "# Retrieval", "# Codec"))

    call("hsm_tss.sh", "--root", str(root), "--set", STEPS)
    rows = re.findall(r"^\| (esc50\S+) \| (\w+) ", (recipe / "RESULTS_HSM_TSS.md").read_text(), re.M)
    assert len(rows) == 8 and len({name for name, _ in rows}) == 4

    call("hsm_tss_sound.sh")
    page = (recipe / "RESULTS_SOUND.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^\| (?!paper)\S.* \| 3/3 \|", page, re.M)) == 8 and "single stage, removal" in page
    assert "## Differences" in page and "## Codec: test" in page
    assert (recipe / "exp" / "hsm_tss_sound" / "report" / "index.html").exists()
