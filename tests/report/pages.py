"""What must hold of everything that is drawn."""

import re
from xml.etree import ElementTree

from maas.report.figure import Figure


def check_markup(markup: str) -> ElementTree.Element:
    """It is XML, runs nothing, styles nothing inline and asks for nothing from elsewhere."""
    assert "://" not in markup
    tree = ElementTree.fromstring(markup)
    for element in tree.iter():
        assert element.tag not in ("script", "foreignObject", "style", "a", "image", "use")
        for name, value in element.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            assert not {"nan", "inf", "-inf"} & set(value.split()), value
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", markup)
    markup.encode()
    return tree


def check_figure(figure: Figure) -> ElementTree.Element:
    """A figure says in words what it shows, and its numbers are numbers."""
    tree = check_markup(figure.__html__())
    assert re.fullmatch(r"[a-z][a-z0-9-]*", figure.id)
    for svg in tree.iter("svg"):
        assert svg.get("role") == "img"
        assert svg[0].tag == "title"
        assert svg[0].text
        assert not svg.findall(".//*[@id]")
        for path in svg.iter("path"):
            assert re.fullmatch(r"[MLHVhvlz0-9 .\-]*", path.get("d", "")), path.get("d")
    return tree
