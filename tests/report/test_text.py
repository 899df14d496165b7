"""Names from data, for people."""

import pytest

from maas.report.svg import tag
from maas.report.text import clean, cut, fit, quote, text_width


def test_controls_and_overrides_are_replaced():
    assert clean("a\x00b\x85c\ud800d\uffff") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert clean("a\u202eb\u2066c") == "a\ufffdb\ufffdc"
    assert clean("two\r\n\tlines") == "two lines"
    assert clean("Größe 寸法 שלום 😀 a\u0301") == "Größe 寸法 שלום 😀 a\u0301"


def test_a_cut_name_says_so():
    assert cut("x" * 200) == "x" * 200
    assert cut("x" * 201) == "x" * 199 + "…"
    assert cut(" ") == fit("", 100) == "(blank)"
    assert quote("x" * 61) == f"“{'x' * 59}…”"


def test_the_middle_of_a_name_is_left_out():
    assert fit("short", 100) == "short"
    shortened = fit("customer_lifetime_value_2023_q1", 128)
    assert shortened.startswith("customer")
    assert shortened.endswith("q1")
    assert "…" in shortened


@pytest.mark.parametrize("text", ["W" * 100, "寸" * 100, "i" * 100, "😀" * 100, "W"])
@pytest.mark.parametrize("width", [5, 40, 128])
def test_what_fits_is_not_wider_than_its_place(text: str, width: float):
    found = fit(text, width)
    assert text_width(found) <= width or len(found) <= 2


def test_elements_escape_all_but_markup():
    inner = tag("b", "<i>", title="\"'&")
    assert inner == '<b title="&#34;&#39;&amp;">&lt;i&gt;</b>'
    assert tag("p", inner, None, "\x00", class_="x", data_n=1.26, hidden=None) == (
        f'<p class="x" data-n="1.3">{inner}\ufffd</p>'
    )
    assert tag("path", d="") == '<path d=""/>'
