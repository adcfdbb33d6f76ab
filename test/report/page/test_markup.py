from lass.report.page.markup import Markup, tag, void


def test_text_is_escaped_once():
    inner = tag("b", "<script>alert(1)</script> & \"so\" 'on'")
    assert inner == "<b>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;so&quot; &#x27;on&#x27;</b>"
    assert tag("p", inner, "<i>") == f"<p>{inner}&lt;i&gt;</p>"


def test_attributes_cannot_be_left():
    assert tag("a", "x", href="\"><script>'") == '<a href="&quot;&gt;&lt;script&gt;&#x27;">x</a>'
    assert void("img", alt=Markup('"<')) == '<img alt="&quot;&lt;">'  # markup is no attribute either


def test_names_and_values_of_attributes():
    found = tag("td", 3, class_="number", aria_label="a", data_key="b", hidden=True, id=None, title=False)
    assert found == '<td class="number" aria-label="a" data-key="b" hidden>3</td>'


def test_control_characters_become_blanks():
    assert tag("p", "a\n\tb\0c") == "<p>a b c</p>"
