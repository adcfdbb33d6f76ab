"""The metrics that are registered: name -> title, definition, function, what it is given."""

from lass.metrics.metric import LISTENERS, SIGNALS, SPEECH_RATE, Metric


def _gain(name: str, of: Metric) -> Metric:
    definition = f"{of.title} of the estimate minus {of.title} of the unprocessed mixture"
    return Metric(f"{of.title}i", definition, unit=of.unit, improves=name, aligned=of.aligned)


def _bss_eval(field: str, what: str) -> Metric:
    return Metric(
        f"BSS Eval {field.upper()}",
        f"BSS Eval v3 (Vincent et al. 2006), 512 taps, sources target and mixture - target: {what}; undefined where "
        "the target, the rest or the estimate is silent, and up to 512 samples",
        "bss_eval.bss_eval_of_target",
        takes=SIGNALS,
        field=field,
        aligned=True,
    )


def _composite(field: str, what: str) -> Metric:
    return Metric(
        field.upper(),
        f"predicted rating of {what}, 1 .. 5 (Hu and Loizou 2008), at 16 kHz, from wide-band PESQ, LLR, WSS"
        f"{' and segmental SNR' if field == 'cbak' else ''}; undefined where PESQ is",
        "composite.composite",
        takes=("reference", "estimate", "sample_rate", "pesq_wb", "ssnr"),
        unit="",
        field=field,
        rate=SPEECH_RATE,
    )


def _heard(kind: str, feature: str = "embedding") -> tuple[str, ...]:
    return f"reference:{kind}:{feature}", f"estimate:{kind}:{feature}"


def _clap_score(kind: str, title: str, clap: str) -> Metric:
    definition = f"cosine of {clap}'s embeddings of the estimate and of the text that describes the target"
    return Metric(title, definition, "cosine.cosine", (f"text:{kind}:embedding", _heard(kind)[1]), unit="")


def _clap_audio(kind: str, title: str, clap: str) -> Metric:
    definition = f"cosine of {clap}'s embeddings of reference and estimate"
    return Metric(title, definition, "cosine.cosine", _heard(kind), unit="")


def _language(kind: str) -> Metric:
    return Metric(
        f"AFSim ({LISTENERS[kind]})",
        f"cosine of features of reference and estimate: penultimate layer of {LISTENERS[kind]} with a captioning "
        "prompt, mean over tokens (HSM-TSS, Sec. IV-C, takes Audio Flamingo 1: not comparable)",
        "cosine.cosine",
        _heard(kind),
        unit="",
    )


def _frechet(kind: str, what: str, more: str = "") -> Metric:
    return Metric(
        f"FAD ({what})",
        f"Fréchet distance (Kilgour et al. 2019) of {what}'s embeddings of all references and all estimates{more}",
        "frechet.frechet_distance",
        _heard(kind),
        unit="",
        higher_is_better=False,
        over_set=True,
    )


def _at_rate(*pair: str) -> tuple[str, ...]:
    return (*(pair or ("reference", "estimate")), "sample_rate")


_SDR = Metric(
    "SDR",
    "power of the reference over power of (estimate - reference), no scaling (AudioSep's benchmark); both powers are "
    "at least 1e-10: silent estimate 0 dB, perfect one 10 log10(P / 1e-10)",
    "energy_ratios.energy_ratios",
    field="sdr",
    aligned=True,
)
_SI_SDR = Metric(
    "SI-SDR",
    "Le Roux et al. 2019, Eq. 3-5, no mean removed, with AudioSep's epsilon: silent estimate 0 dB, silent reference a "
    "finite very low value",
    "energy_ratios.energy_ratios",
    field="si_sdr",
    aligned=True,
)
_SEGMENTAL = (
    "segmental SNR of 30 ms frames, each limited to -10 .. 35 dB (Hansen and Pellom 1998); silent reference -10 dB, "
    "silent estimate 0 dB; undefined below 38 ms"
)

METRICS: dict[str, Metric] = {
    "sdr": _SDR,
    "sdri": _gain("sdr", _SDR),
    "si_sdr": _SI_SDR,
    "si_sdri": _gain("si_sdr", _SI_SDR),
    "si_sdr_zero_mean": Metric(
        "SI-SDR (zero mean)", "SI-SDR after the mean of both signals is removed", "si_sdr.si_sdr_zero_mean",
        aligned=True,
    ),
    "bss_sdr": _bss_eval("sdr", "all distortion"),
    "bss_sir": _bss_eval("sir", "interference alone"),
    "bss_sar": _bss_eval("sar", "artefacts alone"),
    "segsnr": Metric("SegSNR", _SEGMENTAL, "segmental_snr.segmental_snr", _at_rate(), aligned=True),
    "lsd": Metric(
        "LSD", "log-spectral distance, log10 of powers, of the signals as they are; 12 or more for silence",
        "lsd.lsd", _at_rate(), unit="", higher_is_better=False,
    ),
    "lsd_audioldm": Metric(
        "LSD (audioldm_eval)",
        "as released: signals without mean and scaled to peak 1, 1120 samples cut from the head of the estimate alone "
        "(equal signals score about 2.5); undefined for silence and up to 1120 samples",
        "lsd.lsd_audioldm", _at_rate(), unit="", higher_is_better=False,
    ),
    "psnr": Metric(
        "PSNR", "squared peak of the reference over the mean squared error of the wave; infinite for a perfect "
        "estimate, undefined for a silent reference", "psnr.psnr", aligned=True,
    ),
    "psnr_audioldm": Metric(
        "PSNR (audioldm_eval)", "of log-mel images between -80 and 20 dB, as released; infinite for equal images",
        "mel_psnr.psnr_audioldm", _at_rate(),
    ),
    "pesq_wb": Metric(
        "PESQ-WB", "ITU-T P.862.2 at 16 kHz; undefined without an utterance, for a silent estimate and below 0.25 s",
        "pesq.pesq_wb", _at_rate(), unit="", rate=SPEECH_RATE,
    ),
    "pesq_nb": Metric(
        "PESQ-NB", "ITU-T P.862 with P.862.1 at 16 kHz; undefined as PESQ-WB is", "pesq.pesq_nb", _at_rate(), unit="",
        rate=SPEECH_RATE,
    ),
    "csig": _composite("csig", "signal distortion"),
    "cbak": _composite("cbak", "background intrusiveness"),
    "covl": _composite("covl", "overall quality"),
    "ssnr": Metric(
        "SSNR", f"{_SEGMENTAL}, at 16 kHz", "segmental_snr.segmental_snr", _at_rate(), rate=SPEECH_RATE, aligned=True,
    ),
    "stoi": Metric(
        "STOI", "short-time objective intelligibility (Taal et al. 2011), 0 .. 1; 0 for silence, undefined below 0.4 s",
        "stoi.stoi", _at_rate(), unit="", rate=SPEECH_RATE,
    ),
    "clap_score": _clap_score("clap", "CLAP score", "LAION-CLAP"),
    "clap_score_ms": _clap_score("ms_clap", "CLAP score (MS-CLAP)", "MS-CLAP"),
    "clap_audio": _clap_audio("clap", "CLAP audio similarity", "LAION-CLAP"),
    "clap_audio_ms": _clap_audio("ms_clap", "CLAP audio similarity (MS-CLAP)", "MS-CLAP"),
    "kl": Metric(
        "KL", "Kullback-Leibler divergence of a tagger's posteriors, estimate from reference: softmax over its logits",
        "kl.kl_softmax", _heard("tagger", "posteriors"), unit="nat", higher_is_better=False,
    ),
    "kl_sigmoid": Metric(
        "KL (sigmoid)", "sum over classes of p log(p / q) of the tagger's posteriors, which do not sum to 1",
        "kl.kl_sigmoid", _heard("tagger", "posteriors"), unit="nat", higher_is_better=False,
    ),
    "afsim_af3": _language("audioflamingo3"),
    "afsim_qwen2_audio": _language("qwen2_audio"),
    "fad_vggish": _frechet("vggish", "VGGish", ": one a patch of 0.96 s, before the last ReLU, without PCA"),
    "fad_clap": _frechet("clap", "LAION-CLAP"),
    "fad_cnn14": _frechet("tagger", "PANNs' CNN14"),
}  # fmt: skip
PUBLISHED_ALONE = {  # metrics of published rows that nothing here computes
    "afsim_af1": Metric(
        "AFSim (Audio Flamingo 1)",
        "cosine of Audio Flamingo 1's features of reference and estimate (HSM-TSS, Sec. IV-B); not computed here, as "
        "transformers has no such model: afsim_af3 is another metric",
        unit="",
    ),
}
DEFAULT = ("sdr", "sdri", "si_sdr", "si_sdri")
