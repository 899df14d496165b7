"""The differences between two manifests, compared as JSON."""

from pathlib import Path

from maas.registry.comparison import Comparison, compare, differences
from maas.registry.registry import Registry
from maas.registry.run_warnings import HeldOutRecord, WarningRecord
from tests.samples import FILES, RUN, make_manifest


def test_values_that_python_calls_equal_are_told_apart():
    assert differences({"C": 1}, {"C": 1.0}) == {"C": [1, 1.0]}
    assert differences({"flag": True}, {"flag": 1}) == {"flag": [True, 1]}
    assert differences({"C": 1.0}, {"C": 1.0}) == {}


def test_nested_values_have_dotted_names():
    then = {"estimator": {"name": "SVC", "params": {"C": 1.0}}, "seed": 1}
    now = {"estimator": {"name": "SVC", "params": {"C": 2.0, "gamma": "auto"}}, "seed": 1}
    assert differences(then, now) == {
        "estimator.params.C": [1.0, 2.0],
        "estimator.params.gamma": [None, "auto"],
    }


def test_a_comparison_in_words_names_both_values():
    names = ("data", "metrics", "held_out", "warnings", "signature", "files", "packages")
    parts = {name: {} for name in names}
    config = differences({"C": 1}, {"C": 1.0})
    lines = list(Comparison((1, 2), same=False, config=config, **parts).lines())
    assert lines == [
        "v1 and v2 have different digests",
        "config     C: 1 -> 1.0 (+0)",
    ]


def test_refused_rows_and_warnings_are_compared_by_feature(tmp_path: Path):
    leak = WarningRecord(kind="leak", seen="equal", features=("a",), count=1)
    constant = WarningRecord(kind="constant", seen="one_value", features=("a",), count=1)
    refused = [HeldOutRecord(rows=9, refused=n, by_feature={"a": n}) for n in (1, 3)]
    registry = Registry(tmp_path)
    rows = make_manifest().data.model_copy(update={"rows": 20})
    for changes in (
        {},
        {"held_out": refused[0], "warnings": (leak,)},
        {"held_out": refused[1], "warnings": (constant,)},
    ):
        registry.publish(make_manifest(data=rows, **changes), FILES, RUN, ())
    first, second, third = (registry.open(number) for number in (1, 2, 3))
    assert list(compare(first, second).lines())[1:] == [
        "held_out   by_feature: a 1 was added",
        "held_out   refused: 1 was added",
        "warnings   leak.a: equal was added",
    ]
    assert list(compare(second, third).lines())[1:] == [
        "held_out   by_feature.a: 1 -> 3 (+2)",
        "held_out   refused: 1 -> 3 (+2)",
        "warnings   constant.a: one_value was added",
        "warnings   leak.a: equal was removed",
    ]
    assert compare(second, second).held_out == compare(second, second).warnings == {}
