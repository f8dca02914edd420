"""Addresses of Redis: what operators may write, and what is shown of it."""

from __future__ import annotations

import doctest

import pytest

from server import address
from server.address import check_address, sentinels, shown
from server.errors import SettingsError
from server.settings import from_environment


def test_examples_in_the_documentation_hold() -> None:
    tried = doctest.testmod(address)
    assert tried.attempted
    assert not tried.failed


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://host",
        "redis+sentinel:///service",
        "redis+sentinel://a,,b/service",
        "redis+sentinel://a:port/service",
        "redis+sentinel://a/service/first",
        "redis+sentinel://a/service/0/1",
        "redis+sentinel://a/service?retry=yes",
        "sentinel://a/service",
        "redis://",
        "unix://",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError):
        check_address(url)
    with pytest.raises(SettingsError) as caught:
        from_environment({"CLAIMLIGHT_REDIS_URL": url})
    assert "an address" in str(caught.value)


def test_password_may_hold_any_character_and_is_never_shown() -> None:
    url = "rediss+sentinel://user:p%40ss%2F@one:1,two/claimlight?sentinel_password=other"
    found = sentinels(url)
    assert found is not None
    assert (found.username, found.password, found.tls) == ("user", "p@ss/", True)
    assert found.hosts == (("one", 1), ("two", 26379))
    assert found.options == {"sentinel_password": "other"}
    assert shown(url) == "claimlight by the Sentinels one, two"
