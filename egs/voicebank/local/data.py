"""VoiceBank-DEMAND: C. Valentini-Botinhao et al., "Investigating RNN-based speech enhancement methods", SSW 2016."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.format import is_up_to_date
from lass.errors import LassError
from lass.io import audio
from lass.io.files import write_text
from lass.io.parallel import in_parallel

CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")
SPEAKERS = ("28", "56")  # sizes of the two training sets, which have no speaker in common
VALID = ("p226", "p287")  # speakers of the smaller set
MAX_GAIN = 0.1  # by how much clean speech may be louder or weaker in the noisy clip
MAX_SNR = 10.0  # dB between the SNR of the log, which counts active speech only (ITU-T P.56), and that of all samples
JOBS = 4


class Pair(NamedTuple):
    """Clean speech, the same in noise, and the published SNR (dB)."""

    name: str
    clean: Path
    noisy: Path
    snr: float


def download(root: Path, speakers: str, noise: str) -> None:
    """Fetch the pairs of the test, of the training speakers and of those that validate."""
    _check(speakers)
    parts = {"test", "28", speakers}
    CORPUS.fetch(root, ["logs", *(f"{kind}_{part}" for part in parts for kind in ("clean", "noisy"))])


def prepare(root: Path, speakers: str, noise: str) -> dict[str, Iterator[Row]]:
    """Clean speech, and the noise that is left when it is taken from the noisy clips, written to ``noise``."""
    _check(speakers)
    listed = {part: _pairs(root, part) for part in sorted({speakers, "28"})}
    for part, found in listed.items():
        print(f"{part} speakers: {len(found)} pairs listed, {CORPUS.clips[part]} published")
    sets = {
        "train": [pair for pair in listed[speakers] if pair.name.split("_")[0] not in VALID],
        "valid": [pair for pair in listed["28"] if pair.name.split("_")[0] in VALID],
    }
    _write_noise([pair for pairs in sets.values() for pair in pairs], Path(noise))
    return {name: (row for pair in pairs for row in _rows(pair, Path(noise))) for name, pairs in sets.items()}


def pairs(root: Path, speakers: str, noise: str) -> dict[str, dict[str, list[str]]]:
    """The published mixtures of the speakers that validate: speech and noise, each as loud as it is."""
    valid = [pair.name for pair in _pairs(root, "28") if pair.name.split("_")[0] in VALID]
    return {"valid": {f"voicebank-{name}": [f"voicebank-{name}", f"voicebank-noise-{name}"] for name in valid}}


def _check(speakers: str) -> None:
    if speakers not in SPEAKERS:
        raise LassError(f"--speakers {speakers}: expected {' or '.join(SPEAKERS)}")


def _pairs(root: Path, part: str) -> list[Pair]:
    """The pairs that the log file of a training set lists: <name> <noise> <SNR>."""
    clean, noisy = (CORPUS.path(root, f"{kind}_{part}") for kind in ("clean", "noisy"))
    path, found = CORPUS.path(root, "logs") / f"log_trainset_{part}spk.txt", []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LassError(f"{path}: cannot be read ({error}): get logfiles.zip again") from None
    for number, line in enumerate(lines, 1):
        try:
            name, _, snr = line.split()
            speaker, utterance = name.split("_")
            if not (speaker.isalnum() and utterance.isalnum()):
                raise ValueError
            found.append(Pair(name, clean / f"{name}.wav", noisy / f"{name}.wav", float(snr)))
        except ValueError:
            form = "<name> <noise> <SNR>"
            raise LassError(f"{path}:{number}: {line[:80]!r} is not {form!r}: get logfiles.zip again") from None
    return found


def _rows(pair: Pair, folder: Path) -> Iterator[Row]:
    origin = f"voicebank:{pair.name}"
    yield Row(f"voicebank-{pair.name}", str(pair.clean), labels={"speech": "Speech"}, origin=origin)
    noise = str(_noise_path(pair, folder))
    yield Row(f"voicebank-noise-{pair.name}", noise, labels={"noise": "Noise"}, origin=origin)


def _noise_path(pair: Pair, folder: Path) -> Path:
    return folder / f"{pair.name}.flac"


def _write_noise(pairs: list[Pair], folder: Path) -> None:
    """Write the noise of pairs that lack it; those that are no sum of speech and noise are listed and get none."""
    refused = {}

    def work(pair: Pair, stop: threading.Event) -> str:
        return _take_speech_away(pair, _noise_path(pair, folder))

    there = [pair for pair in pairs if pair.clean.exists() and pair.noisy.exists()]
    lacking = [pair for pair in there if not is_up_to_date(_noise_path(pair, folder), str(pair.noisy))]
    ended = in_parallel(work, lacking, JOBS)
    for pair, fault in tqdm(ended, total=len(lacking), desc="noise", unit="pair", disable=None):
        if fault:
            refused[pair.name] = str(fault)
    write_text(folder / "refused.tsv", "".join(f"{name}\t{refused[name]}\n" for name in sorted(refused)))
    print(f"{folder}: noise of {len(there) - len(refused)} of {len(pairs)} pairs; {len(refused)} in refused.tsv")


def _take_speech_away(pair: Pair, output: Path) -> str:
    """Write noisy - clean; returns why not where the clean speech is not in the noisy clip as it is."""
    output.unlink(missing_ok=True)
    (clean, rate), (noisy, noisy_rate) = audio.read_whole(pair.clean), audio.read_whole(pair.noisy)
    if clean.shape != noisy.shape or rate != noisy_rate:
        return f"clean has {clean.shape[1]} samples, noisy {noisy.shape[1]}"
    noise, energy = noisy - clean, float(np.sum(clean**2, dtype=np.float64))
    gain = float(np.sum(clean * noisy, dtype=np.float64)) / energy if energy else 0.0
    if abs(gain - 1) > MAX_GAIN:
        return f"clean speech is in it with gain {gain:.2f}"
    snr = 10 * np.log10(energy / max(float(np.sum(noise**2, dtype=np.float64)), 1e-12))
    if abs(snr - pair.snr) > MAX_SNR:
        return f"SNR {snr:.1f} dB, published {pair.snr:g} dB"
    audio.write(output, noise, rate, "PCM_16")
    return ""
