"""What another version changes for the clients of a served one, from the two signatures alone.

A change breaks a client if a request that was answered can now be refused, or if an answer can
now be of a kind that could not occur. Not so a new class, or a value that is now accepted too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maas.model.signature import Feature, Label, Signature

# So many categories or classes are named; the others are counted.
_MAX_NAMED = 5


@dataclass(frozen=True)
class SignatureChange:
    """One change that a client can notice.

    Attributes:
        field: the feature's name; of what is predicted, the key of the signature.
        breaks: whether it breaks today's clients.
        what: the change in words, with the field's name.
    """

    field: str
    breaks: bool
    what: str

    @property
    def text(self) -> str:
        """The change in words, and whether it breaks clients."""
        return f"{self.what} ({'breaks clients' if self.breaks else 'breaks no client'})"


def compare_signatures(then: Signature, now: Signature) -> tuple[SignatureChange, ...]:
    """Find what clients notice when the version of one signature replaces that of another.

    Order, training ranges and the names of columns in the data are not seen by clients. An input
    bound that is smaller breaks clients only where it excludes values of the old training range:
    it is computed in powers of ten, and may differ between two fits on equal columns.
    """
    return (*_feature_changes(then, now), *_answer_changes(then, now))


def encoding_differences(live: Signature, other: Signature) -> tuple[str, ...]:
    """Name what keeps a model from scoring the matrix that was encoded for the live one.

    A code is the place of a category in its list, and a column has no name: features, their
    order, types and categories must be equal. Gaps and unseen categories must be taken where the
    live one takes them.
    """
    found = [
        f"{old.name}: {_first_difference(old, new)}"
        for old, new in zip(live.features, other.features, strict=False)
        if _first_difference(old, new)
    ]
    if len(live.features) != len(other.features):
        found.append(f"features: there are {len(live.features)} and {len(other.features)}")
    if live.unknown == "ignore" and other.unknown == "error":
        found.append("unknown: categories that training did not see are refused")
    if live.task != other.task:
        found.append(f"task: {live.task} and {other.task}")
    return tuple(found)


def _first_difference(live: Feature, other: Feature) -> str:
    if live.name != other.name:
        return f"{other.name} is in its place"
    if live.type != other.type:
        return f"its type is {live.type} and {other.type}"
    if live.categories != other.categories:
        return "its categories differ"
    return "it may be null in the live version only" if live.nullable > other.nullable else ""


def _feature_changes(then: Signature, now: Signature) -> Iterator[SignatureChange]:
    before = {feature.name: feature for feature in then.features}
    after = {feature.name: feature for feature in now.features}
    for name in before:
        if name not in after:
            yield SignatureChange(name, True, f"feature {name} was removed")
    for name, feature in after.items():
        if name in before:
            yield from _changes_of(before[name], feature, then, now)
        elif feature.nullable:
            yield SignatureChange(name, False, f"feature {name} was added, and may be left out")
        else:
            yield SignatureChange(name, True, f"feature {name} was added, and is required")


def _changes_of(
    old: Feature, new: Feature, then: Signature, now: Signature
) -> Iterator[SignatureChange]:
    name = old.name
    if old.nullable != new.nullable:
        what = "may be null now" if new.nullable else "may not be null any more"
        yield SignatureChange(name, old.nullable, f"feature {name} {what}")
    if old.type != new.type:
        widens = (old.type, new.type) == ("integer", "number")
        what = f"feature {name} is of type {new.type}, and was of type {old.type}"
        yield SignatureChange(name, not widens, what)
    elif old.type == "category":
        yield from _category_changes(old, new, then.unknown, now.unknown)
    yield from _bound_changes(old, new, now.input_bound)


def _category_changes(
    old: Feature, new: Feature, unknown_then: str, unknown_now: str
) -> Iterator[SignatureChange]:
    name, before, after = old.name, old.categories or (), new.categories or ()
    gone = [category for category in before if category not in set(after)]
    added = [category for category in after if category not in set(before)]
    if unknown_then != unknown_now:
        breaks = unknown_now == "error"
        what = "refuses categories that it does not know" if breaks else "takes any category"
        yield SignatureChange(name, breaks, f"feature {name} now {what}")
    if gone:
        breaks = unknown_now == "error"
        what = f"feature {name} does not know {_plural('category', 'categories', gone)} any more"
        yield SignatureChange(name, breaks, what)
    if added:
        what = f"feature {name} knows {_plural('category', 'categories', added)} too"
        yield SignatureChange(name, False, what)


def _bound_changes(old: Feature, new: Feature, bound: float | None) -> Iterator[SignatureChange]:
    numeric = {"number", "integer"}
    if bound is None or old.type not in numeric or new.type not in numeric:
        return
    largest = max(abs(old.minimum or 0.0), abs(old.maximum or 0.0))
    if largest > bound:
        what = f"feature {old.name} is refused beyond {bound:g}, and was trained up to {largest:g}"
        yield SignatureChange(old.name, True, what)


def _answer_changes(then: Signature, now: Signature) -> Iterator[SignatureChange]:
    if then.target != now.target:
        what = f"the target is {now.target}, and was {then.target}"
        yield SignatureChange("target", True, what)
    if then.task != now.task:
        yield SignatureChange("task", True, f"the task is {now.task}, and was {then.task}")
        return
    before, after = _keyed(then.classes), _keyed(now.classes)
    if gone := [text for key, text in before.items() if key not in after]:
        what = f"no answer is {_plural('class', 'classes', gone)} any more"
        yield SignatureChange("classes", True, what)
    if added := [text for key, text in after.items() if key not in before]:
        what = f"an answer can be {_plural('class', 'classes', added)} too"
        yield SignatureChange("classes", False, what)
    if then.probabilities != now.probabilities:
        what = "probabilities are given now" if now.probabilities else "no probabilities any more"
        yield SignatureChange("probabilities", then.probabilities, what)


def _keyed(classes: Sequence[Label] | None) -> dict[tuple[type, Label], str]:
    """The classes in words, by what tells 1 from true."""
    return {(type(label), label): repr(label) for label in classes or ()}


def _plural(one: str, several: str, names: Sequence[str]) -> str:
    others = len(names) - _MAX_NAMED
    more = f" and {others} more" if others > 0 else ""
    return f"{one if len(names) == 1 else several} {', '.join(names[:_MAX_NAMED])}{more}"
