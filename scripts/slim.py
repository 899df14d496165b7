"""Remove from an image's packages what is never loaded, and keep their records true.

`python slim.py SITE_PACKAGES`; the Dockerfile runs it. Packages bring their own tests, headers for
compilers, and libraries beside those that Python loads. The project's tests, which run in the image
too, show that nothing of this is missed.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

# What each package has of that, as patterns below site-packages. A pattern that finds nothing is an
# error where the package is installed: a new version of it has moved its files.
UNUSED = {
    "joblib": ["joblib/test/**/*"],
    "jsonschema": ["jsonschema/tests/**/*", "jsonschema/benchmarks/**/*"],
    "numpy": [
        "numpy/**/tests/**/*",
        "numpy/_core/include/**/*",
        "numpy/*/lib/*.a",
    ],
    "onnx": ["onnx/backend/test/**/*", "onnx/**/*.cc", "onnx/**/*.h"],
    "onnxruntime": [
        "onnxruntime/capi/libonnxruntime.so.*",  # for programs in C: the Python module has its code
        "onnxruntime/transformers/**/*",
        "onnxruntime/quantization/**/*",
        "onnxruntime/tools/**/*",
    ],
    "pandas": ["pandas/tests/**/*"],
    "pyarrow": [
        "pyarrow/tests/**/*",
        "pyarrow/include/**/*",
        "pyarrow/**/*.pyx",
        "pyarrow/libarrow_python*.so",  # the same bytes as libarrow_python*.so.NUMBER
        "pyarrow/libarrow_python*.so.*.*.*",
        "pyarrow/*arrow*_flight.so.*",
        "pyarrow/_flight.*",
        "pyarrow/libarrow_s3.so.*",
        "pyarrow/_s3fs.*",
    ],
    "scikit_learn": ["sklearn/**/tests/**/*", "sklearn/**/*.pyx", "sklearn/**/*.pyx.tp"],
    "scipy": ["scipy/**/tests/**/*"],
    "tornado": ["tornado/test/**/*"],
}

# Of these, what other modules import after all.
KEPT = {
    "numpy/_core/tests/__init__.py",
    "numpy/_core/tests/_natype.py",  # numpy.testing imports it, and scikit-learn numpy.testing
}


def slim(packages: Path) -> int:
    """Remove what is unused, and say so in each package's RECORD.

    Args:
        packages: the folder `site-packages` of an environment.

    Returns:
        How many bytes were removed.

    Raises:
        SystemExit: a pattern matches no file.
    """
    size = 0
    for info in sorted(packages.glob("*.dist-info")):
        files = {file for pattern in _patterns(info) for file in _match(packages, pattern)}
        size += sum(file.stat().st_size for file in files)
        for file in files:
            file.unlink()
        if files:
            _update_record(packages, info / "RECORD")
    _remove_empty_folders(packages)
    return size


def _patterns(info: Path) -> list[str]:
    return UNUSED.get(info.name.partition("-")[0], [])


def _match(packages: Path, pattern: str) -> Iterator[Path]:
    found = [path for path in packages.glob(pattern) if path.is_file()]
    if not found:
        sys.exit(f"error: {pattern} matches no file of {packages}: see UNUSED in {__file__}")
    return (file for file in found if file.relative_to(packages).as_posix() not in KEPT)


def _update_record(packages: Path, record: Path) -> None:
    with record.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if (packages / row[0]).exists()]
    with record.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _remove_empty_folders(packages: Path) -> None:
    for folder in sorted(packages.rglob("*"), reverse=True):
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    print(f"removed {slim(Path(sys.argv[1])) / 1e6:.0f} MB")
