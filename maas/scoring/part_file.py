"""The Parquet file of a part: written beside and renamed, with a record of it in its footer."""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from maas.errors import StorageError, remedy_for
from maas.registry.files import sync_folder
from maas.strict_model import StrictModel

_KEY = b"maas.part"

# A row group of the output: rows are gathered until there are so many, or so many bytes of them.
_ROW_GROUP_ROWS = 262_144
_ROW_GROUP_BYTES = 2**25

TEMPORARY = ".maas-"
"""How the names begin of files that are being written."""


class PartRecord(StrictModel):
    """What a part's file says of itself.

    Attributes:
        job: the id of the job.
        part: the part's name.
        scored: rows in the file.
        refused: invalid rows that were put aside.
        counts: rows per bin of reference.json.
    """

    job: str
    part: str
    scored: int
    refused: int
    counts: dict[str, Any]


def read_record(path: Path) -> PartRecord | None:
    """The record in a part's file; None if it is missing, not whole, or not such a file."""
    metadata = _read_footer(path)
    if metadata is None:
        return None
    try:
        record = PartRecord.model_validate_json((metadata.metadata or {})[_KEY])
    except (KeyError, ValidationError):
        return None
    return record if record.scored == metadata.num_rows else None


def count_rows(path: Path) -> int | None:
    """The rows of a Parquet file by its footer; None if it is missing, or not such a file."""
    metadata = _read_footer(path)
    return None if metadata is None else int(metadata.num_rows)


def _read_footer(path: Path) -> pq.FileMetaData | None:
    if not path.is_file():  # a pipe would be waited for
        return None
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return None


def output_error(path: Path, error: OSError) -> StorageError:
    """Describe an error of the disk where the output is written."""
    what = f"cannot be written ({error.strerror or error})"
    return StorageError(
        path, what, f"{remedy_for(error)}, then start again; what is scored is kept"
    )


class TableFile:
    """A Parquet file that has its name once it is whole.

    Used in a `with` block: what goes wrong in it leaves no file behind.

    Args:
        path: its name in the end.
        schema: of its columns.
        folder: where it is while it is written; by default beside its name.
        statistics: the columns whose smallest and largest value are recorded; None: all.

    Raises:
        StorageError: the folder cannot be written, or the disk is full.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        folder: Path | None = None,
        statistics: Sequence[str] | None = None,
    ) -> None:
        self._path, self._schema = path, schema
        self._beside = (folder or path.parent) / f"{TEMPORARY}{secrets.token_hex(8)}"
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            recorded = True if statistics is None else list(statistics) or False
            self._writer = pq.ParquetWriter(self._beside, schema, write_statistics=recorded)
        except OSError as error:
            raise output_error(path.parent, error) from None

    def write(self, columns: Sequence[pa.Array]) -> None:
        """Add rows, given as the columns of the schema."""
        batch = pa.RecordBatch.from_arrays(list(columns), schema=self._schema)
        self._waiting.append(batch)
        self._rows += len(batch)
        self._bytes += batch.nbytes
        if self._rows >= _ROW_GROUP_ROWS or self._bytes >= _ROW_GROUP_BYTES:
            self._flush()

    def finish(self, record: PartRecord | None = None) -> None:
        """Write what waits, and the record; then give the file its name."""
        self._flush()
        if record is not None:
            self._writer.add_key_value_metadata({_KEY: record.model_dump_json()})
        try:
            self._writer.close()
            handle = os.open(self._beside, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            self._beside.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise output_error(self._path, error) from None

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._waiting, self._rows, self._bytes = [], 0, 0
        try:
            self._writer.write_table(table, row_group_size=len(table) or None)
        except OSError as error:
            raise output_error(self._path, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # the disk is full, which was said already
            self._writer.close()
        self._beside.unlink(missing_ok=True)
