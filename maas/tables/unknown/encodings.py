"""Guesses the encoding of text."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from maas.errors import DataError
from maas.tables.unknown.file_start import UTF_16

_MARK = b"\xef\xbb\xbf"

# Bytes beside a letter are parts of a word. In cp1252, 0x80-0x9f are punctuation but for a few
# letters; in mac_roman they are letters, and 0xc0-0xff are punctuation and capitals. 0x91-0x97 are
# quotes and dashes of cp1252, which also stand beside letters: they count for neither.
_MAC_LETTERS = re.compile(
    rb"[A-Za-z][\x80-\x84\x86-\x90\x98-\x9f]|[\x80-\x84\x86-\x90\x98-\x9f][a-z]"
)
_WESTERN_LETTERS = re.compile(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][A-Za-z]")

# Letters above ASCII, and signs: where three and more follow each other, these are words of
# letters above ASCII alone: Cyrillic, Greek, Chinese, …
_RUN = re.compile(rb"[\x80-\xff]+")
_RUN_OF_LETTERS = 3

_GUESSES = ("cp1252", "mac_roman", "cp850")

# What stands between two letters, and is none; and letters to Unicode that stand in no word.
_BETWEEN_LETTERS = "’–—\u00ad·"
_OPENING_QUOTES = "‚„"
_SIGNS = "ªºƒµˆ"


def decode(path: Path, blocks: Sequence[bytes]) -> tuple[list[bytes], str, str]:
    """Decode the blocks of a sample.

    Returns:
        The blocks in UTF-8 without a byte order mark, the name of the encoding they had, and how
        that is known; "" of UTF-8.

    Raises:
        DataError: the encoding cannot be told, or there are two byte order marks.
    """
    first = blocks[0]
    if first[:2] in UTF_16:
        texts = _recode([first[2:], *blocks[1:]], UTF_16[first[:2]])
        return _check_marks(path, texts), "utf-16", "UTF-16 by its byte order mark"
    blocks = _check_marks(path, [first.removeprefix(_MARK), *blocks[1:]])
    try:
        for block in blocks:
            block.decode()
    except UnicodeDecodeError:
        encoding = _guess(path, blocks)
        others = " or ".join(other for other in _GUESSES if other != encoding)
        seen = f"a guess, as the file is not UTF-8: if letters are wrong, try {others}"
        return _recode(blocks, encoding), encoding, seen
    return blocks, "utf-8", ""


def _check_marks(path: Path, blocks: list[bytes]) -> list[bytes]:
    """Refuse a second byte order mark, which would be part of the first name."""
    if blocks[0].startswith(_MARK):
        what = "begins with more than one byte order mark"
        raise DataError(path, what, "save it as UTF-8 with one, or without")
    return blocks


def _recode(blocks: Sequence[bytes], encoding: str) -> list[bytes]:
    return [block.decode(encoding, errors="replace").encode() for block in blocks]


def _guess(path: Path, blocks: Sequence[bytes]) -> str:
    """The encoding of text that is not UTF-8: the one in which the fewest letters look wrong."""
    _check_mixed(path, blocks)
    mac = sum(len(_MAC_LETTERS.findall(block)) for block in blocks)
    western = sum(len(_WESTERN_LETTERS.findall(block)) for block in blocks)
    runs: Counter[tuple[str, bytes, str]] = Counter()
    for block in blocks:
        runs.update(_find_runs(block))
    long = sum(n * len(run) for (_, run, _), n in runs.items() if len(run) >= _RUN_OF_LETTERS)
    if 2 * long > sum(n * len(run) for (_, run, _), n in runs.items()):
        what = "is neither UTF-8 nor text in a Western European language"
        raise DataError(path, what, _convert(path, "ENCODING", "with the name of its encoding"))
    order = ("mac_roman", "cp1252", "cp850") if mac > western else ("cp1252", "cp850", "mac_roman")
    encoding = min(order, key=lambda name: _count_odd(runs, name))
    # They differ in 0x80-0x9f alone, of which cp1252 leaves five open.
    is_open = any(re.search(rb"[\x81\x8d\x8f\x90\x9d]", block) for block in blocks)
    return "latin-1" if encoding == "cp1252" and is_open else encoding


def _find_runs(block: bytes) -> Iterator[tuple[str, bytes, str]]:
    """Bytes above ASCII, with the letters beside them; " " where there is none."""
    for found in _RUN.finditer(block):
        begin, end = found.span()
        beside = (block[max(begin - 1, 0) : begin], block[end : end + 1])
        before, after = (char.decode() if char.isalpha() else " " for char in beside)
        yield before, found.group(), after


def _count_odd(runs: Mapping[tuple[str, bytes, str], int], encoding: str) -> int:
    """How many characters beside letters would not stand there in a word."""
    odd = 0
    for (before, run, after), count in runs.items():
        if before == after == " ":
            continue
        text = f"{before}{run.decode(encoding, errors='replace')}{after}"
        odd += count * sum(_is_odd(*text[n : n + 3]) for n in range(len(text) - 2))
    return odd


def _is_odd(before: str, char: str, after: str) -> bool:
    between = before.isalpha() and after.isalpha()
    if not char.isalpha() or char in _SIGNS:
        is_quote = char in _OPENING_QUOTES and before.isalpha()
        is_sign = between and char not in _BETWEEN_LETTERS
        return is_quote or is_sign or char == "\ufffd"
    if char.isupper():  # in the middle of a word
        return before.islower() or (before.isalpha() and after.islower())
    return char != "ß" and before.isupper() and after.isupper()


def _check_mixed(path: Path, blocks: Sequence[bytes]) -> None:
    """Refuse text in UTF-8 with a few bytes that are not."""
    texts = [block.decode(errors="replace") for block in blocks]
    bad = sum(text.count("\ufffd") for text in texts)
    good = sum(len(re.findall(r"[^\x00-\x7f\ufffd]", text)) for text in texts)
    if good <= bad:
        return
    line = texts[0].partition("\ufffd")[0].count("\n") + 1
    where = f"line {line}" if "\ufffd" in texts[0] else "a line"
    what = f"is UTF-8, but for {where}"
    raise DataError(path, what, "correct it, and save the file as UTF-8")


def _convert(path: Path, encoding: str, then: str) -> str:
    code = f"iconv -f {encoding} -t utf-8 {path.name} > utf8-{path.name}"
    return f"save it as UTF-8, e.g. {code} {then}, and name that file"
