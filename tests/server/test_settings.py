from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import uuid
from pathlib import Path

import pytest

from server.errors import SettingsError
from server.settings import TABLE, from_environment, unknown_names


def test_nothing_set_gives_a_service_for_this_machine_alone() -> None:
    settings = from_environment({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8321)
    assert settings.workers >= 1
    assert settings.redis_url is None
    assert settings.data_dir.is_absolute()


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {"CLAIMLIGHT_PORT": "9000", "CLAIMLIGHT_HOST": "::1"}
    settings = from_environment(environ, port="9001", host=None)
    assert (settings.host, settings.port) == ("::1", 9001)


def test_all_bad_values_are_named_at_once_with_what_is_allowed() -> None:
    environ = {
        "CLAIMLIGHT_PORT": "tcp://10.0.0.1:8321",
        "CLAIMLIGHT_WORKERS": "0",
        "CLAIMLIGHT_CORS_ORIGINS": "*",
        "CLAIMLIGHT_TRUSTED_PROXIES": "10.0.0.300",
    }
    with pytest.raises(SettingsError) as caught:
        from_environment(environ, redis_url="http://user:secret@host")
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    for name in (*environ, "--redis-url"):
        assert name in text
    assert "tcp://10.0.0.1:8321" in text
    assert "from 0 to 65535" in text
    assert "secret" not in text


def test_a_token_never_appears_in_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        from_environment({"CLAIMLIGHT_TOKEN": "my secret"})
    assert "my secret" not in str(caught.value)


def test_an_empty_text_means_the_default_or_none_where_that_makes_sense(tmp_path: Path) -> None:
    environ = {"CLAIMLIGHT_PORT": "", "CLAIMLIGHT_STARTER_CASES": "", "CLAIMLIGHT_CORS_ORIGINS": ""}
    settings = from_environment(environ)
    assert settings.port == 8321
    assert settings.starter_cases is None
    assert settings.cors_origins == ()


def test_lists_are_separated_by_commas_or_spaces() -> None:
    settings = from_environment(
        {
            "CLAIMLIGHT_CORS_ORIGINS": "https://a.example, ^moz-extension://[0-9a-f-]{36}$",
            "CLAIMLIGHT_TRUSTED_PROXIES": "10.0.0.0/8 ::1",
        }
    )
    assert settings.cors_origins == ("https://a.example", "^moz-extension://[0-9a-f-]{36}$")
    assert settings.trusted_proxies == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1"),
    )


def test_a_misspelt_name_is_told_with_the_nearest_one() -> None:
    sentences = unknown_names({"CLAIMLIGHT_REDIS_URI": "x", "CLAIMLIGHT_PORT": "1", "HOME": "/"})
    assert len(sentences) == 1
    assert "CLAIMLIGHT_REDIS_URI" in sentences[0]
    assert "CLAIMLIGHT_REDIS_URL" in sentences[0]


def test_every_setting_says_what_it_is() -> None:
    assert all(setting.help.endswith(".") for setting in TABLE)


def test_the_extension_of_this_checkout_is_let_in_by_default() -> None:
    config = Path(__file__).parents[2] / "extension" / "wxt.config.ts"
    key = re.search(r'"(MII[A-Za-z0-9+/=]+)"', config.read_text())
    assert key is not None
    # Chrome: the first 128 bits of the SHA-256 of the public key, in letters from a to p.
    digest = hashlib.sha256(base64.b64decode(key[1])).hexdigest()[:32]
    chrome_id = "".join(chr(ord("a") + int(digit, 16)) for digit in digest)
    origins = from_environment({}).cors_origins
    assert f"chrome-extension://{chrome_id}" in origins
    firefox = [origin for origin in origins if origin.startswith("^")]
    assert any(re.search(each, f"moz-extension://{uuid.uuid4()}") for each in firefox)
