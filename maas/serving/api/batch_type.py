"""The type of a batch: a list of rows, checked and encoded by column where it can be."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from maas.model.signature import Row, Signature

if TYPE_CHECKING:
    from maas.serving.api.row_batch import BatchValidator


def batch_of(row: type[Row], signature: Signature, limit: float, most: int) -> Any:
    """The type of a list of rows; one that is longer is 413, not a breach of the schema.

    Args:
        row: the type of a row.
        signature: what the model takes.
        limit: the largest magnitude of a number.
        most: the largest number of rows.
    """

    @cache
    def validator() -> "BatchValidator":  # the process that starts the workers needs none
        from maas.serving.api.row_batch import batch_validator

        return batch_validator(row, signature, limit, most)

    def validate(value: Any, validate_rows: ValidatorFunctionWrapHandler) -> Any:
        return validator()(value, validate_rows)

    def say(schema: dict[str, Any]) -> None:
        schema.pop("maxItems", None)
        schema["description"] = f"At most {most} rows."

    rows: Any = list[row]  # type: ignore[valid-type]
    return Annotated[rows, Field(max_length=most, json_schema_extra=say), WrapValidator(validate)]
