"""Who sends a request, as far as limits need to know: behind proxies that are trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from flask import request

from server.settings import Network

IPV6_PREFIX: Final = 64
"""Bits of an IPv6 address that name a subscriber; the rest it may draw anew for each request.
Source: RFC 6177, RFC 8981."""


def client_address(trusted_proxies: Sequence[Network]) -> str:
    """Where the request at hand comes from: behind proxies that are trusted, and no others."""
    address = request.remote_addr or ""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    while _trusted(address, trusted_proxies) and forwarded:
        nearer = forwarded.pop()
        if not nearer:
            break
        address = nearer
    return address[:100]


def client(trusted_proxies: Sequence[Network]) -> str:
    """Whom a limit holds: an IPv4 address, or the network of an IPv6 one."""
    address = client_address(trusted_proxies)
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"  # what a trusted proxy sent is no address: all of these are one client
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)


def from_trusted_proxy(trusted_proxies: Sequence[Network]) -> bool:
    """Whether the request at hand was handed on by a proxy that is trusted."""
    return _trusted(request.remote_addr or "", trusted_proxies)


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)
