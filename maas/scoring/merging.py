"""Parts put together: into the one file that was asked for, and the invalid rows of all parts."""

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from maas.registry.files import sync_folder
from maas.scoring.job import Form
from maas.scoring.part_file import TEMPORARY, TableFile, output_error

_BATCH_ROWS = 262_144


def merge_parts(parts: Sequence[Path], target: Path, form: Form, folder: Path) -> None:
    """Write the rows of all parts to one file, in their order.

    Args:
        parts: their files.
        target: the file.
        form: of the file.
        folder: where it is while it is written.

    Raises:
        StorageError: it cannot be written.
    """
    if form == "csv":
        _write_csv(parts, target, folder)
    elif len(parts) == 1:
        try:
            parts[0].replace(target)
            sync_folder(target.parent)
        except OSError as error:
            raise output_error(target, error) from None
    else:
        _write_parquet(parts, target, pq.read_schema(parts[0]).remove_metadata(), folder)


def merge_invalid(parts: Sequence[Path], target: Path, folder: Path) -> None:
    """Write the invalid rows of all parts to one file.

    A column that has several types in the files of the input becomes text.

    Args:
        parts: the files of their invalid rows.
        target: the file.
        folder: where it is while it is written.

    Raises:
        StorageError: it cannot be written.
    """
    kinds: dict[str, set[pa.DataType]] = {}
    for part in parts:
        for field in pq.read_schema(part):
            kinds.setdefault(field.name, set()).add(field.type)
    fields = [
        (name, next(iter(found)) if len(found) == 1 else pa.string())
        for name, found in kinds.items()
    ]
    _write_parquet(parts, target, pa.schema(fields), folder)


def _write_parquet(parts: Sequence[Path], target: Path, schema: pa.Schema, folder: Path) -> None:
    with TableFile(target, schema, folder) as table:
        for batch in _read(parts):
            columns = []
            for field in schema:
                if field.name in batch.schema.names:
                    column = batch.column(field.name)
                    columns.append(column if column.type == field.type else column.cast(field.type))
                else:
                    columns.append(pa.nulls(len(batch), field.type))
            table.write(columns)
        table.finish()


def count_csv_rows(path: Path) -> int | None:
    """The rows of a file that `merge_parts` wrote; None if it is not one."""
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    try:
        with pa.csv.open_csv(path, parse_options=parse) as reader:
            texts = pa.csv.ConvertOptions(
                column_types=dict.fromkeys(reader.schema.names, pa.string())
            )
        with pa.csv.open_csv(path, parse_options=parse, convert_options=texts) as reader:
            return sum(len(batch) for batch in reader)
    except (OSError, pa.ArrowException):
        return None


def _write_csv(parts: Sequence[Path], target: Path, folder: Path) -> None:
    beside = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    schema = pa.schema(
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in pq.read_schema(parts[0])
    )
    try:
        with beside.open("wb") as file:
            with pa.csv.CSVWriter(file, schema) as writer:
                for batch in _read(parts):
                    writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise output_error(target, error) from None
    finally:
        beside.unlink(missing_ok=True)


def _read(parts: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        with pq.ParquetFile(part, pre_buffer=False) as file:
            for group in range(file.num_row_groups):  # together they may be too many bytes
                yield from file.iter_batches(_BATCH_ROWS, [group], use_threads=False)
