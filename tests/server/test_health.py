"""What a probe is told, from the first moment on."""

from __future__ import annotations

from tests.server.conftest import Service


def test_process_is_alive_before_it_is_ready(waiting: Service) -> None:
    assert waiting.client.get("/healthz").status_code == 200
    answer = waiting.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.get_json()["detail"] == (
        "There is no index yet. The first index is being prepared."
    )


def test_ready_service_says_so_with_its_version(service: Service) -> None:
    answer = service.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"ready": True, "version": 0, "stale": False, "problems": []}


def test_probes_are_never_kept(service: Service) -> None:
    for path in ("/healthz", "/readyz"):
        assert service.client.get(path).headers["Cache-Control"] == "no-store"
