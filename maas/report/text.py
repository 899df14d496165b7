"""Names from data, for people: without control characters, shortened, isolated from their sentence.

Names of features and classes come from files that others wrote. They may be long, may run from
right to left, and may hold what XML forbids or what changes the direction of the text around them.
"""

import re
import unicodedata

REPLACEMENT = "\ufffd"
BLANK = "(blank)"
"""In place of a name of spaces, or of nothing."""

# What XML 1.0 forbids, and control characters that it allows.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Characters that override the direction of what follows, perhaps beyond the name.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile("[\t\n\r\u2028\u2029]+")

_RIGHT_TO_LEFT = {"R", "AL", "AN"}
_ISOLATE, _END = "\u2068", "\u2069"

# Widths of letters in the size of the font, as in a broad font (DejaVu Sans).
_WIDTHS = (
    ("iljI.,:;'|! ", 0.36),
    ('trf()[]-/"', 0.45),
    ("<>=+~#&", 0.86),
    ("mwMWOQ@%—", 1.0),
)
_WIDTH_OF = {letter: width for letters, width in _WIDTHS for letter in letters}
_USUAL, _CAPITAL, _WIDE = 0.63, 0.74, 1.0

# So much of a name is in a sentence, and is in a table or a title.
IN_SENTENCE = 60
IN_FULL = 200


def clean(text: str) -> str:
    """Replace control characters, lone surrogates and overrides of the direction."""
    return text if text.isprintable() else _DIRECTIONS.sub(REPLACEMENT, without_controls(text))


def without_controls(text: str) -> str:
    """Replace what no document may hold; directions, which isolate a name, are kept."""
    return text if text.isprintable() else _CONTROLS.sub(REPLACEMENT, _SPACES.sub(" ", text))


def cut(text: str, letters: int = IN_FULL) -> str:
    """Clean a name, and cut what is beyond a number of letters."""
    text = _visible(clean(text[: letters + 1]))
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def quote(name: str) -> str:
    """A name within a sentence of plain text."""
    text = cut(name, IN_SENTENCE)
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        text = f"{_ISOLATE}{text}{_END}"
    return f"“{text}”"


def fit(text: str, width: float, size: float = 12) -> str:
    """Clean a name, and leave out its middle where it is wider than a place in a picture.

    Args:
        text: the name. Names of columns often differ at their ends alone.
        width: of the place.
        size: of the font, in the same unit.
    """
    text = _visible(clean(text[: IN_FULL + 1]))
    if text_width(text, size) <= width:
        return text
    head, tail = text, ""
    for kept in range(len(text) - 1, 0, -1):
        head, tail = text[: (kept + 1) // 2], text[len(text) - kept // 2 :]
        if text_width(f"{head}…{tail}", size) <= width:
            break
    return f"{head.rstrip()}…{tail.lstrip()}"


def _visible(text: str) -> str:
    """Say that there is nothing to read."""
    return text if text.strip() else BLANK


def text_width(text: str, size: float = 12) -> float:
    """About how wide a text is."""
    return size * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    if letter in _WIDTH_OF:
        return _WIDTH_OF[letter]
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    return _CAPITAL if letter.isupper() else _USUAL
