"""A draft as the text of a config: YAML in which each decision is one comment."""

import json
import re
from collections.abc import Iterator

import yaml

from maas.tables.column_draft import ColumnDraft
from maas.tables.unknown.seen_column import count_of
from maas.training.draft.draft import Draft

# Names that YAML reads as the text that they are, and that need no second look.
_PLAIN = re.compile(r"[^\W\d][\w.()²³/-]*( [\w.()²³/-]+)*")

# Where comments stand: at the end of a line that is shorter than this.
_WIDTH = 44


def write_config(draft: Draft) -> str:
    """Write a draft as YAML; it ends with a line break."""
    lines = [*_head(draft), "", *_data(draft), "", *_split(draft), "", *_preprocessing(draft)]
    return "\n".join([*lines, *_estimator(draft)]) + "\n"


def _head(draft: Draft) -> Iterator[str]:
    yield f"# Drafted from {_comment(draft.source)}: {draft.extent}."
    yield "# Each comment says what was seen. Change what you know better: docs/your-data.md."
    for doubt in draft.doubts:
        yield f"# Beware: {_comment(doubt)}."
    yield ""
    yield f"model_name: {scalar(draft.model_name)}"
    yield f"paths: {{models_dir: {scalar(draft.models_dir)}}}"


def _data(draft: Draft) -> Iterator[str]:
    yield "data:"
    yield f"  source: {scalar(draft.source)}"
    target = draft.target
    seen = f"{target.seen}: {target.task}"
    if target.may_be_amounts:
        seen += "; if they are amounts, name a regressor, without these params"
    yield _line(f"  target: {scalar(target.column)}", seen)
    yield from _dialect(draft)
    yield from _target_rows(draft)
    yield "  features:  # name in the API: column; a line with # is left out, and used without it"
    texts = any(c.left_out and c.is_usable and c.type == "category" for c in draft.columns)
    if texts and draft.unknown is None:
        yield "    # (ids and free text, if they are used, need preprocessing: {unknown: ignore})"
    for column in draft.columns:
        if not column.left_out:
            yield _line(f"    {_entry(column)}", column.seen)
    for column in draft.columns:
        if column.left_out:
            yield _line(f"    # {_entry(column)}", f"left out: {column.seen}")


def _dialect(draft: Draft) -> Iterator[str]:
    dialect = draft.dialect
    if dialect.delimiter != ",":
        yield _line(f"  delimiter: {_quoted(dialect.delimiter)}", "between the columns")
    if dialect.decimal != ".":
        yield _line(f"  decimal: {_quoted(dialect.decimal)}", "numbers have decimal commas")
    if dialect.encoding != "utf-8":
        yield _line(f"  encoding: {scalar(dialect.encoding)}", draft.encoding_seen)
    if dialect.null_values:
        words = ", ".join(map(_quoted, dialect.null_values))
        yield _line(f"  null_values: [{words}]", "stands where a value is missing")
    if dialect.forms:
        yield "  forms:  # how numbers and dates are written"
        for column, form in dialect.forms.items():
            yield f"    {scalar(column)}: {scalar(form)}"


def _target_rows(draft: Draft) -> Iterator[str]:
    target = draft.target
    if target.gaps:
        seen = f"{count_of(target.gaps, 'row')} without a value of the target"
        yield _line("  drop_rows_without_target: true", seen)
    elif not draft.is_whole:
        yield _line("  drop_rows_without_target: true", "no row of the sample lacks it; others may")
    if target.min_class_rows is not None:
        seen = f"leaves out {count_of(target.rare_rows, 'row')} of rarer classes"
        if target.can_be_merged:
            seen += "; rare_class: other merges them"
        yield _line(f"  min_class_rows: {target.min_class_rows}", seen)


def _split(draft: Draft) -> Iterator[str]:
    usual = "stratified" if draft.target.task == "classification" else "random"
    kept = {
        "stratified": "stratified: each class keeps its share on both sides",
        "random": "at random",
    }
    method = f"method: {draft.split_method}, " if draft.split_method else ""
    comment = kept[draft.split_method or usual]
    yield _line(f"split: {{{method}test_size: {draft.test_size}}}", comment)
    for column in draft.columns:
        if column.split is not None:
            held_out = "the newest rows" if column.split == "time" else "all rows of some ids"
            alternative = f"{{method: {column.split}, column: {scalar(column.column)}}}"
            yield _line(f"# split: {alternative}", f"instead: holds out {held_out}")


def _preprocessing(draft: Draft) -> Iterator[str]:
    keys = {"encode": draft.encode, "unknown": draft.unknown}
    given = ", ".join(f"{key}: {value}" for key, value in keys.items() if value is not None)
    if given:
        yield _line(f"preprocessing: {{{given}}}", draft.texts_seen)
        yield ""


def _estimator(draft: Draft) -> Iterator[str]:
    yield "estimator:"
    yield _line(f"  name: {draft.estimator.name}", draft.estimator.reason)
    if draft.estimator.params:
        params = ", ".join(f"{key}: {value}" for key, value in draft.estimator.params.items())
        yield f"  params: {{{params}}}"
    if draft.runtime is not None:
        yield ""
        yield _line(
            f"runtime: {draft.runtime}", "ONNX does not predict these rows as scikit-learn does"
        )


def _entry(column: ColumnDraft) -> str:
    """The line of a column in `data.features`; of one that is left out, so that it can be used."""
    name = scalar(column.column)
    if not column.is_usable:
        return name
    if column.type is None:
        return f"{name}: {name}"
    return f"{name}: {{column: {name}, type: {column.type}}}"


def _line(text: str, comment: str) -> str:
    return f"{text.ljust(_WIDTH)}  # {_comment(comment)}"


def scalar(text: str) -> str:
    """Write a text so that YAML reads it as that text: plain where that is possible."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    """Write a text in double quotes, as JSON and YAML both read it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escape(c) for c in quoted)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _comment(text: str) -> str:
    """A text of one line, of characters that YAML takes."""
    return "".join(c if c.isprintable() else _escape(c) for c in text)
