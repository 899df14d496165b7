"""A Bento is one concrete version: it keeps serving it, and refuses to be given another."""

import json
import shutil

import pytest
import yaml

from tests.conftest import House, Serve

ROW = {"feature1": 1, "feature2": 2}


@pytest.fixture
def built(trained: House, house: House) -> tuple[House, str]:
    """A house with v1 and a Bento of it."""
    shutil.copytree(trained.models, house.models)
    return house, house.build()


def test_a_bento_serves_its_version_when_later_ones_come(
    built: tuple[House, str], trained: House, serve: Serve
):
    house, tag = built
    digest = json.loads((trained.models / "v1/manifest.json").read_bytes())["digest"]
    folder = house.store / "bentos" / tag.replace(":", "/")
    info = yaml.safe_load((folder / "bento.yaml").read_text())
    assert info["labels"]["model_digest"] == digest
    assert info["labels"]["model_tag"] == "model_service:v1"
    assert not (folder / "src/maas/training").exists()
    assert not (folder / "src/train.py").exists()

    assert json.loads(house.train("--json", "--set", "seed=7").stdout)["version"] == 2
    server = serve(house, tag)
    assert server.post("/predict", ROW).json()["model_version"] == 1
    assert server.client.get("/model").json()["digest"] == digest

    shutil.rmtree(house.models)
    server = serve(house, tag, extra={"MODELS_DIR": "/nowhere"})
    assert server.post("/predict", ROW).headers["x-model-digest"] == digest


def test_a_bento_refuses_another_version_and_another_digest(built: tuple[House, str]):
    house, tag = built
    done = house.bentoml("serve", tag, extra={"MODEL_VERSION": "2"}, timeout=60)
    assert done.returncode == 1
    assert "this Bento holds model_service:v1 and nothing else" in done.stderr + done.stdout

    other = House(house.folder / "other")
    assert other.train("--set", "seed=7").returncode == 0
    entry = house.store / "models/model_service/v1"
    shutil.rmtree(entry)
    shutil.copytree(other.store / "models/model_service/v1", entry)
    done = house.bentoml("serve", tag, timeout=60)
    assert done.returncode == 1
    assert "this Bento was built with" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_a_bento_refuses_when_the_store_has_only_a_tag_with_the_same_prefix(
    built: tuple[House, str],
):
    house, tag = built
    (house.store / "models/model_service/v1").rename(house.store / "models/model_service/v10")
    done = house.bentoml("serve", tag, timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert "model_service:v1" in done.stderr + done.stdout


def test_a_bento_whose_model_is_gone_says_so(built: tuple[House, str]):
    house, tag = built
    shutil.rmtree(house.store / "models/model_service")
    done = house.bentoml("serve", tag, timeout=60)
    assert done.returncode == 1
    assert "model_service:v1: is not in the store" in done.stderr + done.stdout


def test_building_refuses_a_damaged_version_and_a_foreign_tag(trained: House, house: House):
    shutil.copytree(trained.models, house.models)
    other = House(house.folder / "other", environ={"BENTOML_HOME": str(house.store)})
    assert other.train("--set", "seed=7").returncode == 0
    done = house.bentoml("build", timeout=120)
    assert done.returncode == 1
    assert "model_service:v1: the tag holds sha256:" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout

    path = house.models / "v1/model.onnx"
    path.chmod(0o644)
    path.write_bytes(b"x")
    done = house.bentoml("build", timeout=120)
    assert done.returncode == 1
    assert "model.onnx" in done.stderr + done.stdout
