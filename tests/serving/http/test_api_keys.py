"""Which requests carry a key, and what happens when the file of keys changes."""

import os
from pathlib import Path

import pytest

from maas.errors import ServeError
from maas.serving.http.api_keys import ApiKeys
from tests.serving.asgi import make_request

KEY, OTHER = b"first-key", b"second-key"
ERROR = "ERROR the file of API keys {}; the last keys stay valid"
MISSING = ERROR.format("cannot be read (No such file or directory)")
NO_FILE = ERROR.format("cannot be read (it is not a file)")
EMPTY = ERROR.format("holds no key")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys.txt"
    path.write_bytes(KEY + b"\n" + OTHER + b"\n")
    return path


def accepts(keys: ApiKeys, key: bytes) -> bool:
    return keys.accept({b"x-api-key": key})


@pytest.mark.parametrize(
    "headers",
    [
        {b"x-api-key": KEY},
        {b"x-api-key": OTHER},
        {b"authorization": b"Bearer " + KEY},
        {b"authorization": b"bearer " + OTHER},
        {b"authorization": b"BEARER   " + KEY + b" "},
        {b"authorization": b"Bearer " + KEY, b"x-api-key": KEY},
        {b"authorization": b"Bearer " + KEY, b"x-api-key": OTHER},
    ],
)
def test_a_request_with_a_key_is_accepted(path: Path, headers: dict):
    assert ApiKeys(path).accept(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"cookie": KEY},
        {b"x-api-key": b""},
        {b"x-api-key": b"wrong"},
        {b"x-api-key": KEY[:-1]},
        {b"x-api-key": KEY + b"x"},
        {b"x-api-key": KEY.upper()},
        {b"x-api-key": KEY + b"\n" + OTHER},
        {b"x-api-key": b"Bearer " + KEY},
        {b"x-api-key": b"\xff"},
        {b"authorization": b""},
        {b"authorization": KEY},
        {b"authorization": b"Bearer"},
        {b"authorization": b"Bearer "},
        {b"authorization": b"Bearer" + KEY},
        {b"authorization": b"Basic " + KEY},
        {b"authorization": b"Bearer Bearer " + KEY},
    ],
)
def test_a_request_without_a_key_is_refused(path: Path, headers: dict):
    assert not ApiKeys(path).accept(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": b"Bearer " + KEY, b"x-api-key": b"wrong"},
        {b"authorization": b"Bearer wrong", b"x-api-key": KEY},
        {b"authorization": b"Basic " + KEY, b"x-api-key": KEY},
        {b"authorization": b"", b"x-api-key": KEY},
    ],
)
def test_a_wrong_credential_is_not_overlooked_beside_a_right_one(path: Path, headers: dict):
    assert not ApiKeys(path).accept(headers)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x-api-key", b"wrong"), (b"x-api-key", KEY)],
        [(b"x-api-key", KEY), (b"x-api-key", b"wrong")],
        [(b"x-api-key", KEY), (b"x-api-key", KEY)],
        [(b"authorization", b"Bearer " + KEY), (b"authorization", b"Bearer wrong")],
        [(b"authorization", b"Bearer wrong"), (b"authorization", b"Bearer " + KEY)],
    ],
)
def test_a_header_that_is_sent_twice_is_no_key(path: Path, headers: list):
    assert not ApiKeys(path).accept(make_request(headers=headers).headers)


@pytest.mark.parametrize(
    "text",
    [
        b"first-key",
        b"first-key\n",
        b"\xef\xbb\xbffirst-key\n",
        b"\n\n  \nfirst-key\n\n",
        b"second-key\r\nfirst-key\r\n",
        b"second-key\rfirst-key",
        b" \tfirst-key \t\n",
    ],
)
def test_a_file_as_any_editor_writes_it_is_understood(path: Path, text: bytes):
    path.write_bytes(text)
    keys = ApiKeys(path)
    assert accepts(keys, KEY)
    for empty in (b"", b" ", b"\r", b"\xef\xbb\xbf"):
        assert not accepts(keys, empty)


@pytest.mark.parametrize("text", [b"", b"\n", b" \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_a_file_without_a_key_is_refused_at_the_start(path: Path, text: bytes):
    path.write_bytes(text)
    with pytest.raises(ServeError) as raised:
        ApiKeys(path)
    assert str(raised.value) == f"{path}: holds no key; write one key per line"


def test_a_file_that_does_not_exist_is_refused_at_the_start(tmp_path: Path):
    with pytest.raises(ServeError, match=r"cannot be read \(No such file or directory\)"):
        ApiKeys(tmp_path / "keys.txt")


def test_a_folder_is_refused_at_the_start(tmp_path: Path):
    with pytest.raises(ServeError, match="correct API_KEYS_FILE or the file's mode"):
        ApiKeys(tmp_path)


def test_keys_are_read_again_when_the_file_is_rewritten(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    path.write_bytes(b"new-key\n")
    assert not accepts(keys, KEY)
    assert accepts(keys, b"new-key")
    assert logged == ["INFO read the API keys again: there are 1"]


def test_keys_are_read_again_when_another_file_takes_the_name(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    replace(path, KEY[::-1] + b"\n" + OTHER + b"\n")
    assert not accepts(keys, KEY)
    assert accepts(keys, KEY[::-1])
    assert logged == ["INFO read the API keys again: there are 2"]


def replace(path: Path, text: bytes) -> None:
    """Rename a file over another one of the same time: only the file's number differs."""
    times = path.stat()
    other = path.with_suffix(".new")
    other.write_bytes(text)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)


def test_a_file_that_stays_as_it_is_is_not_read_again(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    assert all(accepts(keys, KEY) for _ in range(3))
    assert logged == []


def test_the_last_keys_stay_valid_while_the_file_is_gone(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    path.unlink()
    for _ in range(3):
        assert accepts(keys, KEY)
        assert not accepts(keys, b"wrong")
    assert logged == [MISSING]


def test_a_file_that_comes_back_is_read(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    path.unlink()
    assert accepts(keys, KEY)
    path.write_bytes(b"new-key\n")
    assert not accepts(keys, KEY)
    assert accepts(keys, b"new-key")
    path.unlink()
    assert accepts(keys, b"new-key")
    again = "INFO read the API keys again: there are 1"
    assert logged == [MISSING, again, MISSING]


def test_the_same_file_that_comes_back_is_read(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    away = path.rename(path.with_suffix(".away"))
    assert accepts(keys, KEY)
    away.rename(path)
    assert accepts(keys, KEY)
    assert logged == [MISSING, "INFO read the API keys again: there are 2"]


def test_what_is_not_a_file_leaves_the_last_keys(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    path.unlink()
    path.mkdir()
    assert all(accepts(keys, KEY) for _ in range(2))
    path.rmdir()
    os.mkfifo(path)
    assert accepts(keys, KEY)  # and is not waited for
    assert logged == [NO_FILE]


@pytest.mark.parametrize("text", [b"", b"\n \n"])
def test_a_file_that_is_emptied_leaves_the_last_keys_and_reports_it(
    path: Path, logged: list[str], text: bytes
):
    reports: list[bool] = []
    keys = ApiKeys(path, reports.append)
    path.write_bytes(text)
    assert all(accepts(keys, KEY) for _ in range(3))
    assert not accepts(keys, b"")
    assert (logged, reports) == ([EMPTY], [True])
    path.write_bytes(b"new-key\n")
    assert accepts(keys, b"new-key")
    assert not accepts(keys, KEY)
    assert logged[1:] == ["INFO read the API keys again: there are 1"]
    assert reports == [True, False]


def test_a_file_that_is_far_too_large_leaves_the_last_keys(path: Path, logged: list[str]):
    keys = ApiKeys(path)
    path.write_bytes(b"key\n" * 300_000)
    assert accepts(keys, KEY)
    assert logged == [ERROR.format("cannot be read (it is larger than 1048576 bytes)")]


def test_a_rewrite_with_the_same_size_and_times_is_noticed(path: Path):
    keys = ApiKeys(path)
    assert accepts(keys, KEY)
    times = path.stat()
    path.write_bytes(KEY[::-1] + b"\n" + OTHER + b"\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert accepts(keys, KEY[::-1])
    assert not accepts(keys, KEY)


def test_a_pipe_in_the_place_of_the_file_is_refused_at_the_start(tmp_path: Path):
    os.mkfifo(tmp_path / "keys")
    with pytest.raises(ServeError, match="it is not a file"):
        ApiKeys(tmp_path / "keys")
