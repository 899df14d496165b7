"""The records of what a run warns of, and the words that are made of them."""

from typing import Any, get_args

import pytest
import yaml

from maas.model.signature import Feature, Signature
from maas.registry.manifest import Manifest
from maas.registry.run_warnings import KINDS, HeldOutRecord, Seen, WarningRecord, run_warnings
from tests.samples import CONFIG, make_manifest

NAMES = ("a", "b", *(f"c{index}" for index in range(25)))


def manifest(**changes: Any) -> Manifest:
    features = tuple(
        Feature(name=name, column=name, type="category", categories=("x",)) for name in NAMES
    )
    signature = Signature(
        features=features, target="t", task="regression", example=dict.fromkeys(NAMES, "x")
    )
    return make_manifest(**({"signature": signature} | changes))


def warning(seen: Seen, *features: str) -> WarningRecord:
    content = {"kind": KINDS[seen], "seen": seen, "features": features[:20], "count": len(features)}
    return WarningRecord.model_validate(content)


def message(*features: str, seen: Seen = "one_value", **changes: Any) -> str:
    (found,) = run_warnings(manifest(warnings=(warning(seen, *features),), **changes))
    assert (found.kind, found.features) == (KINDS[seen], features[:20])
    return found.message


def test_a_run_without_records_has_no_warnings():
    assert run_warnings(manifest()) == []
    assert b"warnings" not in manifest().to_bytes()


def test_one_feature_and_several_have_a_sentence_and_a_remedy():
    assert message("a") == (
        "feature 'a' has the same value in every training row, which tells the model nothing; "
        'leave it out with `data.exclude: ["a"]`'
    )
    assert message("a", "b") == (
        "features 'a', 'b': each has the same value in every training row, which tells the model "
        'nothing; leave them out with `data.exclude: ["a", "b"]`'
    )
    assert message(*NAMES).endswith("; leave them out with data.exclude")
    assert "'c7' and 17 more: each has" in message(*NAMES)


def test_where_the_config_chooses_the_features_the_remedy_is_to_choose_others():
    data = CONFIG["data"] | {"features": {"a": "A"}}
    assert message("a", config=CONFIG | {"data": data}).endswith("; take it out of data.features")


@pytest.mark.parametrize("seen", get_args(Seen))
def test_whatever_was_seen_has_a_kind_and_a_sentence(seen: Seen):
    text = message("a", seen=seen)
    assert text.startswith("feature 'a' ")
    assert text.endswith('leave it out with `data.exclude: ["a"]`')
    assert ("may be the target in another form" in text) == (KINDS[seen] == "leak")


def test_names_are_shown_and_cut_but_whole_and_valid_in_the_remedy():
    name = "ä\n" + '"' * 60
    feature = Feature(name=name, column=name, type="number")
    signature = Signature(features=(feature,), target="t", task="regression", example={name: 0.0})
    made = make_manifest(signature=signature, warnings=(warning("rising", name),))
    (found,) = run_warnings(made)
    assert "\n" not in found.message
    assert "feature 'ä\\n" + '"' * 38 + "…' rises" in found.message
    remedy = found.message.split("`")[1]
    assert yaml.safe_load(remedy) == {"data.exclude": [name]}


def test_refused_rows_come_first_with_the_features_that_refuse_most():
    counts = dict.fromkeys(NAMES, 2) | {"b": 3}
    record = HeldOutRecord(rows=50, refused=4, by_feature=counts)
    data = manifest().data.model_copy(update={"rows": 200})
    made = manifest(held_out=record, data=data, warnings=(warning("equal", "a"),))
    refused, leak = run_warnings(made)
    assert (refused.kind, leak.kind) == ("refused", "leak")
    assert refused.features == NAMES[:20]
    assert refused.message == (
        "the service refuses 4 of 50 held-out rows ('b': 3, 'a': 2, 'c0': 2, 'c1': 2, 'c10': 2, "
        "'c11': 2, 'c12': 2, 'c13': 2, 'c14': 2, 'c15': 2, 17 more features), and the metrics "
        "leave these rows out; set `preprocessing.unknown: ignore`: a category that no training "
        "row has then counts as missing"
    )
