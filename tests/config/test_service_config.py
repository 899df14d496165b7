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
        ("model_version", "latest", "latest"),
        ("model_version", "live", "live"),
        ("follow_s", "0", 0.0),
        ("follow_s", "0.05", 0.05),
        ("model_digest", DIGEST, DIGEST),
        ("models_dir", "a b/c", "a b/c"),
        ("port", "65535", 65535),
        ("app_env", "prod", "prod"),
        ("log_level", "ERROR", "ERROR"),
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
        ("model_version", "v3"),
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
        ("log_level", "info"),
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
