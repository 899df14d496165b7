"""The service config: every key from the file and from its variable, within its bounds."""

from pathlib import Path
from typing import Any

import pytest

from maas.config.reading import load_service_config
from maas.errors import ConfigError

DIGEST = "sha256:" + "0a" * 32


def from_file(tmp_path: Path, key: str, text: str) -> Any:
    path = tmp_path / "service.yaml"
    path.write_text(f"{key}: {text}\n")
    return getattr(load_service_config(path, {}), key)


def from_variable(tmp_path: Path, key: str, text: str) -> Any:
    return getattr(load_service_config(tmp_path / "none.yaml", {key.upper(): text}), key)


@pytest.mark.parametrize("read", [from_file, from_variable])
@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("model_version", "12", 12),
        ("model_version", "v12", 12),
        ("model_version", "latest", "latest"),
        ("model_version", "live", "live"),
        ("follow_s", "0", 0.0),
        ("follow_s", "0.05", 0.05),
        ("model_digest", DIGEST, DIGEST),
        ("models_dir", "a b/c", "a b/c"),
        ("port", "65535", 65535),
        ("app_env", "prod", "prod"),
        ("log_level", "ERROR", "ERROR"),
        ("log_level", "info", "INFO"),
        ("log_level", "Warning", "WARNING"),
        ("workers", "64", 64),
        ("threads", "256", 256),
        ("max_body_bytes", "1", 1),
        ("max_batch_rows", "1", 1),
        ("access_log", "false", False),
        ("max_concurrency", "1", 1),
        ("body_timeout_s", "0.5", 0.5),
        ("drain_s", "0", 0.0),
        ("api_keys_file", "keys.txt", "keys.txt"),
    ],
)
def test_a_key_is_read_from_the_file_and_from_its_variable(
    tmp_path: Path, read, key: str, text: str, value: Any
):
    found = read(tmp_path, key, text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("read", [from_file, from_variable])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("model_version", "0"),
        ("model_version", "v01"),
        ("model_version", "V3"),
        ("model_version", "1000000000"),
        ("model_version", "-1"),
        ("model_version", "newest"),
        ("follow_s", "0.04"),
        ("follow_s", "-1"),
        ("follow_s", "3601"),
        ("model_digest", DIGEST[:-1]),
        ("model_digest", DIGEST.upper()),
        ("model_digest", DIGEST[7:]),
        ("port", "0"),
        ("port", "65536"),
        ("port", "80.5"),
        ("app_env", "PROD"),
        ("log_level", "loud"),
        ("workers", "65"),
        ("workers", "0"),
        ("threads", "257"),
        ("max_body_bytes", "0"),
        ("max_batch_rows", "-1"),
        ("access_log", "maybe"),
        ("max_concurrency", "0"),
        ("body_timeout_s", "0"),
        ("body_timeout_s", "3601"),
        ("body_timeout_s", ".nan"),
        ("drain_s", "-0.1"),
        ("drain_s", ".inf"),
    ],
)
def test_a_value_out_of_bounds_names_its_key(tmp_path: Path, read, key: str, text: str):
    with pytest.raises(ConfigError, match=f"{key} = "):
        read(tmp_path, key, text)


@pytest.mark.parametrize("read", [from_file, from_variable])
@pytest.mark.parametrize("text", ["0", "v01", "newest", "1.5"])
def test_a_version_of_another_form_is_refused_with_the_forms(tmp_path: Path, read, text: str):
    with pytest.raises(ConfigError, match=r"model_version = .*: write 3, v3, latest or live; "):
        read(tmp_path, "model_version", text)


def test_a_version_in_a_file_may_be_quoted_and_is_no_boolean(tmp_path: Path):
    assert from_file(tmp_path, "model_version", "'7'") == 7
    for text in ("'01'", "true", "[1]", "''"):
        with pytest.raises(ConfigError, match="model_version = "):
            from_file(tmp_path, "model_version", text)


def test_a_level_that_does_not_exist_is_shown_as_it_was_written(tmp_path: Path):
    with pytest.raises(ConfigError, match="log_level = 'loud'"):
        from_variable(tmp_path, "log_level", "loud")


def test_only_a_text_needs_no_type_in_a_file(tmp_path: Path):
    for key, text in (("port", "'8000'"), ("access_log", "1"), ("models_dir", "5")):
        with pytest.raises(ConfigError, match=f"{key} = "):
            from_file(tmp_path, key, text)


def test_an_empty_variable_is_not_set_unless_it_names_the_keys(tmp_path: Path):
    assert from_variable(tmp_path, "models_dir", "") == "models"
    with pytest.raises(ConfigError, match="variable API_KEYS_FILE: is empty"):
        from_variable(tmp_path, "api_keys_file", "")
    with pytest.raises(ConfigError, match="api_keys_file = ''"):
        from_file(tmp_path, "api_keys_file", "''")


def test_a_wrong_item_of_a_list_is_named_with_its_key(tmp_path: Path):
    for read, text in ((from_file, "[a]"), (from_variable, "a")):
        with pytest.raises(ConfigError, match=r"cors_origins\.0 = 'a'"):
            read(tmp_path, "cors_origins", text)
