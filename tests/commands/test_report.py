"""The command `report`."""

import os
from pathlib import Path

import pytest

from maas.registry.version import Version
from tests.commands.conftest import Maas
from tests.samples import damage
from tests.workspace import PROJECT, Workspace


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, which the file is written to."""
    found = tmp_path / "reports"
    found.mkdir()
    monkeypatch.chdir(found)
    return found


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("which", ["1", "v1", "latest", "live"])
def test_the_file_is_named_after_the_version(maas: Maas, folder: Path, which: str, first: Version):
    done = maas("report", which)
    assert (done.code, done.out, done.err) == (0, "model_service-v1.html\n", "")
    (file,) = folder.iterdir()
    text = file.read_text(encoding="utf-8")
    assert file.name == "model_service-v1.html"
    assert first.manifest.digest in text
    assert "right for" in text


@pytest.mark.usefixtures("own")
def test_the_same_report_again_is_no_error(maas: Maas, folder: Path):
    for _ in range(2):
        assert maas("report", "1").out == "model_service-v1.html\n"
    (file,) = folder.iterdir()
    assert file.read_text(encoding="utf-8") == maas("report", "1", "--output", "-").out


@pytest.mark.usefixtures("own")
def test_json_says_what_was_written(maas: Maas, folder: Path, first: Version):
    written = maas("report", "1", "--output", "new/it.html", "--json").document
    size = (folder / "new/it.html").stat().st_size
    assert written == {
        "version": 1,
        "digest": first.manifest.digest,
        "output": "new/it.html",
        "bytes": size,
    }


@pytest.mark.usefixtures("own")
def test_stdout_gets_the_file_and_nothing_else(maas: Maas, folder: Path):
    done = maas("report", "1", "--output", "-")
    assert done.code == 0
    assert done.out.startswith("<!doctype html>")
    assert done.out.endswith("</html>\n")
    assert not list(folder.iterdir())
    done = maas("report", "1", "--output", "-", "--json")
    assert (done.code, done.out) == (2, "")


@pytest.mark.usefixtures("own")
def test_a_file_is_replaced_only_when_that_is_asked_for(maas: Maas, folder: Path):
    (folder / "mine.html").write_text("mine")
    done = maas("report", "1", "--output", "mine.html")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: mine.html: exists; ")
    assert (folder / "mine.html").read_text() == "mine"
    assert maas("report", "1", "--output", "mine.html", "--force").code == 0
    assert "<h1>" in (folder / "mine.html").read_text(encoding="utf-8")
    assert [file.name for file in folder.iterdir()] == ["mine.html"]


@pytest.mark.usefixtures("own")
def test_what_cannot_be_written_is_one_line(maas: Maas, folder: Path):
    (folder / "file").write_text("")
    for output in (".", "file/it.html"):
        done = maas("report", "1", "--output", output)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert "folder" in done.err
    assert [file.name for file in folder.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.usefixtures("own")
def test_a_folder_that_may_not_be_written_is_one_line(maas: Maas, folder: Path):
    folder.chmod(0o500)
    done = maas("report", "1")
    folder.chmod(0o700)
    assert (done.code, done.err.count("\n")) == (1, 1)


@pytest.mark.parametrize("name", ["reference.json", "manifest.json", "model.onnx"])
def test_a_damaged_version_is_one_line(own: Workspace, maas: Maas, folder: Path, name: str):
    damage(own.models / "v1" / name, b"{}")
    done = maas("report", "1")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert name in done.err
    assert not list(folder.iterdir())


def test_a_version_that_is_not_there_is_one_line(maas: Maas):
    done = maas("report", "7")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("schema", ["first_schema", "second_schema"])
def test_older_versions_have_a_report_that_says_what_is_missing(
    maas: Maas, monkeypatch: pytest.MonkeyPatch, schema: str
):
    monkeypatch.setenv("MODELS_DIR", str(PROJECT / "tests/data" / schema))
    done = maas("report", "1", "--output", "-")
    assert done.code == 0
    assert "trained before there were reports" in done.out
