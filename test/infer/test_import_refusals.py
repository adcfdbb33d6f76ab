"""`lass import` and wrong files: one line that names what a file looks like, and nothing is written."""

import importlib
import re
from pathlib import Path

import pytest
import torch

from lass.errors import LassError
from lass.infer.released import KINDS
from lass.separators.resunet30 import ResUNet30

command = importlib.import_module("lass.bin.import")  # the name is a keyword


def separator(kind: str, condition: int, **change) -> dict:
    """A state dict of ``kind`` with weights that take no room."""
    with torch.device("meta"):
        state = ResUNet30(condition=condition, **{**KINDS[kind].separator, **change}).state_dict()
    return {f"ss_model.{key}": torch.zeros(()).expand(value.shape) for key, value in state.items()}


@pytest.fixture(scope="module")
def files(tmp_path_factory, laion_clap_weights) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("published")
    whole = separator("audiosep", 512)
    norm = "ss_model.base.bn0.bias"
    contents = {
        "audiosep": whole,
        "dcase2024": separator("dcase2024", 512),
        "uss": separator("uss", 2048),
        "at_soft": separator("uss", 527),
        "laion_clap": {f"module.{key}": value for key, value in laion_clap_weights().items()},
        "condition": separator("audiosep", 768),
        "window": separator("audiosep", 512, window=1024),
        "widths": separator("audiosep", 512, widths=(32, 64, 128, 256, 512, 1024)),
        "incomplete": {key: value for key, value in whole.items() if key != norm},
        "too much": whole | {"ss_model.base.new.weight": torch.zeros(1), "other.weight": torch.zeros(1)},
        "shape": whole | {"ss_model.film.encoder_block1->conv_block1->beta2.bias": torch.zeros(5)},
        "ClapModel": {"audio_model.audio_encoder.norm.bias": torch.zeros(1), "text_model.bias": torch.zeros(1)},
        "odd": {"ss_model.base.bn0.weight": torch.zeros(()), "ss_model.film.x": torch.zeros(3)},
        "no queries": {"ss_model.base.bn0.weight": torch.zeros(3), "ss_model.film.x": torch.zeros(3)},
        "PANNs": {"model": {"fc_audioset.weight": torch.zeros(1), "bn0.bias": torch.zeros(1)}},
        "unknown": {"state_dict": {"frame_net.weight": torch.zeros(1)}},
    }
    for name, content in contents.items():
        torch.save(content, folder / name)
    content = (folder / "laion_clap").read_bytes()
    (folder / "cut short").write_bytes(content[: len(content) // 2])
    (folder / "web page").write_text("<!DOCTYPE html><html></html>")
    return {path.name: path for path in folder.iterdir()}


def refusal(kind: str, path: Path, out: Path, *options: str) -> str:
    with pytest.raises(LassError) as caught:
        command.main([kind, str(path), "--out", str(out / "model"), *options])
    assert "\n" not in str(caught.value) and not list(out.iterdir())
    return str(caught.value)


RESUNET30 = r"a ResUNet30 separator with window {}, widths \[32, 64, 128, 256, {}\] and queries of size {}"


@pytest.mark.parametrize(
    ("kind", "file", "said"),
    [
        ("audiosep", "laion_clap", "looks like a LAION-CLAP, not like kind audiosep: import it as kind laion_clap"),
        ("laion_clap", "audiosep", RESUNET30.format(2048, "384, 384", 512) + ", .*: import it as kind audiosep"),
        ("audiosep", "dcase2024", RESUNET30.format(1024, "384, 384", 512) + ", .*: import it as kind dcase2024"),
        ("dcase2024", "audiosep", RESUNET30.format(2048, "384, 384", 512) + ", .*: import it as kind audiosep"),
        ("audiosep", "uss", RESUNET30.format(2048, "384, 384", 2048) + ", .*: import it as kind uss"),
        ("dcase2024", "at_soft", RESUNET30.format(2048, "384, 384", 527) + ", .*: import it as kind uss"),
        ("uss", "audiosep", RESUNET30.format(2048, "384, 384", 512) + ", .*: import it as kind audiosep"),
        ("audiosep", "condition", RESUNET30.format(2048, "384, 384", 768) + ", .*: no kind takes it"),
        ("audiosep", "window", RESUNET30.format(1024, "384, 384", 512) + ", .*: import it as kind dcase2024"),
        ("audiosep", "widths", RESUNET30.format(2048, "512, 1024", 512) + ", .*: no kind takes it"),
        ("audiosep", "incomplete", "not whole, or not as published: missing base.bn0.bias; 1 faults in all"),
        ("audiosep", "too much", "unexpected base.new.weight; unexpected other.weight; 2 faults in all"),
        ("audiosep", "shape", r"beta2.bias is \[5\], expected \[32\]; 1 faults in all"),
        ("audiosep", "ClapModel", "looks like a ClapModel of transformers, to be used as it is: give its folder to"),
        ("laion_clap", "PANNs", "looks like a tagger of PANNs, not like kind laion_clap: no kind takes it"),
        ("uss", "odd", r"looks like 2 weights of no known kind \(ss_model.base.bn0.weight, ss_model.film.x, ..\)"),
        ("uss", "no queries", r"window 4, widths \[\] and queries of size None, .*: no kind takes it"),
        ("uss", "unknown", r"looks like 1 weights of no known kind \(frame_net.weight, ..\), .*: no kind takes it"),
        ("audiosep", "cut short", r"cut short or damaged \(\d+ bytes: .*\): download it again"),
        ("laion_clap", "web page", "no checkpoint but a web page: download the file itself"),
        ("audiosep", "audiosep", "holds no query encoder: give --encoder CLAP, the folder that lass import laion_clap"),
    ],
)
def test_wrong_files(kind, file, said, files, tmp_path):
    message = refusal(kind, files[file], tmp_path)
    assert message.startswith(f"{files[file]}: ")
    assert re.search(said, message), message


def test_a_clap_of_another_size(files, laion_clap_weights, roberta_tokenizer, tmp_path):
    (tmp_path / "out").mkdir()
    clap = tmp_path / "clap"
    command.main(["laion_clap", str(files["laion_clap"]), "--out", str(clap), "--tokenizer", str(roberta_tokenizer)])
    message = refusal("audiosep", files["audiosep"], tmp_path / "out", "--encoder", str(clap))
    assert f"{clap}: a CLAP with embeddings of size 12, and the separator takes 512" in message


def test_no_tokenizer_and_no_network(files, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "out").mkdir()
    message = refusal("laion_clap", files["laion_clap"], tmp_path / "out")
    assert message.startswith("--tokenizer roberta-base: no such folder") and "hf download roberta-base" in message


def test_what_is_there_already_is_kept(files, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(LassError, match="is there already: remove it or give another folder"):
        command.main(["uss", str(files["uss"]), "--out", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_where_nothing_can_be_written(files, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(LassError, match=f"{tmp_path}/file/out: cannot be written .*: give another place"):
        command.main(["uss", str(files["uss"]), "--out", str(tmp_path / "file" / "out")])


@pytest.mark.parametrize("arguments", [["audiosepp", "x"], ["uss", "x", "--encoder", "y"], ["uss"], [],
                                       ["uss", "x", "--examples", "y"], ["laion_clap", "x", "--encoder", "y"],
                                       ["audiosep", "x", "--encoder", "y", "--examples", "z"]])  # fmt: skip
def test_wrong_calls(arguments, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main([*arguments, "--out", str(tmp_path / "out")])
    assert stop.value.code == 2 and "usage: lass import" in capsys.readouterr().err


def test_help_tells_the_kinds(capsys):
    with pytest.raises(SystemExit):
        command.main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"  {kind} " in shown and release.published in shown for kind, release in KINDS.items())
