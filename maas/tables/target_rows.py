"""The rows that are kept for their target: those with one, of classes with enough rows."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from maas.config.train_config import DataConfig
from maas.errors import DataError
from maas.tables.column_kinds import decode, is_text
from maas.tables.row_places import RowPlaces


@dataclass(frozen=True)
class LeftOut:
    """How many rows of a source were left out, or got another class.

    Attributes:
        without_target: left out because they have no target.
        rare_classes: left out because their class has too few rows.
        merged: of rare classes, which became `data.rare_class`.
    """

    without_target: int = 0
    rare_classes: int = 0
    merged: int = 0


NOTHING = LeftOut()


def keep_rows(
    where: str, table: pa.Table, config: DataConfig, places: RowPlaces
) -> tuple[pa.Table, LeftOut]:
    """Leave out the rows that a config does not want for their target, and merge rare classes.

    Args:
        where: names the target in errors.
        table: with the target among its columns, or without it.
        config: its keys `drop_rows_without_target`, `min_class_rows` and `rare_class`.
        places: learns which rows are left.

    Raises:
        DataError: no row is left, or one class alone; or classes to be merged are not text.
    """
    dropped = rare = merged = 0
    if config.target not in table.column_names:
        return table, NOTHING
    if config.drop_rows_without_target:
        present = pc.invert(pc.is_null(decode(table.column(config.target)), nan_is_null=True))
        table, dropped = _filter(table, present, places)
        if not table.num_rows:
            raise DataError(where, "has no value in any row", "name another target")
    if config.min_class_rows is not None and config.rare_class is not None:
        table, merged = _merge(where, table, config, config.rare_class)
    elif config.min_class_rows is not None:
        labels = table.column(config.target)
        table, rare = _filter(table, pc.invert(_is_rare(labels, config.min_class_rows)), places)
        left = pc.count_distinct(decode(table.column(config.target)), mode="only_valid").as_py()
        if left < 2 and rare:
            few = f"has {['no class', 'one class'][left]} with {config.min_class_rows} rows or more"
            raise DataError(where, few, "lower data.min_class_rows")
    return table, LeftOut(dropped, rare, merged)


def _filter(table: pa.Table, kept: pa.ChunkedArray, places: RowPlaces) -> tuple[pa.Table, int]:
    """Keep some rows; also count the others."""
    left = table.filter(kept)
    places.keep(kept.to_numpy())
    return left, table.num_rows - left.num_rows


def _is_rare(labels: pa.ChunkedArray, fewest: int) -> pa.ChunkedArray:
    """Which rows are of a class with fewer rows; a gap is not a class."""
    labels = decode(labels)
    counts = labels.drop_null().value_counts()
    rare = counts.field("values").filter(pc.less(counts.field("counts"), fewest))
    return pc.is_in(labels, value_set=rare)


def _merge(where: str, table: pa.Table, config: DataConfig, name: str) -> tuple[pa.Table, int]:
    """Give the rows of rare classes one class; also count those that had another one."""
    labels = decode(table.column(config.target))
    if not is_text(labels.type):
        what = f"holds {labels.type}, which cannot become data.rare_class: {name!r}"
        raise DataError(
            where, what, "remove data.rare_class, which leaves out rows of rare classes"
        )
    changed = pc.and_(_is_rare(labels, config.min_class_rows or 0), pc.not_equal(labels, name))
    changed = pc.fill_null(changed, False)
    merged = pc.if_else(changed, pa.scalar(name, labels.type), labels)
    place = table.column_names.index(config.target)
    return table.set_column(place, config.target, merged), pc.sum(changed).as_py() or 0
