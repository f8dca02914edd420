"""What the project is built from: pinned, hashed, listed, and checked against advisories."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import audit
from tests.audit import ROOT, Unasked

LOCKS = sorted(ROOT.glob("requirements*.txt"))
NOBODY = "http://127.0.0.1:9/"
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_python_package_is_pinned_and_hashed_and_no_registry_is_named(lock: Path) -> None:
    text = lock.read_text()
    entries = [e for e in re.split(r"\n(?=\S)", text) if e and not e.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
    assert "://" not in text


def test_every_node_package_is_pinned_and_hashed_and_no_registry_is_named() -> None:
    lock = json.loads((ROOT / "extension" / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        if name and not package.get("link"):
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name


def test_bill_of_materials_names_every_pinned_package_with_its_hashes(tmp_path: Path) -> None:
    subprocess.run(["make", "sbom", f"SBOM={tmp_path}", f"BIN={Path(sys.executable).parent}"],
                   cwd=ROOT, check=True, capture_output=True)  # fmt: skip
    bill = json.loads((tmp_path / "service.cdx.json").read_text())
    named = {(part["name"], part["version"]): part for part in bill["components"]}
    for pinned in re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.M):
        part = named[pinned]
        assert any(reference.get("hashes") for reference in part["externalReferences"])


class Advisories(HTTPServer):
    """Stands in for an advisory database; answers each question with ``told``."""

    told: Any

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        assert isinstance(server, Advisories)
        told = json.dumps(server.told(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with Advisories(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_advisory_against_a_python_package_is_told_by_name(
    advisories: Advisories, tmp_path: Path
) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"flask==3.1.3 --hash=sha256:{'0' * 64}\nclick==8.5.1 --hash=sha256:{'0' * 64}")
    fixed = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.4"}]}]
    affected = [{"package": {"name": "flask", "ecosystem": "PyPI"}, "ranges": fixed}]
    advisory = {"id": "PYSEC-1", "summary": "x", "modified": "2026-01-01T00:00:00Z",
                "affected": affected}  # fmt: skip
    advisories.told = lambda asked: {"vulns": [advisory]} if b"flask" in asked else {}
    (found,) = audit.python(lock, database=advisories.address)
    assert found == "flask 3.1.3: PYSEC-1, mended in 3.1.4"
    advisories.told = lambda _: {}
    assert audit.python(lock, database=advisories.address) == []


def test_where_no_database_answers_the_python_audit_says_so() -> None:
    with pytest.raises(Unasked, match="refused"):
        audit.python(database=NOBODY)


@needs_npm
def test_where_no_database_answers_the_node_audit_says_so() -> None:
    with pytest.raises(Unasked, match="ECONNREFUSED"):
        audit.node(registry=NOBODY)


@needs_npm
def test_a_grave_advisory_against_a_node_package_is_told_by_name(
    advisories: Advisories, tmp_path: Path
) -> None:
    lock = {"name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
    packages = {"": {"name": "x", "version": "1.0.0", "dependencies": {"valibot": "1.5.0"}},
                "node_modules/valibot": {"version": "1.5.0"}}  # fmt: skip
    (tmp_path / "package-lock.json").write_text(json.dumps(lock | {"packages": packages}))
    (tmp_path / "package.json").write_text(json.dumps(packages[""]))
    advisory = {"id": 1, "title": "x", "url": "https://example.org", "vulnerable_versions": "<2"}
    advisories.told = lambda _: {"valibot": [advisory | {"severity": "high"}]}
    (found,) = audit.node(tmp_path, registry=advisories.address)
    assert found == "valibot: high"
    advisories.told = lambda _: {"valibot": [advisory | {"severity": "low"}]}
    assert audit.node(tmp_path, registry=advisories.address) == []
