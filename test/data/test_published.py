import hashlib
import io
import zipfile

import pytest

from lass.data.published import LISTS, Clip, Form, ListFile, fill, read_form
from lass.errors import LassError

PAIRS = {
    "parts": {"src_wav": r"Y(?P<id>.{3})\.wav"},
    "target": {"clip": "{src_wav}", "origin": "youtube:{id}"},
    "interferers": [{"clip": "{noise_wav}"}],
}


@pytest.fixture
def written(tmp_path):
    def write(content: bytes):
        (tmp_path / "list.csv").write_bytes(content)
        return tmp_path / "list.csv"

    return write


def test_quotes_commas_crlf_and_names_as_they_are(written):
    form = Form.of(PAIRS, "here")
    path = written(b'idx,src_wav, noise_wav\r\n0,Y-_a.wav,"09-07, a = b .wav"\r\n1,Ybcd.wav,-x.wav\r\n')
    first, second = form.lines(path)
    assert form.clips(first) == [Clip("Y-_a.wav", "youtube:-_a"), Clip("09-07, a = b .wav", "")]
    assert fill("m-{idx:0>3}", second) == "m-001" and second.where == f"{path}:3"


def test_columns_named_by_the_form(written):
    form = Form.of({"header": ["a", "b"], "skip": 1, "target": {"clip": "{b}"}}, "here")
    assert [form.clips(line)[0].clip for line in form.lines(written(b"x,x\n1,2\n3,4\n"))] == ["2", "4"]


def test_blanks_after_commas_and_latin_names(written):
    spec = {"header": ["id", "labels"], "after_comma": True, "encoding": "iso-8859-1", "target": {"clip": "{labels}"}}
    (line,) = Form.of(spec, "here").lines(written(b'-x, "/m/1,caf\xe9"\n'))
    assert line.fields == {"id": "-x", "labels": "/m/1,café", "line": "1"}


def test_an_origin_without_id_is_none(written):
    form = Form.of({"target": {"clip": "{f}", "origin": "freesound:{n}"}, "parts": {"n": r"\d*"}}, "here")
    assert form.clips(next(form.lines(written(b"f,n\na,\n")))) == [Clip("a", "")]


@pytest.mark.parametrize("content, message", [
    (b"idx,src_wav,noise_wav\n0,Yabc.wav\n", r":2: 2 columns, expected 3 \(idx, src_wav, noise_wav\)"),
    (b"idx,src_wav,noise_wav\n0,abc.wav,b\n", ":2: src_wav 'abc.wav' is not of the form"),
    (b"src_wav\nYabc.wav\n", ":2: no column 'noise_wav'.*there are src_wav, line, id"),
    (b"\xff\n", "cannot be read"),
])  # fmt: skip
def test_faults_are_named(written, content, message):
    form = Form.of(PAIRS, "here")
    with pytest.raises(LassError, match=message):
        for line in form.lines(written(content)):
            form.clips(line)


def test_no_such_list_or_form(tmp_path):
    with pytest.raises(LassError, match="cannot open"):
        next(Form.of(PAIRS, "here").lines(tmp_path / "none.csv"))
    with pytest.raises(LassError, match="'nine': no form .* audiocaps"):
        read_form("nine")


@pytest.mark.parametrize("spec, message", [
    ({"target": {"clip": "{a}", "from": "b"}}, "here: unknown key 'from'"),
    ({"target": {}}, "here: missing key 'clip'"),
    ({"header": ["a"]}, "here: missing key 'target'"),
])  # fmt: skip
def test_wrong_forms(spec, message):
    with pytest.raises(LassError, match=message):
        Form.of(spec, "here")


@pytest.mark.parametrize("path", sorted(LISTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_all_forms_are_good(path):
    assert read_form(path.stem).target.origin.partition(":")[0] in ("youtube", "freesound")


@pytest.mark.parametrize("name, path, lines, first", [
    ("audiocaps", "audiocaps/train.csv", 49838, Clip("r1nicOVtvkQ", "youtube:r1nicOVtvkQ:130:10")),
    ("vggsound_test", "vggsound/test.csv", 15446, Clip("glLQrEijrKg_000300", "youtube:glLQrEijrKg:000300:10")),
    ("clipsep_music", "music/clipsep_solo_test.csv", 46, Clip("ZeQPNWdFs_4", "youtube:ZeQPNWdFs_4")),
    ("clipsep_music_train", "music/clipsep_solo_train.csv", 364, Clip("ZANyOBEWiJA", "youtube:ZANyOBEWiJA")),
    ("lass_train", "lass_test/training_indexes.csv", 6064, Clip("AyqRwe4yX9M", "youtube:AyqRwe4yX9M")),
    ("lass_test", "lass_test/evaluation_indexes.csv", 1000, Clip("YZ04_o7DHn_I.wav", "youtube:Z04_o7DHn_I")),
])  # fmt: skip
def test_real_lists(shared, name, path, lines, first):
    form = read_form(name)
    found = [form.clips(line)[0] for line in form.lines(shared / "data" / "metadata" / path)]
    assert len(found) == lines and found[0] == first


def test_a_list_in_an_archive(tmp_path, web):
    """Only the list stays; the checksum is that of the archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("FSD50K.ground_truth/eval.csv", "fname,labels,mids\n7,Bark,/m/05tny_\n")
        archive.writestr("FSD50K.ground_truth/dev.csv", "no")
    web.files["/truth.zip"] = packed.getvalue()
    spec = {"form": "fsd50k", "file": "fsd50k_eval.csv", "url": web.url("/truth.zip"),
            "member": "FSD50K.ground_truth/eval.csv", "md5": hashlib.md5(packed.getvalue()).hexdigest()}  # fmt: skip
    found = ListFile.of(spec, "set.yaml: list")
    assert found.missing(tmp_path).endswith("no such list; run lass test_sets --download")
    found.fetch(tmp_path)
    assert [path.name for path in (tmp_path / "metadata").iterdir()] == ["fsd50k_eval.csv"]
    assert [line.fields["fname"] for line in found.lines(tmp_path)] == ["7"]
    found.fetch(tmp_path)
    assert len(web.asked) == 1
    with pytest.raises(LassError, match="MD5 .*, published 0000"):
        ListFile.of(spec | {"md5": "0" * 32, "file": "other.csv"}, "set.yaml: list").fetch(tmp_path)
