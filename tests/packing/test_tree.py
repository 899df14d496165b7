"""The files of a Bento: modes and times are fixed, and every other difference is named."""

import os
import subprocess
from pathlib import Path

from maas.packing.tree import EPOCH, differences, digest_of, hash_files, settle

INFO = """name: m
creation_time: '2026-01-02T03:04:05+00:00'
models:
- tag: m:v1
  creation_time: 'x'
"""


def make_tree(tree: Path, time: int, mode: int) -> Path:
    files = {
        "bento.yaml": INFO.replace("2026", str(time)),
        "env/docker/entrypoint.sh": "exec bentoml",
        "env/python/version.txt": f"3.11.{time}",
        "env/python/requirements.txt": "numpy==2 --hash=sha256:0",
        "src/é.py": "1",
        "models/m/v1/model.onnx": f"{time}",
    }
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        (tree / name).chmod(mode)
        os.utime(tree / name, (time, time))
    settle(tree)
    return tree


def statuses(tree: Path) -> dict[str, tuple[int, float]]:
    kept = [path for path in (tree, *tree.rglob("*")) if "models" not in path.parts]
    return {
        str(path.relative_to(tree)): (path.stat().st_mode & 0o777, path.stat().st_mtime)
        for path in kept
    }


def test_two_trees_of_one_content_are_equal(tmp_path: Path):
    first = make_tree(tmp_path / "a", 2001, 0o600)
    second = make_tree(tmp_path / "b", 2002, 0o777)
    assert hash_files(first) == hash_files(second)
    assert statuses(first) == statuses(second)
    assert set(statuses(first).values()) == {(0o755, EPOCH), (0o644, EPOCH)}
    assert os.access(first / "env/docker/entrypoint.sh", os.X_OK)
    assert [path.name for path in (first / "env/python").iterdir()] == ["requirements.txt"]
    assert (first / "bento.yaml").read_text().count("'2000-01-01T00:00:00+00:00'") == 2


def test_the_digest_is_that_of_what_sha256sum_prints(tmp_path: Path):
    tree = make_tree(tmp_path, 2001, 0o644)
    command = "find . -type f ! -path './models/*' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    done = subprocess.run(["sh", "-c", command], cwd=tree, capture_output=True, check=True)
    assert digest_of(hash_files(tree)) == f"sha256:{done.stdout.decode().split()[0]}"


def test_a_difference_is_named(tmp_path: Path):
    built = make_tree(tmp_path / "a", 2001, 0o644)
    held = make_tree(tmp_path / "b", 2001, 0o644)
    (held / "src/é.py").write_text("2")
    (held / "src/more").symlink_to("é.py")
    (held / "env/docker/entrypoint.sh").unlink()
    assert differences(hash_files(built), hash_files(held)) == [
        "env/docker/entrypoint.sh is missing",
        "src/more is not of this project",
        "src/é.py is another",
    ]
