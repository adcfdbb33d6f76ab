"""The recipe of VoiceBank-DEMAND on the miniature of test/corpora."""

from pathlib import Path

import numpy as np
import pytest

from corpora import voicebank
from fixtures.scripts import load_script
from lass.bin import data as data_command
from lass.bin import format as format_command
from lass.data.datadir import DataDir
from lass.data.mixlist import pair_mixlist
from lass.data.render import gain_line, mix, sources
from lass.errors import LassError
from lass.io import audio
from lass.io.archives import unpack

RECIPE = Path(__file__).parents[2] / "egs" / "voicebank" / "local" / "data.py"
data = load_script("egs/voicebank/local/data.py")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """As it lies when it is unpacked."""
    root = tmp_path / "root"
    root.mkdir()
    for name, content in voicebank.publish(tmp_path, None).items():
        file = data.CORPUS.files[name]
        (root / file.name).write_bytes(content)
        unpack(root / file.name, root / file.unpack, file.members, file.inner)
    return root


def prepare(corpus: Path, speakers: str = "28") -> dict:
    return {name: list(rows) for name, rows in data.prepare(corpus, speakers, str(corpus.parent / "noise")).items()}


def test_speakers(corpus, capsys):
    sets = prepare(corpus)
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 12, "valid": 8}
    speakers = {row.utt.replace("noise-", "").split("-")[1].split("_")[0] for row in sets["valid"]}
    assert speakers == {"p226", "p287"}
    assert {row.labels[label] for row in sets["train"] for label in row.labels} == {"Speech", "Noise"}
    printed = capsys.readouterr().out
    assert "28 speakers: 10 pairs listed, 11572 published\n" in printed
    assert "noise of 9 of 10 pairs; 1 in refused.tsv" in printed


def test_56_speakers(corpus):
    """They are trained on; p226 and p287 of the 28 speakers validate."""
    for kind in ("clean", "noisy"):
        small, large = (corpus / f"{kind}_trainset_{part}spk_wav" for part in (28, 56))
        small.rename(large)
        small.mkdir()
        for path in [*large.glob("p226_*"), *large.glob("p287_*")]:
            path.rename(small / path.name)
    log = corpus / "logfiles" / "log_trainset_56spk.txt"
    log.write_text("p227_001 cafeteria 0\np227_002 ssn 5\np228_001 cafeteria 10\n")
    sets = prepare(corpus, "56")
    folders = {name: {Path(row.audio).parent.name for row in rows if "noise" not in row.utt}
               for name, rows in sets.items()}  # fmt: skip
    assert folders == {"train": {"clean_trainset_56spk_wav"}, "valid": {"clean_trainset_28spk_wav"}}
    there = {name: sum(Path(row.audio).exists() for row in rows) for name, rows in sets.items()}
    assert there == {"train": 6, "valid": 8}


def test_noise_is_what_is_left(corpus):
    prepare(corpus)
    noise = corpus.parent / "noise"
    waves = [audio.read(path)[0] for path in (noise / "p227_002.flac", corpus / "clean_trainset_28spk_wav/p227_002.wav",
                                              corpus / "noisy_trainset_28spk_wav/p227_002.wav")]  # fmt: skip
    assert np.array_equal(waves[0] + waves[1], waves[2]) and np.abs(waves[0]).max() > 0.01
    assert not (noise / "p228_002.flac").exists()
    assert (noise / "refused.tsv").read_text() == "p228_002\tclean speech is in it with gain 2.00\n"


def test_another_snr_or_length_is_refused(corpus):
    path = corpus / "logfiles" / "log_trainset_28spk.txt"
    path.write_text(path.read_text().replace("p227_001 cafeteria 0", "p227_001 cafeteria 17.5"))
    short = corpus / "noisy_trainset_28spk_wav" / "p227_002.wav"
    audio.write(short, audio.read(short)[0][:, :-1], voicebank.RATE, "PCM_16")
    prepare(corpus)
    refused = (corpus.parent / "noise" / "refused.tsv").read_text().splitlines()
    assert refused[:2] == ["p227_001\tSNR -0.0 dB, published 17.5 dB", "p227_002\tclean has 48000 samples, noisy 47999"]


def test_noise_is_kept(corpus):
    prepare(corpus)
    before = {path.name: path.stat().st_mtime_ns for path in (corpus.parent / "noise").glob("*.flac")}
    assert len(before) == 9
    prepare(corpus)
    assert before == {path.name: path.stat().st_mtime_ns for path in (corpus.parent / "noise").glob("*.flac")}


def test_validation_on_the_published_mixtures(corpus, tmp_path):
    """Speech and noise, both through the format stage, sum up to the noisy clip that was published."""
    given = ["speakers=28", f"noise={tmp_path / 'noise'}"]
    data_command.main([str(RECIPE), str(tmp_path / "out"), "--root", str(corpus), *given])
    format_command.main([str(tmp_path / "out" / "valid"), str(tmp_path / "valid"), "--store", str(tmp_path / "store")])
    clips = DataDir(tmp_path / "valid")
    mixtures = pair_mixlist(clips, tmp_path / "out" / "pairs" / "valid", {"rule": "as_is"}, {"source": "labels"})
    assert [mixture.mix_id for mixture in mixtures] == [f"voicebank-{n}_{k:03d}" for n in data.VALID for k in (1, 2)]
    assert mixtures[0].queries == ("Speech",)
    waves, rate = sources(clips, mixtures[0])
    rendered = mix(waves, gain_line(mixtures[0], waves, rate))
    noisy, noisy_rate = audio.read(corpus / "noisy_trainset_28spk_wav" / "p226_001.wav")
    expected = audio.resample(noisy[0], noisy_rate, rate)
    assert np.abs(rendered["mix"] - expected).max() < 4 / 32768  # two clips, rounded to 16 bits


def test_options_and_faults(corpus):
    with pytest.raises(LassError, match="--speakers 30: expected 28 or 56"):
        prepare(corpus, "30")
    with pytest.raises(LassError, match="clean_trainset_56spk_wav: not there; run stage 1"):
        prepare(corpus, "56")
    path = corpus / "logfiles" / "log_trainset_28spk.txt"
    for line in ("../p226_1 x 0", "p226_001 x", "p226_001 x loud"):
        path.write_text(f"p227_001 cafeteria 0\n{line}\n")
        with pytest.raises(LassError, match="log_trainset_28spk.txt:2: .* is not '<name> <noise> <SNR>'"):
            prepare(corpus)


def test_download_asks_for_what_is_needed(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(data.Corpus, "fetch", lambda corpus, root, names: asked.append(sorted(names)))
    data.download(tmp_path, "28", "noise")
    data.download(tmp_path, "56", "noise")
    small = ["clean_28", "clean_test", "logs", "noisy_28", "noisy_test"]
    assert asked == [small, sorted([*small, "clean_56", "noisy_56"])]
    assert {name for names in asked for name in names} == data.CORPUS.files.keys()
