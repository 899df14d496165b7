"""Values that are of another kind than their column are judged by themselves."""

import numpy as np
import pytest

from maas.model.columns import Column
from maas.model.doubtful_rows import RowError, judge_rows
from maas.model.encoding import Encoder
from maas.model.row import row_type
from maas.model.signature import FeatureType
from tests.model.graphs import feature, signature


@pytest.mark.parametrize("nullable", [True, False])
@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("number", np.zeros(3), "Input should be a valid number"),
        ("integer", np.zeros(3), "Input should be a valid integer"),
        ("boolean", np.zeros(3, dtype=bool), "Input should be a valid boolean"),
    ],
)
@pytest.mark.parametrize("gaps", [None, np.array([False, False, True])], ids=["full", "gap"])
def test_a_text_among_other_values_is_refused(
    kind: FeatureType, values: np.ndarray, message: str, nullable: bool, gaps: np.ndarray | None
):
    made = signature(feature("x", kind, nullable=nullable))
    column = Column("boolean" if kind == "boolean" else "number", values, gaps, others={1: "no"})
    assert column.at(1) == "no"
    encoder = Encoder(made)
    encoded = encoder.encode_columns([column])
    errors = list(judge_rows([column], encoded, encoder, row_type(made)))
    assert errors[0] == RowError(1, "x", message)
    assert len(errors) == (2 if gaps is not None and not nullable else 1)
    assert encoded.matrix[0] == 0


def test_a_mark_of_a_doubtful_row_stays_in_its_column():
    gaps = np.array([True, False, False])
    column = Column("number", np.zeros(3), gaps, others={1: "no"})
    Encoder(signature(feature("x"))).encode_columns([column])
    assert gaps.tolist() == [True, False, False]
