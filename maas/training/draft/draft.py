"""A draft of a config, and the config that it stands for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maas.config.train_config import TrainConfig
from maas.model.signature import Runtime, Value
from maas.tables.column_draft import ColumnDraft
from maas.tables.dialect import Dialect
from maas.tables.target_draft import TargetDraft


@dataclass(frozen=True)
class EstimatorDraft:
    """An estimator.

    Attributes:
        name: of its class.
        params: of its constructor.
        reason: why it was chosen.
    """

    name: str
    params: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class Draft:
    """All that a config says, and what was seen.

    Attributes:
        file: the file as it was given: relative to the current folder, and named so in errors.
        source: for `data.source`.
        model_name: for `model_name`.
        models_dir: for `paths.models_dir`.
        extent: how much was read, in words.
        is_whole: whether that was all.
        dialect: how the file is written.
        target: what is made of the target.
        columns: what is made of the others, in the order of the file.
        estimator: what is trained.
        split_method: for `split.method`; None: its default.
        test_size: for `split.test_size`.
        encode: for `preprocessing.encode`; None: its default.
        unknown: for `preprocessing.unknown`; None: its default.
        texts_seen: what was seen that `preprocessing` answers.
        runtime: for `runtime`; None: its default.
        example: a typical row, for a first request.
        encoding_seen: how the encoding is known.
        doubts: what else is a guess about the file, and what training will refuse in it.
    """

    file: str
    source: str
    model_name: str
    models_dir: str
    extent: str
    is_whole: bool
    dialect: Dialect
    target: TargetDraft
    columns: tuple[ColumnDraft, ...]
    estimator: EstimatorDraft
    split_method: str | None = None
    test_size: float = 0.2
    encode: str | None = None
    unknown: str | None = None
    texts_seen: str = ""
    runtime: Runtime | None = None
    example: Mapping[str, Value] = field(default_factory=dict)
    encoding_seen: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def features(self) -> list[ColumnDraft]:
        """The columns that are features."""
        return [column for column in self.columns if not column.left_out]

    @property
    def drops_rows_without_target(self) -> bool:
        """Whether `data.drop_rows_without_target` is set: also for rows that were not read."""
        return self.target.gaps > 0 or not self.is_whole

    def config(self) -> TrainConfig:
        """The config that the draft stands for."""
        preprocessing = {"encode": self.encode, "unknown": self.unknown}
        runtime = {"runtime": self.runtime} if self.runtime else {}
        return TrainConfig.model_validate(
            {
                **runtime,
                "model_name": self.model_name,
                "paths": {"models_dir": self.models_dir},
                "data": self._data(),
                "split": {"method": self.split_method, "test_size": self.test_size},
                "preprocessing": {key: value for key, value in preprocessing.items() if value},
                "estimator": {
                    "name": self.estimator.name,
                    "params": dict(self.estimator.params),
                },
            }
        )

    def _data(self) -> dict[str, Any]:
        dialect, target = self.dialect, self.target
        return {
            "source": self.source,
            "target": target.column,
            "features": {
                column.column: {"column": column.column, "type": column.type}
                if column.type
                else column.column
                for column in self.features
            },
            "delimiter": None if dialect.delimiter == "," else dialect.delimiter,
            "decimal": dialect.decimal,
            "encoding": dialect.encoding,
            "null_values": dialect.null_values,
            "forms": dict(dialect.forms),
            "drop_rows_without_target": self.drops_rows_without_target,
            "min_class_rows": target.min_class_rows,
        }


def remove_forms(draft: Draft, columns: Collection[str]) -> Draft:
    """Take the forms of columns out of a draft, but for those of other splits."""
    used = {column.column for column in draft.columns if column.split is not None}
    gone = set(columns) - used
    forms = {column: form for column, form in draft.dialect.forms.items() if column not in gone}
    return replace(draft, dialect=replace(draft.dialect, forms=forms))
