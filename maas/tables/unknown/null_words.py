"""Words that stand for a gap, found out from the numbers around them."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from maas.tables.column_kinds import which_numeric
from maas.tables.forms.number_forms import write_plainly
from maas.tables.unknown.seen_column import SeenColumn

# A column of numbers with more words than this among them mixes things.
_MAX_WORDS = 3

# At least such a share of the rows with a value must be numbers.
_MIN_NUMBERS = 0.5

_MAX_LETTERS = 20

# What Excel writes in place of a number that it cannot compute, beside #N/A, which is a gap to all.
_ERRORS = {"#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}

# Marks that people write into empty cells. Others mean something: +, <, $$, or a smile.
_MARK = re.compile(r"[?\-–—.*#/_~]{1,3}")

# A mark stands for a gap beside so many other texts, and if it is the only one of its column.
_MIN_OTHER_TEXTS = 2


def find_null_words(columns: Sequence[SeenColumn]) -> tuple[str, ...]:
    """Find the words that stand for a gap, in the order in which they are seen.

    These are words without a digit among the numbers of a column, a few at most; and a mark
    that repeats among the categories of a column. What another column holds as one of its texts is
    not one: null values hold for the whole file.

    Args:
        columns: of one file.
    """
    texts = [column for column in columns if column.is_text and column.rows]
    gaps = [{*_words_among_numbers(column), *_marks_among_texts(column)} for column in texts]
    seen: dict[str, None] = {}
    for column, words in zip(texts, gaps, strict=True):
        seen.update(dict.fromkeys(text for text in map(str, column.counts.index) if text in words))
    others = [{*map(str, c.counts.index)} - words for c, words in zip(texts, gaps, strict=True)]
    return tuple(word for word in seen if not any(word in other for other in others))


def _words_among_numbers(column: SeenColumn) -> list[str]:
    counts, form = column.counts, column.form
    numeric = which_numeric(counts, column.decimal) | which_numeric(counts)  # 3,5 and 1.234
    if form is not None and form.key is not None and not form.is_date:
        texts = pa.array(map(str, counts.index), pa.string())
        misfits = write_plainly(texts, form.key, form.decimal or column.decimal).misfits
        numeric = numeric | ~np.asarray(misfits.to_numpy(zero_copy_only=False))
    words = [str(text) for text in counts.index[~numeric]]
    others = [word for word in words if word.strip() not in _ERRORS]
    if counts.to_numpy()[numeric].sum() <= _MIN_NUMBERS * column.rows or len(others) > _MAX_WORDS:
        return []
    fits = (len(word) <= _MAX_LETTERS and not re.search(r"\d", word) for word in others)
    return words if all(fits) else []


def _marks_among_texts(column: SeenColumn) -> list[str]:
    """The mark that repeats among texts that repeat: one alone may be a title or a name."""
    counts = column.counts
    marks = [str(text) for text in counts.index if _MARK.fullmatch(str(text).strip())]
    if len(marks) != 1 or column.different > column.rows / 2:
        return []
    is_gap = counts[marks[0]] > 1 and len(counts) > _MIN_OTHER_TEXTS
    return marks if is_gap else []
