"""The differences between two manifests, compared as JSON."""

from maas.registry.comparison import Comparison, differences


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
