"""The columns of the input that are written too: of which type, in all files alike."""

from collections.abc import Sequence

import pyarrow as pa

from maas.errors import DataError
from maas.model.signature import Signature
from maas.scoring.answers import answer_schema
from maas.scoring.inputs import Input
from maas.scoring.job import Form
from maas.tables.stream.batches import Wanted, read_batches

# What Arrow cannot take rows of, and what stands for it.
_VIEWS = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


def check_keep(keep: Sequence[str], signature: Signature, probabilities: bool) -> None:
    """Check that no kept column has the name of an answer.

    Raises:
        DataError: one has.
    """
    for name in keep:
        if name in answer_schema(signature, probabilities).names:
            what = "is a column of the output too"
            raise DataError(f"--keep {name}", what, "rename it in the input, or leave it out")


def find_kept(inputs: Sequence[Input], keep: Sequence[str], quarantine: bool) -> pa.Schema:
    """The kept columns, with the types that they have in every file.

    The columns of CSV files have none: they are read, and are integers if all values are plain
    ones without leading zeros; else text.

    Raises:
        DataError: the files have different types.
    """
    if not keep:
        return pa.schema([])
    if inputs[0].shape.types is None:
        plain = set(keep)
        for file in inputs:
            plain &= _find_integers(file, keep, quarantine)
        return pa.schema([(name, pa.int64() if name in plain else pa.string()) for name in keep])
    first = inputs[0]
    kept = pa.schema([(name, _type_of(first, name)) for name in keep])
    for file in inputs[1:]:
        for field in kept:
            kind = _type_of(file, field.name)
            if kind != field.type:
                what = f"holds {kind}, and {field.type} in {first.name}"
                remedy = "cast one of them, or do not keep it"
                raise DataError(f"{file.path}: column {field.name!r}", what, remedy)
    return kept


def check_form(kept: pa.Schema, form: Form) -> None:
    """Check that a file of a form can hold the kept columns.

    Raises:
        DataError: it cannot.
    """
    for field in kept if form == "csv" else ():
        if pa.types.is_nested(field.type) or _is_bytes(field.type):
            what = f"holds {field.type}, which a CSV file cannot hold"
            raise DataError(f"--keep {field.name}", what, "name a .parquet OUT, or leave it out")


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    tests = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return isinstance(kind, pa.BaseExtensionType) or any(test(kind) for test in tests)


def _type_of(file: Input, column: str) -> pa.DataType:
    """The type of a column as it is read; in a CSV file, all are texts."""
    if file.shape.types is None:
        return pa.string()
    kind = file.shape.types.field(column).type
    return _VIEWS.get(kind, kind)


def _find_integers(file: Input, keep: Sequence[str], quarantine: bool) -> set[str]:
    """Which columns of a CSV file hold plain integers and gaps alone."""
    import pyarrow.compute as pc

    plain = set(keep)
    for batch in read_batches(file.path, (), keep, None, quarantine, file.dialect):
        for name in list(plain):
            text = batch.table.column(name)
            matches = pc.match_substring_regex(text, r"^(0|-?[1-9][0-9]{0,17})$")
            if not pc.all(matches).as_py() and pc.any(pc.invert(matches)).as_py():
                plain.discard(name)
    return plain


def read_schema(file: Input, wanted: Sequence[Wanted], kept: pa.Schema) -> pa.Schema:
    """The columns that are read of a file, in its own types; those of a CSV file are texts."""
    names = list(dict.fromkeys([*(feature.column for feature in wanted), *kept.names]))
    return pa.schema([(name, _type_of(file, name)) for name in names])
