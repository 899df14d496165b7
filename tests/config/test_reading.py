"""Configs: an invalid one gives one line with the file, the key, the value and a remedy."""

from pathlib import Path

import pytest

from maas.config.reading import load_models_dir, load_service_config, load_train_config
from maas.errors import ConfigError
from tests.workspace import PROJECT

MINIMAL = """
model_name: flowers
data: {source: iris, target: target}
estimator: {name: LogisticRegression}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "config.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_four_keys_make_a_run(write):
    config = load_train_config(write(MINIMAL))
    assert (config.seed, config.split.test_size, config.runtime) == (42, 0.2, "onnx")


def test_every_shipped_config_is_valid():
    files = [PROJECT / "configs/train_config.yaml", *(PROJECT / "configs/examples").glob("*.yaml")]
    assert len(files) == 4
    names = {load_train_config(file).model_name for file in files}
    assert len(names) == 4
    load_service_config(PROJECT / "configs/service_config.yaml", {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MINIMAL + "sead: 1", ["unknown key sead = 1", "did you mean seed?"]),
        (MINIMAL + "split: {test_sise: 1}", ["split.test_sise", "did you mean test_size?"]),
        (MINIMAL + "seed: '1'", ["seed = '1'", "valid integer"]),
        (MINIMAL + "seed: true", ["seed = True", "valid integer"]),
        (MINIMAL + "seed: -1", ["seed = -1", "greater than or equal to 0"]),
        (MINIMAL + "split: {test_size: 1.5}", ["split.test_size = 1.5", "less than 1"]),
        (MINIMAL + "split: {method: luck}", ["split.method = 'luck'"]),
        (MINIMAL + "gates: {accuracy: {min: .nan}}", ["gates.accuracy.min"]),
        (MINIMAL + "runtime: torch", ["runtime = 'torch'"]),
        (MINIMAL.replace("flowers", "No Tag"), ["model_name = 'No Tag'"]),
        (MINIMAL.replace("target: target", "target: ''"), ["data.target = ''"]),
        ("model_name: flowers", ["data is missing", "add `data:`"]),
        (MINIMAL + "seed: 1\nseed: 2", ["'seed' is given twice"]),
        (MINIMAL + "7: 1", ["unknown key 7"]),
        (MINIMAL + "[1]: 1", ["a key is a list or a mapping, not a string"]),
        (MINIMAL.replace("Regression}", "Regression, params: {C: .nan}}"), ["finite numbers"]),
        ("[1, 2]", ["is not a mapping"]),
        ("a: [", ["is not valid YAML"]),
        ("a: " + "[" * 5000, ["is not valid YAML"]),
        (b"a: \xff\xfe", ["is not UTF-8"]),
        ("a: !!python/object:os.system x", ["is not valid YAML"]),
    ],
)
def test_a_wrong_config_is_refused_in_one_line(write, text, said):
    path = write(text)
    with pytest.raises(ConfigError) as caught:
        load_train_config(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    for words in said:
        assert words in line


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_train_config(path)


def test_set_overrides_dotted_keys_and_reads_values_as_yaml(write):
    path = write(MINIMAL)
    config = load_train_config(
        path, ["seed=7", "estimator.params.C=5e-1", "estimator.params.solver=saga"]
    )
    assert config.seed == 7
    assert config.estimator.params == {"C": 0.5, "solver": "saga"}


@pytest.mark.parametrize("override", ["seed", "=1", "a..b=1", "seed.x=1", "seed=[", "sead=1"])
def test_a_wrong_set_is_refused(write, override):
    with pytest.raises(ConfigError):
        load_train_config(write(MINIMAL + "seed: 1"), [override])


def test_configs_are_frozen(write):
    config = load_train_config(write(MINIMAL))
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1


def test_numbers_in_scientific_notation_are_numbers(write):
    config = load_train_config(write(MINIMAL + "split: {test_size: 2e-1}"))
    assert config.split.test_size == 0.2


def test_only_what_determines_the_model_goes_under_the_digest(write):
    config = load_train_config(write(MINIMAL + "gates: {accuracy: {min: 0.1}}"))
    assert set(config.determining.model_dump()) == {
        "seed", "data", "split", "preprocessing", "estimator", "runtime", "numerics",
    }  # fmt: skip


def test_a_variable_goes_before_the_file_and_an_empty_one_counts_as_none(write):
    path = write("port: 9000")
    assert load_service_config(path, {}).port == 9000
    assert load_service_config(path, {"PORT": "9001", "WORKERS": ""}).port == 9001
    assert load_service_config(path, {"MODEL_VERSION": "3"}).model_version == 3
    assert load_service_config(path, {"MODEL_VERSION": "latest"}).model_version == "latest"


def test_the_variable_of_the_host_is_bentoml_s_own(write):
    path = write("")
    assert load_service_config(path, {"HOST": "x86_64-linux"}).host == "127.0.0.1"
    assert load_service_config(path, {"BENTOML_HOST": "0.0.0.0"}).host == "0.0.0.0"
    image = {"BENTOML_CONTAINERIZED": "true"}
    assert load_service_config(path, image).host == "0.0.0.0"
    assert load_service_config(path, image | {"BENTOML_HOST": "::1"}).host == "::1"
    with pytest.raises(ConfigError, match=r"variable BENTOML_HOST: .*write an IP address"):
        load_service_config(path, {"BENTOML_HOST": "localhost"})


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("[https://app.example.com]", ("https://app.example.com",)),
        ("https://app.example.com", ("https://app.example.com",)),
        (
            "'http://localhost:3000, https://b.example'",
            ("http://localhost:3000", "https://b.example"),
        ),
        ("'*'", ("*",)),
        ("['*']", ("*",)),
        ("[HTTPS://App.Example.com:443]", ("https://app.example.com",)),
        ("['http://[::1]:80', 'http://a:443']", ("http://[::1]", "http://a:443")),
        ("[app://obsidian.md]", ("app://obsidian.md",)),
        ("[]", ()),
    ],
)
def test_origins_are_written_as_browsers_send_them(write, written, origins):
    assert load_service_config(write(f"cors_origins: {written}"), {}).cors_origins == origins


def test_origins_in_a_variable_have_commas_between_them(write):
    path = write("cors_origins: [https://a.example]")
    assert load_service_config(
        path, {"CORS_ORIGINS": "https://b.example,http://c:81"}
    ).cors_origins == (
        "https://b.example",
        "http://c:81",
    )
    assert load_service_config(path, {"CORS_ORIGINS": "*"}).cors_origins == ("*",)
    assert load_service_config(path, {"CORS_ORIGINS": ""}).cors_origins == ("https://a.example",)
    assert load_service_config(write(""), {}).cors_origins is None


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example/", "https://a.example/path", "a.example", "https://", "https://a b",
        "https://a.example:0", "https://a.example:70000", "https://*.example.com", "https://a?x",
        "https://user@a.example", "https://é.example", "//a.example", "null",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused_with_its_form(write, origin):
    for where, text, variables in (
        ("cors_origins", f"cors_origins: ['https://ok.example', '{origin}']", {}),
        ("variable CORS_ORIGINS", "", {"CORS_ORIGINS": f"https://ok.example,{origin}"}),
    ):
        with pytest.raises(ConfigError) as raised:
            load_service_config(write(text), variables)
        line = str(raised.value)
        assert where in line
        assert repr(origin) in line
        assert "write an origin as scheme://host" in line
        assert "\n" not in line


@pytest.mark.parametrize("value", ["7", "{a: 1}", "[7]", "true"])
def test_origins_of_another_type_are_refused(write, value):
    with pytest.raises(ConfigError, match="cors_origins"):
        load_service_config(write(f"cors_origins: {value}"), {})


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "70000"), ("MODEL_VERSION", "v03"), ("MODEL_DIGEST", "abc")],
)
def test_a_wrong_variable_is_named(write, name, value):
    with pytest.raises(ConfigError, match=f"variable {name}: .*{value}"):
        load_service_config(write(""), {name: value})


def test_all_bodies_together_may_hold_at_least_the_largest_one(write):
    assert load_service_config(write("max_held_bytes: 10485760"), {}).max_held_bytes == 10 * 2**20
    with pytest.raises(ConfigError, match="max_held_bytes = 10485759: it must be at least max_bod"):
        load_service_config(write("max_held_bytes: 10485759"), {})
    with pytest.raises(ConfigError, match=r"max_held_bytes = 268435456: .* which is 268435457"):
        load_service_config(write(""), {"MAX_BODY_BYTES": str(2**28 + 1)})


def test_commands_read_the_models_folder_and_nothing_else(write, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKERS", "auto")
    assert load_models_dir(write("models_dir: elsewhere\nthreads: 0\nunknown: 1\n")) == "elsewhere"
    assert load_models_dir(write("port: 9000")) == load_models_dir(tmp_path / "none") == "models"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models_dir: 5", "models_dir = 5"),
        ("models_dir: ''", "models_dir = ''"),
        ("models_dir: [", "is not valid YAML"),
        ("port: 1\nport: 2", "is given twice"),
        ("- models_dir", "is not a mapping"),
    ],
)
def test_commands_refuse_a_wrong_models_folder_and_a_broken_file(write, text, said):
    with pytest.raises(ConfigError, match=said):
        load_models_dir(write(text))


def test_the_level_of_a_run_is_taken_in_any_case(write):
    assert load_train_config(write(MINIMAL + "logging: {level: debug}")).logging.level == "DEBUG"
