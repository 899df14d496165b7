"""The type of a batch: a list of rows, checked and encoded by column where it can be."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from maas.model.row import Row
from maas.model.signature import Signature
from maas.serving.api.arrow.request import ArrowRows
from maas.serving.api.many_errors import shorten_batch_error

if TYPE_CHECKING:
    from maas.serving.api.row_batch import BatchValidator


def batch_type(row: type[Row], signature: Signature, max_rows: int) -> Any:
    """The type of a list of rows; a longer one is 413, not a breach of the schema.

    Args:
        row: the type of a row.
        signature: what the model takes.
        max_rows: the largest number of rows.
    """

    @cache
    def validator() -> "BatchValidator":  # loads numpy, which only workers need
        from maas.serving.api.row_batch import batch_validator

        return batch_validator(row, signature, max_rows)

    def validate(value: Any, validate_rows: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validator()(value, validate_rows)
        except ValidationError as error:
            if type(value) is list and len(value) <= max_rows:
                raise shorten_batch_error(error, value, validate_rows) from None
            raise

    def describe(schema: dict[str, Any]) -> None:
        schema.pop("maxItems", None)
        schema["description"] = f"At most {max_rows} rows."

    rows: Any = list[row]  # type: ignore[valid-type]
    bounded = Field(max_length=max_rows, json_schema_extra=describe)
    return Annotated[rows, bounded, WrapValidator(validate), ArrowRows()]
