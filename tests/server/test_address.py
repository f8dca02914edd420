"""Addresses of Redis: what operators may write, and what is shown of it."""

from __future__ import annotations

import doctest
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server import address
from server.address import SENTINEL, SINGLE, check_address, sentinels, shown
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
        "REDIS://host",
        "REDIS+SENTINEL://a/service",
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


names = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
ports = st.integers(1, 65_535)
secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    st.sampled_from([*SINGLE, *SENTINEL, "REDIS+SENTINEL", "http", ""]),
    st.text("abc:/@,[]%?#=1_. ", max_size=30),
)
@example("redis", "[::1")
@example("redis", "a:b")
@example("redis+sentinel", "a/s/²")
def test_any_text_is_an_address_that_can_be_shown_or_is_refused(scheme: str, rest: str) -> None:
    url = f"{scheme}://{rest}"
    try:
        check_address(url)
    except ValueError:
        return
    assert shown(url)
    assert (sentinels(url) is not None) == (scheme in SENTINEL)


@given(
    st.lists(st.tuples(names, ports), min_size=1, max_size=3),
    secrets,
    secrets,
    secrets,
    st.integers(0, 2**15 - 1),
)
def test_what_is_written_into_an_address_of_sentinels_is_read_from_it(
    hosts: list[tuple[str, int]], service: str, user: str, password: str, database: int
) -> None:
    login, name = (f"{quote(user, '')}:{quote(password, '')}", quote(service, ""))
    places = ",".join(f"{host}:{port}" for host, port in hosts)
    found = sentinels(f"redis+sentinel://{login}@{places}/{name}/{database}")
    assert found is not None
    assert found.hosts == tuple(hosts)
    assert (found.username, found.password) == (user, password)
    assert (found.service, found.database) == (service, database)
