"""Who a request is counted for, whatever it and the proxies before it say."""

from __future__ import annotations

import ipaddress

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from server.clients import IPV6_PREFIX, client, client_address
from server.settings import from_environment

PROXIES = from_environment({"CLAIMLIGHT_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8"}).trusted_proxies
APP = Flask(__name__)

proxies = st.one_of(st.ip_addresses(network="10.0.0.0/8"), st.ip_addresses(network="fd00::/8")).map(
    str
)
others = st.one_of(
    st.ip_addresses(network="203.0.113.0/24"), st.ip_addresses(network="2001:db8::/32")
).map(str)
header_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=200)
forwarded = st.one_of(
    header_text,
    st.lists(st.one_of(proxies, others, header_text), max_size=6).map(", ".join),
)


def asked(remote: str, header: str) -> tuple[str, str]:
    """Address and client of a request."""
    with APP.test_request_context(
        headers={"X-Forwarded-For": header}, environ_overrides={"REMOTE_ADDR": remote}
    ):
        return client_address(PROXIES), client(PROXIES)


@given(st.one_of(proxies, others, header_text), forwarded)
def test_every_request_is_counted_for_an_address_a_network_or_nobody_known(
    remote: str, header: str
) -> None:
    address, who = asked(remote, header)
    assert len(address) <= 100
    if who != "unknown":
        found = ipaddress.ip_network(who)
        assert found.prefixlen == (IPV6_PREFIX if found.version == 6 else 32)


@given(others, forwarded)
def test_who_comes_without_a_proxy_is_believed_nothing(remote: str, header: str) -> None:
    assert asked(remote, header)[0] == remote


@given(st.lists(proxies, min_size=1, max_size=4), others, forwarded)
def test_behind_proxies_the_nearest_address_that_is_none_of_them_counts(
    behind: list[str], sender: str, lies: str
) -> None:
    *handed_on, remote = behind
    assert asked(remote, ", ".join([lies, sender, *handed_on]))[0] == sender


@given(st.ip_addresses(network="2001:db8::/32").map(str), st.integers(0, 2**IPV6_PREFIX - 1))
def test_all_addresses_of_a_subscriber_are_one_client(address: str, drawn: int) -> None:
    network = ipaddress.IPv6Network((address, IPV6_PREFIX), strict=False)
    assert asked(str(network[drawn]), "")[1] == asked(address, "")[1] == str(network)
