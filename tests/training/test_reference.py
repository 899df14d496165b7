"""The distribution of the training rows."""

import pytest

from maas.errors import DataError
from maas.training.reference import describe_reference
from maas.training.run import build_signature
from tests.training.fitted import config, fitted, table


def test_values_a_float_step_apart_have_a_distribution():
    given = table(a=[0.3, 0.1 + 0.2] * 30, y=[1.0, 2.0] * 30)
    with pytest.raises(DataError, match="float32 can tell only 1 apart"):
        fitted(config("Ridge"), given)
    setting = config("Ridge")
    data, _, done = fitted(setting, table(y=[1.0, 1.0 + 2e-16 * 2] * 30))
    reference = describe_reference(build_signature(setting, data, done), data, done.train)
    assert sum(reference["target"]["counts"]) == 48
