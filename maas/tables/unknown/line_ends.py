"""Line ends in blocks of text whose letters have one byte, or two in UTF-16."""

from maas.tables.unknown.file_start import UTF_16


def line_end(start: bytes) -> bytes:
    """The bytes that end a line."""
    if start[:2] in UTF_16:
        return "\n".encode(UTF_16[start[:2]])
    return b"\n" if b"\n" in start else b"\r"


def cut_lines(block: bytes, mark: bytes, is_first: bool) -> bytes:
    """The whole lines of a block."""
    begin, end = 0 if is_first else find_mark(block, mark), _last_mark(block, mark)
    return block[begin:end]


def find_mark(block: bytes, mark: bytes) -> int:
    """Where the first line of a block ends, with its mark."""
    place = block.find(mark)
    while place % len(mark):  # -1 % 2 is 1
        if place < 0:
            return len(block)
        place = block.find(mark, place + 1)
    return place + len(mark) if place >= 0 else len(block)


def _last_mark(block: bytes, mark: bytes) -> int:
    place = block.rfind(mark)
    while place > 0 and place % len(mark):
        place = block.rfind(mark, 0, place + len(mark) - 1)
    return place + len(mark) if place >= 0 else 0
