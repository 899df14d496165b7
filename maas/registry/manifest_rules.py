"""The rules between the keys of a manifest, which is hostile input: anybody can seal one.

The types of `manifest` and `signature` say which values each key may have. Here is what must hold
between them, so that no reader meets a version that could not have been trained.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from maas.config.train_config import ModelConfig
from maas.model.checks import rule_of
from maas.model.signature import FLOAT32_MAX, Feature, Signature, label_text
from maas.registry.file_names import MODEL_FILES, PICKLE, REFERENCE, REPORT
from maas.registry.run_warnings import record_faults

if TYPE_CHECKING:
    from maas.registry.manifest import Manifest

# The first schema whose versions have a report, all of them.
FIRST_SCHEMA_WITH_REPORT = 4

# The metric of each task that stands for the version.
HEADLINES = {"classification": "accuracy", "regression": "r2"}


def find_fault(manifest: "Manifest") -> str | None:
    """Find the first rule that a manifest breaks, as `key: what is wrong`; None if it keeps all."""
    return next(_faults(manifest), None)


def find_config_fault(manifest: "Manifest", newer_keys: bool) -> str | None:
    """Find what makes the config of a manifest unfit to train from.

    Args:
        manifest: it keeps the other rules.
        newer_keys: whether keys are let pass that this release does not know: a newer one may
            have published the version.
    """
    try:
        ModelConfig.model_validate(manifest.config)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            if not (newer_keys and problem["type"] == "extra_forbidden"):
                return f"config.{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
    return None


def _faults(manifest: "Manifest") -> Iterator[str]:
    headline = HEADLINES[manifest.signature.task]
    if headline not in manifest.metrics:
        yield f"metrics: {headline} is missing"
    has_report = manifest.schema_version >= FIRST_SCHEMA_WITH_REPORT
    for name in (MODEL_FILES[manifest.runtime], PICKLE, REFERENCE, *[REPORT] * has_report):
        if name not in manifest.files:
            yield f"files: {name} is missing"
    if REPORT in manifest.files and not has_report:
        yield f"files: schema {manifest.schema_version} does not have {REPORT}"
    if not manifest.parity.passed:
        yield "parity: it has not passed"
    if manifest.config.get("runtime", manifest.runtime) != manifest.runtime:
        yield "runtime: it is not that of the config"
    yield from _signature_faults(manifest.signature)
    yield from record_faults(manifest)
    if fault := find_config_fault(manifest, newer_keys=True):
        yield fault


def _signature_faults(signature: Signature) -> Iterator[str]:
    features = signature.features
    if not features:
        yield "signature.features: there is none"
    # A column may be there twice: as a number and as a category, say.
    yield from _repeated("signature.features", (feature.name for feature in features))
    for feature in features:
        yield from _feature_faults(feature, signature)
    if signature.example.keys() != {feature.name for feature in features}:
        yield "signature.example: its fields are not the features"
    bound = signature.input_bound
    if bound is not None and not 0 < bound <= FLOAT32_MAX:
        yield "signature.input_bound: it is not a bound of float32"
    yield from _class_faults(signature)


def _feature_faults(feature: Feature, signature: Signature) -> Iterator[str]:
    where = f"signature.features.{feature.name}"
    if not feature.name or not feature.column:
        yield f"{where}: it has no name or no column"
    if (feature.type == "category") != bool(feature.categories):
        yield f"{where}: a category, and nothing else, has categories"
    yield from _repeated(where, feature.categories or ())
    if (feature.minimum is None) != (feature.maximum is None):
        yield f"{where}: its range has one end"
    value, rule = signature.example.get(feature.name), rule_of(feature, signature)
    if not (feature.nullable if value is None else type(value) in rule.json_types):
        yield f"signature.example.{feature.name}: it has another type than the feature"


def _class_faults(signature: Signature) -> Iterator[str]:
    if (signature.task == "classification") != bool(signature.classes):
        yield "signature.classes: a classifier, and nothing else, has classes"
    yield from _repeated("signature.classes", map(label_text, signature.classes or ()))
    if signature.probabilities and not signature.classes:
        yield "signature.probabilities: there are no classes"


def _repeated(where: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{where}: {name!r} is there {count} times"
