import pytest

from lass.report.markdown import code, escape, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Dog, barking", "Dog, barking"),
        ("a | b", r"a \| b"),
        ("<script>x</script> & <b>", "&lt;script&gt;x&lt;/script&gt; &amp; &lt;b&gt;"),
        ("[text](javascript:x)", r"\[text\](javascript:x)"),
        ("*loud* _bell_ `code` $x$", r"\*loud\* \_bell\_ \`code\` \$x\$"),
        ("back\\|slash", r"back\\\|slash"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("鐘 “quoted”", "鐘 “quoted”"),
    ],
)
def test_escape(text, shown):
    assert escape(text) == shown


def test_a_cell_cannot_end_its_row():
    lines = table(("a", "b"), [["x | y\n| z", 1]]).split("\n")
    assert len(lines) == 3
    assert lines[1] == "| :-- | --: |"
    assert lines[2].replace("\\|", "").count("|") == 3


def test_code_fence_cannot_be_closed():
    lines = code("a ``` b ```` c").split("\n")
    assert lines[0] == lines[-1] == "`````"
