"""What an output may replace, and what it may not."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from maas.commands.output_file import check_output, is_written, read_output, write_output
from maas.errors import InputError, StorageError
from tests.commands.conftest import Maas


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


OTHERS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/full"),
    "zeros without end": lambda path: path.symlink_to("/dev/zero"),
    "socket": bind,
}


@pytest.fixture(params=["report", "init"])
def command(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> tuple[str, ...]:
    """A command that writes out.yaml into the current folder."""
    monkeypatch.chdir(tmp_path)
    if request.param == "report":
        return ("report", "1")
    rows = "".join(f"{n},{n % 7},{'ab'[n % 2]}\n" for n in range(60))
    Path("data.csv").write_text(f"x,y,kind\n{rows}")
    return ("init", "data.csv", "--target", "kind")


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_what_is_no_file_is_neither_read_nor_replaced(
    maas: Maas, command: tuple[str, ...], other: str, force: tuple[str, ...]
):
    OTHERS[other](Path("out.yaml"))
    before = os.lstat("out.yaml").st_ino
    done = maas(*command, "--output", "out.yaml", *force)
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: out.yaml: exists, and is not a file; name another --output\n"
    assert os.lstat("out.yaml").st_ino == before


@pytest.mark.usefixtures("own")
def test_a_link_that_leads_nowhere_is_replaced_only_when_that_is_asked_for(
    maas: Maas, command: tuple[str, ...]
):
    Path("out.yaml").symlink_to("none")
    done = maas(*command, "--output", "out.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: out.yaml: exists; ")
    assert maas(*command, "--output", "out.yaml", "--force").code == 0
    assert Path("out.yaml").stat().st_size > 100
    assert not Path("none").exists()


@pytest.mark.usefixtures("own")
def test_an_empty_name_is_not_the_default(maas: Maas, command: tuple[str, ...], tmp_path: Path):
    before = sorted(tmp_path.iterdir())
    done = maas(*command, "--output", "")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: --output: is empty; name a file, or leave it out\n"
    assert sorted(tmp_path.iterdir()) == before


def test_a_name_is_read():
    assert read_output(None) is None
    assert read_output("a/b") == Path("a/b")


def test_what_appeared_meanwhile_is_not_passed_over(tmp_path: Path):
    output = tmp_path / "out"
    check_output(output, force=False)
    output.symlink_to("none")
    with pytest.raises(InputError, match="exists"):
        write_output(output, "text", force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_name_that_is_too_long_is_said(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be written"):
        check_output(tmp_path / ("n" * 300), force=False)


def test_only_the_same_text_is_written_already(tmp_path: Path):
    output = tmp_path / "out"
    assert not is_written(output, "ä")
    output.write_text("ä", encoding="utf-8")
    assert is_written(output, "ä")
    assert not is_written(output, "äb")
    assert not is_written(output, "ab")
    assert not is_written(tmp_path, "ä")
