"""Networks of semantic metrics, small and with random weights, and the scores by them; nothing is fetched."""

import json
import string

import numpy as np
import pytest
import safetensors.torch
import torch
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    AudioFlamingo3Config,
    AudioFlamingo3ForConditionalGeneration,
    AudioFlamingo3Processor,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    RobertaTokenizer,
    WhisperFeatureExtractor,
)

from lass.bin.score import main as score
from lass.errors import LassError
from lass.infer.listeners import PROMPT, open_listeners
from lass.io import audio
from lass.io.table import write_table
from lass.layers.cnn14 import Cnn14
from lass.layers.vggish import Vggish
from lass.metrics.registry import LISTENERS

RATE = 16000  # Hz
LETTERS = list(string.ascii_lowercase)
SMALL = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}


def save_clap(folder):
    pieces = {piece: i for i, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *LETTERS])}
    RobertaTokenizer(vocab=pieces, merges=[]).save_pretrained(folder)
    ClapFeatureExtractor(feature_size=16, max_length_s=1, truncation="rand_trunc").save_pretrained(folder)
    swin = {"patch_embeds_hidden_size": 8, "hidden_size": 16, "depths": [1, 1], "num_attention_heads": [1, 2]}
    heard = {"spec_size": 64, "num_mel_bins": 16, "window_size": 4, "num_hidden_layers": 2, **swin}
    read = {"vocab_size": len(pieces), "max_position_embeddings": 26, **SMALL}
    ClapModel(ClapConfig(text_config=read, audio_config=heard, projection_dim=12)).save_pretrained(folder)


def save_cnn14(path):
    """Convolutions are twice as strong as torch draws them: ReLUs fade a wave otherwise."""
    weights = Cnn14(512, widths=(4, 4, 8, 8, 16, 16), classes=10).state_dict()
    safetensors.torch.save_file({key: 2 * x if ".conv" in key else x for key, x in weights.items()}, path)


def save_language_model(folder, kind):
    """A Whisper encoder of 16 dimensions before a Qwen2 of 16, with the processor of its kind."""
    token = {"qwen2_audio": "<|AUDIO|>", "audioflamingo3": "<sound>"}[kind]
    marks = ["<pad>", token, "<|audio_bos|>", "<|audio_eos|>"]
    vocabulary = {piece: i for i, piece in enumerate([*marks, *sorted(ByteLevel.alphabet())])}
    letters = Tokenizer(BPE(vocabulary, []))
    letters.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, pad_token="<pad>")
    tokenizer.add_special_tokens({"additional_special_tokens": marks[1:]})
    extractor = WhisperFeatureExtractor(feature_size=16, chunk_length=30, return_attention_mask=True)
    tower = {
        "d_model": 16, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "num_mel_bins": 16,
    }  # fmt: skip
    text = {"model_type": "qwen2", "vocab_size": len(vocabulary), "num_key_value_heads": 2, **SMALL}
    if kind == "qwen2_audio":
        config = Qwen2AudioConfig(audio_config=tower, text_config=text, audio_token_index=1)
        network, processor = Qwen2AudioForConditionalGeneration(config), Qwen2AudioProcessor(extractor, tokenizer)
    else:
        tower = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16} | tower
        config = AudioFlamingo3Config(audio_config=tower, text_config=text, audio_token_id=1)
        network = AudioFlamingo3ForConditionalGeneration(config)
        processor = AudioFlamingo3Processor(extractor, tokenizer)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)


@pytest.fixture(scope="module")
def models(tmp_path_factory, tiny_models) -> dict[str, str]:
    """Kind -> folder or file."""
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    save_clap(root / "clap")
    save_cnn14(root / "small_mAP=0.012.safetensors")
    for kind in ("qwen2_audio", "audioflamingo3"):
        save_language_model(root / kind, kind)
    found = {kind: str(root / kind) for kind in LISTENERS}
    vggish = Vggish(((4,), (4,), (6,), (8,)), 16, 5)
    loud = {key: 3 * x if x.dim() > 1 else x for key, x in vggish.state_dict().items()}
    safetensors.torch.save_file(loud, root / "vggish.safetensors")
    files = {"tagger": "small_mAP=0.012.safetensors", "vggish": "vggish.safetensors"}
    return found | {kind: str(root / name) for kind, name in files.items()} | {"ms_clap": str(tiny_models["MsClap"])}


@pytest.fixture(scope="module")
def listeners(models):
    return open_listeners(models, "cpu", None)


def wave(seed: int, rate: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(rate)).astype(np.float32)


@pytest.mark.parametrize("kind", LISTENERS)
def test_features_are_of_the_wave(listeners, kind):
    listener = listeners[kind]
    one, again, other = (listener.hear(wave(seed, listener.sample_rate)) for seed in (1, 1, 2))
    for name, feature in one.items():
        assert feature.ndim == (2 if kind == "vggish" else 1)
        assert feature.dtype == np.float32 and np.isfinite(feature).all()
        assert np.array_equal(feature, again[name]) and not np.array_equal(feature, other[name])


@pytest.mark.parametrize("kind", LISTENERS)
def test_silence_and_very_short_waves_have_features(listeners, kind):
    for samples in (1, 300, 5000):
        for given in (np.zeros(samples, np.float32), wave(0, samples)):
            assert all(feature.size and np.isfinite(feature).all() for feature in listeners[kind].hear(given).values())


def test_sizes(listeners):
    assert listeners["clap"].hear(wave(1, 48000))["embedding"].shape == (12,)
    assert listeners["clap"].read("a dog barks")["embedding"].shape == (12,)
    assert listeners["ms_clap"].read("a dog barks")["embedding"].shape == (10,)
    assert listeners["vggish"].hear(wave(1, 32000))["embedding"].shape == (2, 5)
    heard = listeners["tagger"].hear(wave(1, 16000))
    assert heard["posteriors"].shape == (10,) and heard["embedding"].shape == (16,)
    assert listeners["qwen2_audio"].hear(wave(1, 16000))["embedding"].shape == (16,)


@pytest.mark.parametrize("kind", ["qwen2_audio", "audioflamingo3"])
def test_language_models_are_asked_for_a_caption(listeners, kind, monkeypatch):
    """The penultimate layer of all tokens, by transformers' own forward pass."""
    listener, asked = listeners[kind], []
    real = listener._processor.__class__.__call__
    monkeypatch.setattr(listener._processor.__class__, "__call__",
                        lambda own, *a, **more: (asked.append(more["text"]), real(own, *a, **more))[1])  # fmt: skip
    found = listener.hear(wave(3, RATE))["embedding"]
    assert asked == [[listener._processor.audio_token + PROMPT]]
    inputs = listener._processor(text=asked[0], audio=[wave(3, RATE)], sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        layers = listener._backbone(**inputs, output_hidden_states=True).hidden_states
    assert len(layers) == 3 and np.allclose(found, layers[1][0].mean(dim=0).numpy(), atol=1e-5)


def test_a_tagger_says_how_good_it_is(models, listeners, tmp_path):
    assert listeners["tagger"].identity.endswith("(mAP=0.012)")
    save_cnn14(tmp_path / "unnamed.safetensors")
    own = {"tagger": str(tmp_path / "unnamed.safetensors")}
    assert open_listeners(own, "cpu", "mAP 0.2")["tagger"].identity.endswith("(mAP 0.2)")
    with pytest.raises(LassError, match="unnamed.safetensors: how good is this tagger.* --tagger_accuracy"):
        open_listeners(own, "cpu", None)


def test_a_model_of_another_kind(models):
    with pytest.raises(LassError, match="a model of type 'qwen2_audio', not 'audioflamingo3'"):
        open_listeners({"audioflamingo3": models["qwen2_audio"]}, "cpu", None)


def test_models_that_are_not_here(tmp_path):
    for kind in LISTENERS:
        with pytest.raises(LassError, match="nowhere"):
            open_listeners({kind: str(tmp_path / "nowhere")}, "cpu", "mAP 0")


def write_set(folder, task: str = "extraction"):
    """Four mixtures of 1 s; the estimates are the references, so that all similarities are perfect."""
    tables = {"wav.scp": [], "ref.scp": [], "queries": [], "task": []}
    for number in range(4):
        paths = {name: str(folder / f"{name}{number}.wav") for name in ("mix", "ref")}
        target = wave(number, RATE)
        audio.write(paths["ref"], target, RATE)
        audio.write(paths["mix"], target + wave(number + 10, RATE), RATE)
        for table, row in {"wav.scp": paths["mix"], "ref.scp": paths["ref"], "task": task}.items():
            tables[table].append((f"m{number}", row))
        tables["queries"].append((f"m{number}#0", "a dog barks"))
    for name, rows in tables.items():
        write_table(folder / "set" / name, rows)
    return folder / "set"


METRICS = ("sdr,clap_score,clap_score_ms,clap_audio,clap_audio_ms,kl,kl_sigmoid,afsim_af3,afsim_qwen2_audio,fad_vggish,"
           "fad_clap,fad_cnn14")


def arguments(folder, models, out, *more):
    named = [f"{kind}={model}" for kind, model in models.items()]
    return [str(folder), "--system", "own", "--out", str(out), "--metric_models", *named, "--num_jobs", "1", *more]


def test_scores_by_all_networks(models, tmp_path, capsys):
    folder, out = write_set(tmp_path), tmp_path / "out"
    score(arguments(folder, models, out, "--est_scp", str(folder / "ref.scp"), "--metrics", METRICS))
    found = json.loads((out / "results.json").read_text())
    means = {name: row["mean"] for name, row in found["metrics"].items()}
    assert list(means) == METRICS.split(",")
    for name in ("clap_audio", "clap_audio_ms", "afsim_af3", "afsim_qwen2_audio"):
        assert means[name] == pytest.approx(1, abs=1e-5)
    for name in ("kl", "kl_sigmoid", "fad_vggish", "fad_clap", "fad_cnn14"):
        assert means[name] == pytest.approx(0, abs=1e-4)
    assert means["clap_score"] != means["clap_score_ms"] and -1 <= means["clap_score_ms"] < 0.999
    assert -1 <= means["clap_score"] < 0.999 and found["metrics"]["fad_clap"].keys() == {"mean"}
    assert found["listeners"]["tagger"].endswith("(mAP=0.012)") and len(found["listeners"]) == 6
    assert "fad_clap" not in (out / "items.tsv").read_text().splitlines()[0]
    assert "FAD (LAION-CLAP)" in capsys.readouterr().out


def test_the_mixture_is_worse(models, tmp_path):
    folder, out = write_set(tmp_path), tmp_path / "out"
    score(arguments(folder, models, out, "--mixture", "--metrics", "kl,clap_audio,fad_vggish,fad_clap,fad_cnn14"))
    means = {name: row["mean"] for name, row in json.loads((out / "results.json").read_text())["metrics"].items()}
    assert means["kl"] > 0 and means["clap_audio"] < 1 and all(means[name] > 0 for name in means if "fad" in name)


def test_parts_add_to_metrics_of_the_whole_set(models, tmp_path):
    folder, asked = write_set(tmp_path), ("--mixture", "--metrics", "sdr,fad_cnn14")
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    score(arguments(folder, models, whole, *asked))
    for more in (("--job", "2"), ("--job", "1"), ("--finish",)):
        score([*arguments(folder, models, parted, *asked), "--num_jobs", "2", *more])
    one, other = (json.loads((out / "results.json").read_text())["metrics"] for out in (whole, parted))
    assert one == other and one["fad_cnn14"]["mean"] > 0


def test_removal_is_described_by_what_is_left(models, tmp_path):
    folder, out = write_set(tmp_path, "removal"), tmp_path / "out"
    asked = arguments(folder, models, out, "--mixture", "--metrics", "clap_score")
    with pytest.raises(LassError, match="target_queries: no line 'm0': a removal is asked for what the target is not"):
        score(asked)
    write_table(folder / "target_queries", [(f"m{number}", "a bell rings") for number in range(4)])
    score(asked)
    left = json.loads((out / "results.json").read_text())["metrics"]["clap_score"]["mean"]
    (folder / "task").unlink()
    (folder / "target_queries").unlink()
    score(asked)  # described by the query: a dog barks
    assert json.loads((out / "results.json").read_text())["metrics"]["clap_score"]["mean"] != left
