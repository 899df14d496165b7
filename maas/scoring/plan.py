"""What a request comes to: its input, parts and output. Nothing is written yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa

from maas.config.train_config import DataConfig
from maas.errors import DataError, InputError
from maas.registry.version import Version
from maas.scoring.inputs import Input, find_inputs
from maas.scoring.job import Form, OnInvalid, Options
from maas.scoring.kept_columns import check_form, check_keep, find_kept
from maas.scoring.output import Output
from maas.scoring.parts import Part, cut_parts

# How the names begin that are not data: ours are among them.
_OURS = ("_", ".")

_FORMS: dict[str, Form] = {".parquet": "parquet", ".csv": "csv"}


@dataclass(frozen=True)
class Request:
    """What a caller asks for.

    Attributes:
        source: IN: a file, a folder or a pattern.
        target: OUT: a file, if it has a suffix, or a folder.
        probabilities: whether the probability of each class is written.
        keep: columns of the input that are written too.
        on_invalid: what an invalid row does.
    """

    source: str
    target: Path
    probabilities: bool = False
    keep: tuple[str, ...] = ()
    on_invalid: OnInvalid = "fail"


@dataclass(frozen=True)
class Plan:
    """A request that was looked at: nothing is written yet."""

    inputs: Sequence[Input]
    parts: Sequence[Part]
    kept: pa.Schema
    options: Options
    output: Output


def make_plan(version: Version, request: Request) -> Plan:
    """Look at the input, and check that the output and the options fit it.

    Raises:
        InputError: they do not.
    """
    signature = version.manifest.signature
    if request.probabilities and not signature.probabilities:
        what = "gives no probabilities"
        raise InputError(version.tag, what, "leave out --probabilities")
    keep = tuple(dict.fromkeys(request.keep))
    check_keep(keep, signature, request.probabilities)
    single = bool(request.target.suffix)
    data = DataConfig.model_validate(version.manifest.config["data"])
    inputs = find_inputs(request.source, signature, keep, data)
    _check_target(request, inputs, single)
    options = Options(
        probabilities=request.probabilities,
        keep=keep,
        on_invalid=request.on_invalid,
        form=_FORMS[request.target.suffix.lower()] if single else "parquet",
        single=single,
    )
    kept = find_kept(inputs, keep, request.on_invalid == "quarantine")
    check_form(kept, options.form)
    return Plan(inputs, cut_parts(inputs), kept, options, Output(request.target, single))


def _check_target(request: Request, inputs: Sequence[Input], single: bool) -> None:
    source, target = Path(request.source).resolve(), request.target.resolve()
    if single and request.target.suffix.lower() not in _FORMS:
        remedy = "name a .parquet or .csv file, or a folder, whose name has no suffix"
        raise InputError(request.target, f"has the suffix {request.target.suffix}", remedy)
    if single and len(inputs) > 1:
        what = f"is one file, and the input has {len(inputs)}"
        raise InputError(request.target, what, "name a folder, whose name has no suffix")
    if single and target.is_dir():
        raise InputError(request.target, "is a folder", "name a file, or another folder")
    if not single and target.exists() and not target.is_dir():
        raise InputError(request.target, "is a file", "name a folder, or a file with a suffix")
    for file in inputs:
        if not single and any(part.startswith(_OURS) for part in PurePosixPath(file.name).parts):
            what = f"would be among the files of {request.target} that readers of data pass over"
            raise DataError(file.path, what, "rename it, so that it does not begin with _ or .")
    inside = any(target == f.path.resolve() or target in f.path.resolve().parents for f in inputs)
    if target == source or source in target.parents or inside:
        what = "is in the input, where the next run would read it"
        raise InputError(request.target, what, "name an OUT elsewhere")
