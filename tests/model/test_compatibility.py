"""What another version changes for clients: each change in words, and whether it breaks them."""

from typing import Any

import pytest

from maas.model.checks import field_type, rule_of
from maas.model.compatibility import compare_signatures, encoding_differences
from maas.model.signature import Feature, Signature

NUMBER = Feature(name="a", column="A", type="number", minimum=-5.0, maximum=3.0)
INTEGER = Feature(name="a", column="A", type="integer", minimum=0.0, maximum=3.0)
BOOLEAN = Feature(name="a", column="A", type="boolean")
PQ = Feature(name="a", column="A", type="category", categories=("p", "q"))
PR = Feature(name="a", column="A", type="category", categories=("p", "r"))
P = Feature(name="a", column="A", type="category", categories=("p",))


def nullable(feature: Feature) -> Feature:
    return feature.model_copy(update={"nullable": True})


def renamed(feature: Feature, name: str) -> Feature:
    return feature.model_copy(update={"name": name})


def signature(*features: Feature, **changes: Any) -> Signature:
    content = {
        "features": features or (NUMBER,),
        "target": "t",
        "task": "classification",
        "classes": ("x", "y"),
        "probabilities": True,
        "example": {},
    }
    return Signature(**(content | changes))


IGNORE = {"unknown": "ignore"}


@pytest.mark.parametrize(
    ("then", "now", "field", "said"),
    [
        (signature(), signature(NUMBER, renamed(NUMBER, "b")), "b", "b was added, and is required"),
        (signature(NUMBER, renamed(NUMBER, "b")), signature(), "b", "feature b was removed"),
        (signature(nullable(NUMBER)), signature(renamed(NUMBER, "b")), "a", "a was removed"),
        (signature(NUMBER), signature(INTEGER), "a", "type integer, and was of type number"),
        (signature(BOOLEAN), signature(NUMBER), "a", "type number, and was of type boolean"),
        (signature(INTEGER), signature(BOOLEAN), "a", "type boolean, and was of type integer"),
        (signature(PQ), signature(NUMBER), "a", "type number, and was of type category"),
        (signature(nullable(NUMBER)), signature(NUMBER), "a", "may not be null any more"),
        (signature(PQ), signature(P), "a", "does not know category q any more"),
        (signature(PQ), signature(PR), "a", "does not know category q any more"),
        (signature(PQ, **IGNORE), signature(PQ), "a", "now refuses categories that it does not"),
        (signature(), signature(target="u"), "target", "the target is u, and was t"),
        (
            signature(),
            signature(task="regression", classes=None, probabilities=False),
            "task",
            "the task is regression, and was classification",
        ),
        (signature(), signature(classes=("x",)), "classes", "no answer is class 'y' any more"),
        (signature(classes=(0, 1)), signature(classes=("0", "1")), "classes", "classes 0, 1 any"),
        (signature(classes=(0, 1)), signature(classes=(False, True)), "classes", "classes 0, 1 "),
        (signature(), signature(probabilities=False), "probabilities", "no probabilities any more"),
        (signature(), signature(input_bound=4.0), "a", "refused beyond 4, and was trained up to 5"),
    ],
)
def test_a_change_that_breaks_clients_names_its_field(
    then: Signature, now: Signature, field: str, said: str
):
    (found,) = [change for change in compare_signatures(then, now) if change.breaks][:1]
    assert found.field == field
    assert said in found.what
    assert found.text == f"{found.what} (breaks clients)"


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (signature(), signature(NUMBER, nullable(renamed(NUMBER, "b"))), "b was added, and may be"),
        (signature(INTEGER), signature(NUMBER), "type number, and was of type integer"),
        (signature(NUMBER), signature(nullable(NUMBER)), "may be null now"),
        (signature(P), signature(PQ), "knows category q too"),
        (signature(PQ), signature(PQ, **IGNORE), "now takes any category"),
        (signature(PQ, **IGNORE), signature(P, **IGNORE), "does not know category q any more"),
        (signature(PQ), signature(P, **IGNORE), "does not know category q any more"),
        (signature(classes=("x",)), signature(), "an answer can be class 'y' too"),
        (signature(probabilities=False), signature(), "probabilities are given now"),
    ],
)
def test_a_change_that_breaks_no_client_is_listed_too(then: Signature, now: Signature, said: str):
    changes = compare_signatures(then, now)
    assert not any(change.breaks for change in changes)
    assert any(said in change.what for change in changes)
    assert all(change.text.endswith("(breaks no client)") for change in changes)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (signature(), signature()),
        (signature(PQ, **IGNORE), signature(PQ, **IGNORE)),
        (signature(NUMBER, renamed(PQ, "b")), signature(renamed(PQ, "b"), NUMBER)),
        (signature(), signature(NUMBER.model_copy(update={"column": "B", "maximum": 9.0}))),
        (signature(input_bound=1e37), signature(input_bound=1e36)),
        (signature(), signature(input_bound=5.0)),
        (signature(classes=("x", "y")), signature(classes=("y", "x"))),
        (signature(PQ, input_bound=1.0), signature(PQ, input_bound=0.5)),
    ],
)
def test_what_clients_do_not_see_is_no_change(then: Signature, now: Signature):
    assert compare_signatures(then, now) == ()


def test_many_categories_are_counted():
    many = PQ.model_copy(update={"categories": tuple(f"c{n}" for n in range(9))})
    found = compare_signatures(signature(many), signature(P))
    assert found[0].what.endswith("categories c0, c1, c2, c3, c4 and 4 more any more")


@pytest.mark.parametrize("old", [NUMBER, INTEGER, BOOLEAN, PQ, P, nullable(NUMBER), nullable(PQ)])
@pytest.mark.parametrize("new", [NUMBER, INTEGER, BOOLEAN, PQ, P, nullable(NUMBER), nullable(PQ)])
def test_a_change_is_called_breaking_exactly_where_a_value_is_refused_now(
    old: Feature, new: Feature
):
    """The rules of the row type are the truth: values are tried with both."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    def accepted(feature: Feature) -> set[str]:
        kind = TypeAdapter(
            field_type(rule_of(feature, signature(feature))), config=ConfigDict(strict=True)
        )
        found = set()
        for text in ("1", "1.5", "true", '"p"', '"q"', '"z"', "null"):
            try:
                kind.validate_json(text)
            except ValidationError:
                continue
            found.add(text)
        return found

    breaks = any(c.breaks for c in compare_signatures(signature(old), signature(new)))
    assert breaks == bool(accepted(old) - accepted(new))


def test_a_shadow_takes_the_matrix_that_was_encoded_for_the_live_version():
    live = signature(NUMBER, renamed(PQ, "b"))
    assert encoding_differences(live, live) == ()
    assert encoding_differences(live, signature(nullable(NUMBER), renamed(PQ, "b"))) == ()
    assert encoding_differences(live, signature(NUMBER, renamed(PQ, "b"), classes=("z",))) == ()
    for other, said in (
        (signature(renamed(PQ, "b"), NUMBER), ("a: b is in its place", "b: a is in its place")),
        (signature(NUMBER), ("features: there are 2 and 1",)),
        (signature(INTEGER, renamed(PQ, "b")), ("a: its type is number and integer",)),
        (signature(NUMBER, renamed(PR, "b")), ("b: its categories differ",)),
    ):
        assert encoding_differences(live, other) == said
    gaps = signature(nullable(NUMBER))
    assert encoding_differences(gaps, signature()) == (
        "a: it may be null in the live version only",
    )
    number = signature(task="regression", classes=None, probabilities=False)
    assert encoding_differences(signature(), number) == ("task: classification and regression",)
