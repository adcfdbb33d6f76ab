"""The kinds of published weights that `lass import` takes: what their publishers say, and how they are told apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field

RESUNET30 = "lass.separators.resunet30.ResUNet30"
LASSNET = "lass.separators.lassnet.LASSNet"
CLIPSEP = "lass.separators.clipsep.CLIPSep"
AUDIOMAE = "lass.layers.audiomae.AudioMae"
WIDTHS = [32, 64, 128, 256, 384, 384]


@dataclass(frozen=True)
class Release:
    """One kind.

    Attributes:
        title: what it is.
        published: where, and under which file names.
        licence: of the weights, as the publisher states it.
        trained_on: what the publisher says of the data and of their licences.
        query: what its separator is asked with; None for an encoder.
        conditions: sizes of the query embedding, and what each is.
        network: class of the separator.
        separator: its arguments; number of channels and size of the query come from the file.
        encoder: class of the encoder that it becomes.
        encoder_id: where on the hub the query encoder is that every file of this kind lacks.
        part: class of the part that it becomes.
        tokenizer: what the file lacks, and is brought to its encoder.
        tokenizer_id: where that is on the hub.
    """

    title: str
    published: str
    licence: str
    trained_on: str
    query: str | None = None
    conditions: Mapping[int, str] = field(default_factory=dict)
    network: str = RESUNET30
    separator: Mapping[str, object] = field(default_factory=dict)
    encoder: str = ""
    encoder_id: str = ""
    part: str = ""
    tokenizer: str = "RoBERTa's (MIT)"
    tokenizer_id: str = "roberta-base"


_CLAP_TEXT = {512: "text embedding of LAION-CLAP, music_speech_audioset_epoch_15_esc_89.98.pt"}
_AT_32K = {"sample_rate": 32000, "window": 2048, "hop": 320, "widths": WIDTHS}

KINDS = {
    "audiosep": Release(
        title="AudioSep (arXiv:2308.05037), 32 kHz",
        published="Hugging Face Space Audio-AGI/AudioSep, checkpoint/audiosep_base_4M_steps.ckpt",
        licence="MIT (of the publisher's repository)",
        trained_on="AudioSet, VGGSound, AudioCaps, Clotho and WavCaps, as the paper says: AudioCaps and WavCaps are "
                   "for academic use only. No licence is stated for the weights alone.",
        query="caption",
        conditions=_CLAP_TEXT,
        separator=_AT_32K,
    ),
    "dcase2024": Release(
        title="Baseline of DCASE 2024 Task 9, 16 kHz",
        published="Zenodo record 10887460, audiosep,baseline-16k,step=200000.ckpt",
        licence="see Zenodo record 10887460",
        trained_on="Clotho v2 and FSD50K with generated captions, as the publisher says: clips of FSD50K have licences "
                   "of their own, some non-commercial. The publisher's repository has no licence file.",
        query="caption",
        conditions=_CLAP_TEXT,
        separator={"sample_rate": 16000, "window": 1024, "hop": 160, "widths": WIDTHS},
    ),
    "uss": Release(
        title="Universal source separation (arXiv:2305.07447), 32 kHz, asked with audio",
        published="Hugging Face model RSNuts/Universal_Source_Separation, uss_material/ss_model=resunet30,..ckpt",
        licence="Apache-2.0",
        trained_on="AudioSet, as the paper says.",
        query="audio",
        conditions={2048: "embedding of PANNs CNN14 (querynet=emb), mean over example clips",
                    527: "class probabilities of PANNs CNN14 (querynet=at_soft), mean over example clips"},
        separator=_AT_32K,
    ),
    "lassnet": Release(
        title="LASS-Net (Interspeech 2022), 32 kHz",
        published="the link in the README of github.com/liuxubo717/LASS, a file on Google Drive",
        licence="none is stated",
        trained_on="6044 clips of AudioCaps, as the paper says, which is for academic use only.",
        query="caption",
        conditions={256: "BERT-mini, trained along, and a linear layer with ReLU"},
        network=LASSNET,
        tokenizer="BERT's (Apache-2.0)",
        tokenizer_id="prajjwal1/bert-mini",
        separator={"sample_rate": 32000, "window": 1024, "hop": 512, "widths": WIDTHS},
    ),
    "clipsep": Release(
        title="CLIPSep and CLIPSep-NIT (ICLR 2023, arXiv:2212.07065), 16 kHz",
        published="the link in clipsep/README.md of github.com/sony/CLIPSep, a file on Google Drive "
                  "(checkpoints/best_model.pt)",
        licence="none is stated",
        trained_on="VGGSound (CC BY 4.0), as the paper says.",
        query="labels",
        conditions={512: "CLIP ViT-B/32, images in training, not scaled to norm 1"},
        network=CLIPSEP,
        separator={"sample_rate": 16000, "window": 1024, "hop": 256, "layers": 7, "width": 64, "channels": 32},
        encoder_id="openai/clip-vit-base-patch32",
    ),
    "laion_clap": Release(
        title="LAION-CLAP (arXiv:2211.06687): texts and audio in one space",
        published="Hugging Face model lukewys/laion_clap, such as music_speech_audioset_epoch_15_esc_89.98.pt",
        licence="CC0-1.0",
        trained_on="LAION-Audio-630K, and AudioSet, music and speech where the file name says so: recordings of many "
                   "licences. CC0 is what the model's page states.",
        encoder="lass.queries.clap.Clap",
    ),
    "ms_clap": Release(
        title="MS-CLAP, Microsoft's CLAP (arXiv:2206.04769, 2309.05767): texts and audio in one space",
        published="Hugging Face model microsoft/msclap, CLAP_weights_2022.pth or CLAP_weights_2023.pth",
        licence="MIT",
        trained_on="FSD50K, Clotho, AudioCaps and MACS (2022); 4.6 M pairs of many corpora (2023), as the papers say: "
                   "recordings of many licences.",
        encoder="lass.queries.ms_clap.MsClap",
        tokenizer="that of GPT-2 (MIT) or BERT (Apache-2.0)",
        tokenizer_id="gpt2",
    ),
    "audiomae": Release(
        title="AudioMAE (arXiv:2207.06405): local features of sounds, 16 kHz",
        published="the link to pretrained.pth in the README of github.com/facebookresearch/AudioMAE, a file on Google "
                  "Drive; or an encoder in the same layout on the hub",
        licence="CC BY 4.0 (of the publisher's repository)",
        trained_on="AudioSet-2M, as the paper says.",
        part=AUDIOMAE,
        tokenizer="",
        tokenizer_id="",
    ),
}


def recognise(weights: Mapping, prefix: str) -> tuple[str, str | None]:
    """What weights look like by their names and shapes, in words, and the kind that takes them.

    Args:
        prefix: of the separator's weights, "" if there is none.
    """
    plain = {key.removeprefix(prefix): value for key, value in weights.items() if value.ndim}
    modules = {key.partition(".")[0] for key in plain}
    if {"base", "film"} <= modules and "base.bn0.weight" in plain:
        return _recognise_resunet30(plain)
    if {"UNet", "text_embedder"} <= modules and "UNet.after_conv2.weight" in plain:
        return "a LASS-Net", "lassnet"
    if {"sound_net", "frame_net", "synth_net"} <= modules:
        return "a CLIPSep", "clipsep"
    if {"text_branch", "audio_branch"} <= modules:
        return "a LAION-CLAP", "laion_clap"
    if {"caption_encoder", "audio_encoder"} <= modules:
        return "an MS-CLAP", "ms_clap"
    if {"text_model", "audio_model"} <= modules:
        return "a ClapModel of transformers, to be used as it is: give its folder to --encoder", None
    if {"patch_embed", "pos_embed", "blocks"} <= modules:
        return "a vision transformer such as AudioMAE", "audiomae"
    if "fc_audioset" in modules:
        return "a tagger of PANNs", None
    return f"{len(weights)} weights of no known kind ({', '.join(list(weights)[:3])}, ..)", None


def query_size(weights: Mapping) -> int | None:
    """Size of the query embedding of a ResUNet30, by its names without prefix."""
    return next((value.shape[1] for key, value in weights.items() if key.startswith("film.") and value.ndim == 2), None)


def _recognise_resunet30(weights: Mapping) -> tuple[str, str | None]:
    window, condition, widths = 2 * len(weights["base.bn0.weight"]) - 2, query_size(weights), []
    while (key := f"base.encoder_block{len(widths) + 1}.conv_block1.conv1.weight") in weights:
        widths.append(len(weights[key]))
    words = f"a ResUNet30 separator with window {window}, widths {widths} and queries of size {condition}"
    for name, release in KINDS.items():
        sizes = release.separator if release.network == RESUNET30 else {}
        if sizes and (window, widths) == (sizes["window"], sizes["widths"]) and condition in release.conditions:
            return words, name
    return words, None
