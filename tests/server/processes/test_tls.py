"""Redis and a Sentinel that are reached by TLS, with passwords; real processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from matcher.case import Case
from server.errors import StoreError, Unavailable
from server.store import Store
from tests.server.processes.front import certificate, free_ports, listens
from tests.server.processes.programs import REDIS
from tests.waiting import HANG_S, eventually

MakeCase = Callable[..., Case]
PASSWORD: Final = "s3cret/of@redis"
ESCAPED: Final = "s3cret%2Fof%40redis"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if REDIS is None or shutil.which("openssl") is None:
        assert "CI" not in os.environ
        pytest.skip("needs redis-server or valkey-server, and openssl")
    made = tmp_path_factory.mktemp("tls")
    certificate(made)
    return made


@contextlib.contextmanager
def _running(folder: Path, port: int, *more: str) -> Iterator[None]:
    """A server of Redis that speaks TLS alone; skips where it was built without."""
    lines = [
        f"tls-port {port}",
        "port 0",
        f"tls-cert-file {folder}/fullchain.pem",
        f"tls-key-file {folder}/privkey.pem",
        f"tls-ca-cert-file {folder}/fullchain.pem",
        "tls-auth-clients no",
        "tls-replication yes",
        "save ''",
        f"requirepass {PASSWORD}",
    ]
    file = folder / f"{port}.conf"
    file.write_text("\n".join(lines))
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(REDIS), str(file), *more], cwd=folder, stdout=log, stderr=log
        )
    try:
        assert eventually(lambda: process.poll() is not None or listens(port))
        if process.poll() is not None:
            told = (folder / f"{port}.log").read_text()
            assert "CI" not in os.environ, told
            pytest.skip(f"needs a Redis that was built with TLS: {told}")
        yield
    finally:
        process.kill()
        process.wait(timeout=HANG_S)


@pytest.fixture(scope="module")
def primary(folder: Path) -> Iterator[int]:
    (port,) = free_ports(1)
    with _running(folder, port):
        yield port


def answers(url: str) -> Callable[[], bool]:
    def asked() -> bool:
        store = Store(url)
        try:
            store.published()
        except StoreError:
            return False
        finally:
            store.close()
        return True

    return asked


def test_what_is_published_goes_to_redis_by_tls(
    folder: Path, primary: int, make_case: MakeCase
) -> None:
    url = f"rediss://:{ESCAPED}@localhost:{primary}/0?ssl_ca_certs={folder}/fullchain.pem"
    assert eventually(answers(url)), (folder / f"{primary}.log").read_text()
    store = Store(url)
    assert store.apply(put=[make_case("kept")], who="test")[0] == 1
    assert [case.id for case in store.cases()[1]] == ["kept"]
    store.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_server_that_cannot_show_who_it_is_is_not_spoken_to(
    folder: Path, primary: int, host: str
) -> None:
    trusted = f"rediss://:{ESCAPED}@{host}:{primary}/0?ssl_ca_certs={folder}/fullchain.pem"
    assert eventually(answers(trusted)), (folder / f"{primary}.log").read_text()
    stranger: Any = Store(f"rediss://:{ESCAPED}@{host}:{primary}/0")  # by the system's authorities
    with pytest.raises(Unavailable) as told:
        stranger.published()
    stranger.close()
    assert PASSWORD not in str(told.value)
    assert ESCAPED not in str(told.value)


def test_sentinels_are_asked_by_tls_and_tell_of_a_primary_that_is(
    folder: Path, primary: int
) -> None:
    (port,) = free_ports(1)
    watched = (
        f"--sentinel monitor claimlight 127.0.0.1 {primary} 1",
        f"--sentinel auth-pass claimlight {PASSWORD}",
    )
    words = [word for line in watched for word in line.split()]
    url = (
        f"rediss+sentinel://:{ESCAPED}@127.0.0.1:{port}/claimlight/0"
        f"?sentinel_password={ESCAPED}&ssl_ca_certs={folder}/fullchain.pem"
    )
    with _running(folder, port, "--sentinel", *words):
        assert eventually(answers(url)), (folder / f"{port}.log").read_text()
        assert not answers(url.replace(f":{ESCAPED}@", ":other@"))()
