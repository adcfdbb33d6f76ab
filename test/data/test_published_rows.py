"""The published rows of the registered sets are those of the papers' tables."""

import re
from collections.abc import Iterator

import pytest

from lass.config import read_yaml
from lass.data.testsets import find_set, registered
from lass.report.published import rows

AUDIOSEP = ("audiosep_audioset", "audiosep_vggsound", "audiosep_audiocaps", "audiosep_clotho", "audiosep_music",
            "audiosep_esc50", "voicebank_demand")  # fmt: skip
MERL = ("audiosep_audiocaps", "audiosep_clotho", "audiosep_vggsound", "audiosep_audioset", "audiosep_esc50",
        "audiosep_music")  # fmt: skip
HSM = ("hsm_3sets", "hsm_clotho", "hsm_audiocaps", "hsm_fsd50k")
# Source of a block -> paper, its table, the sets in the order of the columns.
TABLES = {
    "arXiv:2308.05037, Table III": ("000", "TABLE III", AUDIOSEP),
    "arXiv:2308.05037, Table IV": ("000", "TABLE IV", ("voicebank_demand",)),
    "arXiv:2308.05037, Table V": ("000", "TABLE V", AUDIOSEP),
    "arXiv:2308.05037, Table VII": ("000", "TABLE VII", ("audiocaps_mini",)),
    "HSM-TSS (2025), Table II": ("001", "TABLE II", HSM),
    "HSM-TSS (2025), Table III": ("001", "TABLE III", HSM),
    "HSM-TSS (2025), Table IV": ("001", "TABLE IV", ("hsm_music",)),
    "MERL (Saijo et al.), Table I": ("002", "TABLE I", MERL),
    "Interspeech 2022, LASS-Net, Table 1": ("003", "Table 1", ("lass_test",)),
    "Interspeech 2022, LASS-Net, Table 2": ("003", "Table 2", ("lass_sub_test",)),
}
BROKEN_UP = {"MERL (Saijo et al.), Table II", "MERL (Saijo et al.), Table III"}  # in the text
COLUMNS = ("AudioCaps", "Clotho", "VGGSound", "AudioSet", "ESC50", "MUSIC")  # there
FIGURE = re.compile(r"-|-?\d+\.\d+")
READ = {"AG PCA AC-Audio": "A6 PCA AC-Audio", "GT": "ground truth", "Ours": "HSM-TSS", "Ours single": "single stage"}


def words(system: str) -> frozenset[str]:
    """What tells a system, in whatever order."""
    return frozenset(re.findall(r"[a-z0-9][a-z0-9.-]*", system.lower())) - {"conformer"}


def printed(text: str, title: str) -> Iterator[tuple[frozenset[str], list[str]]]:
    """System and cells of the lines of the table ``title``."""
    task = ""
    table = re.split(rf"{title}\s*[\n:]", text)[1]
    for line in re.split(r"TABLE|\nTable \d+:|\n#", table)[0].splitlines():
        task = line if line in ("Extraction", "Removal") else task
        names, cells = re.sub(r"</?b>|\[\d+\]", "", line).split(), []
        while names and FIGURE.fullmatch(names[-1]):
            cells.insert(0, names.pop())
        if len(names) > 1 and names[-1].isdigit():
            names.pop()  # hours of training data
        name = " ".join(names)
        if name and len(cells) > 1:
            yield words(f"{task} {READ.get(name, name)}"), cells


@pytest.mark.parametrize("source", TABLES)
def test_rows_are_those_of_the_table(shared, source):
    paper, title, sets = TABLES[source]
    (path,) = (shared / "papers").glob(f"{paper}_*.txt")
    for place, name in enumerate(sets):
        expected, found = {}, {}
        for system, cells in printed(path.read_text(encoding="utf-8"), title):
            width = len(cells) // len(sets)
            figures = [float(cell) for cell in cells[place * width : (place + 1) * width] if cell != "-"]
            expected |= {system: figures} if figures else {}
        for row in rows(find_set(name).published, name):
            if row.source == source:
                found.setdefault(words(row.system), []).extend(row.metrics.values())
        assert found == expected and len(found) >= 3


def test_rows_of_tables_that_are_broken_up(shared):
    """Table II stands behind the title of Table III, of which the text has the first two rows by columns."""
    (path,) = (shared / "papers").glob("002_*.txt")
    text = path.read_text(encoding="utf-8")
    queries, number = ("text", "text, dropout", "audio", "audio, dropout"), r"-?\d+\.\d"
    resunet = re.findall(rf"^(?:Text|Audio|AudioSep \[12\])\t.*?\t((?:{number}\t){{6}})", text, re.MULTILINE)
    columns = [re.search(rf"\n{name}\n\n({number})\n\n({number})\n", text).groups() for name in COLUMNS]
    audio = re.findall(rf"Audio \$.sqrt{{({number})}}\$((?: {number}){{5}})", text)
    ms_clap = [*zip(*columns), *((first, *others.split()) for first, others in audio)]
    tables = {
        **{f"ResUNet: {query}": cells.split() for query, cells in zip(queries, resunet)},
        "AudioSep, released weights, their scoring": resunet[4].split(),
        **dict(zip((f"Conformer, MS-CLAP: {query}" for query in queries), ms_clap, strict=True)),
    }
    for place, name in enumerate(MERL):
        found = {row.system: row.metrics for row in rows(find_set(name).published, name) if row.source in BROKEN_UP}
        assert found == {system: {"si_sdr": float(cells[place])} for system, cells in tables.items()}
        notes = [row.note for row in rows(find_set(name).published, name) if "MS-CLAP" in row.system]
        assert len(notes) == 4 and all("order of Table II" in note for note in notes)


def test_every_table_of_a_paper_is_compared():
    sources = {row.source for name, testset in registered().items() for row in rows(testset.published, name)}
    rest = {source for source in sources - set(TABLES) if not source.startswith("README")}
    assert rest == BROKEN_UP


def test_pairs_of_hsm_tss(shared, repo):
    """Numbers and levels of its Table I and Sec. IV-B, in the registered sets and in those that the recipe draws."""
    (path,) = (shared / "papers").glob("001_*.txt")
    text = " ".join(path.read_text(encoding="utf-8").split())
    pairs = {name: int(re.search(rf"{title} \d+ [✓✗] [0-9-]+ (\d+)", text)[1])
             for name, title in zip(HSM, ("3 Sets", "Clotho", "AudioCaps", "FSD50K"))}  # fmt: skip
    pairs["hsm_music"] = int(re.search(r"producing (\d+) audio pairs", text)[1])
    limits = [(int(low), int(high)) for low, high in re.findall(r"within \[(-\d+)dB, (\d+)dB\]", text)]
    assert len(pairs) == 5 and len(limits) == 2
    drawn = read_yaml(repo / "egs" / "hsm_tss" / "conf" / "mix.yaml")
    for name, count in pairs.items():
        low, high = limits[name == "hsm_music"]
        level = {"rule": "snr", "low": low, "high": high}
        assert find_set(name).expected == drawn[name]["targets"] == count and drawn[name]["level"] == level
