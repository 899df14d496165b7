"""A models folder and a store of their own, and the project's commands run over them."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from maas.config.paths import PROJECT, project_root
from maas.config.reading import load_train_config
from maas.registry.registry import Registry
from maas.registry.store import SyncResult, open_store
from maas.registry.version import RUN, Version

__all__ = ["DEFAULT", "EXAMPLES", "PROJECT", "Workspace", "copy_project", "snapshot"]

# What this machine or image sets for its own service.
OWN_VARIABLES = {"PORT", "MODEL_VERSION", "BENTOML_HOST", "BENTOML_PORT"}

DEFAULT = PROJECT / "configs/train_config.yaml"
EXAMPLES = PROJECT / "configs/examples"


@dataclass
class Workspace:
    """A models folder and a BentoML store; commands run in processes of their own."""

    folder: Path
    project: Path = PROJECT
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def store(self) -> Path:
        return self.folder / "bentoml"

    def env(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in OWN_VARIABLES}
        own = {"MODELS_DIR": str(self.models), "BENTOML_HOME": str(self.store)}
        return kept | own | self.environ | dict(extra or {})

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        extra: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd or self.project,
            env=self.env(extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # a server's workers outlive it
            raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def train(self, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.project / "train.py"), *args, **kwargs)

    def maas(self, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "maas", *args, **kwargs)

    def bentoml(self, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "bentoml", *args, **kwargs)

    def build(self) -> str:
        """Build a Bento; give its tag."""
        done = self.bentoml("build", "--output", "tag", timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().removeprefix("__tag__:")

    def publish(self, *versions: Version) -> list[SyncResult]:
        """Publish and mirror versions that were trained elsewhere, as a run does at its end."""
        results: list[SyncResult] = []
        registry = Registry(self.models)
        with self._store_variable():
            for version in versions:
                files = {name: version.read(name) for name in version.manifest.files}
                run = (version.path / RUN).read_bytes()
                registry.prepare(version.manifest.model_name)
                with open_store(version.manifest.model_name) as store:
                    registry.publish(version.manifest, files, run, store.numbers())
                    results = store.sync(registry, thorough=False)
        return results

    def train_here(self, *overrides: str, config: Path = DEFAULT) -> Version:
        """Train in this process, unpinned: the same steps, without the start of an interpreter."""
        from threadpoolctl import threadpool_limits

        from maas.training.run import train

        loaded = load_train_config(config, ["numerics=native", *overrides])
        with self._store_variable(), threadpool_limits(1):  # the tests use all cores already
            return train(loaded, project_root(config), self.models, ["train.py"]).version

    @contextmanager
    def _store_variable(self) -> Iterator[None]:
        kept = os.environ.get("BENTOML_HOME")
        os.environ["BENTOML_HOME"] = self.env()["BENTOML_HOME"]
        try:
            yield
        finally:
            os.environ.pop("BENTOML_HOME")
            os.environ |= {"BENTOML_HOME": kept} if kept else {}


def copy_project(target: Path) -> Path:
    """Copy the project without its versions, logs, environment and caches."""
    ignored = shutil.ignore_patterns(".*", "models", "logs", "__pycache__")
    shutil.copytree(PROJECT, target, ignore=ignored)
    return target


def snapshot(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
