"""The borders of the architecture: who may know whom."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

MATCHER = Path(__file__).parents[2] / "matcher"
FORBIDDEN = {
    "flask",
    "redis",
    "server",
    "gunicorn",
    "urllib3",
    "requests",
    "httpx",
    "socket",
    "http",
}


def _imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("file", sorted(MATCHER.rglob("*.py")), ids=lambda p: p.stem)
def test_the_matcher_knows_neither_web_nor_store(file: Path) -> None:
    assert not {name.split(".")[0] for name in _imports(file)} & FORBIDDEN


def test_only_evidence_measures_the_likeness_of_strings() -> None:
    users = {
        file.stem
        for file in MATCHER.glob("*.py")
        if any(name.startswith("rapidfuzz") for name in _imports(file))
    }
    assert users == {"evidence"}


LOADED = """
import os
import matcher.index
import onnxruntime
print(len(os.listdir("/proc/self/task")))
"""


def test_no_library_reports_to_its_makers(tmp_path: Path) -> None:
    """What does so has a thread for it from the first moment, and remembers who it is at home."""
    environ = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
    environ |= {"HOME": str(tmp_path), "PYTHONPATH": str(MATCHER.parent)}
    environ |= {"OPENBLAS_NUM_THREADS": "1"}  # whose threads are for reckoning
    told = subprocess.run(
        [sys.executable, "-c", LOADED], env=environ, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["1"]
    assert list(tmp_path.rglob("*")) == []


def test_modules_of_the_matcher_depend_downwards_only() -> None:
    graph = {
        f"matcher.{f.stem}": {n for n in _top_level_imports(f) if n.startswith("matcher.")}
        for f in MATCHER.glob("*.py")
    }
    done: set[str] = set()
    while len(done) < len(graph):
        ready = {m for m, needs in graph.items() if m not in done and needs & set(graph) <= done}
        assert ready, f"these modules import each other in a circle: {set(graph) - done}"
        done |= ready


def _top_level_imports(file: Path) -> set[str]:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return {n.module for n in body if isinstance(n, ast.ImportFrom) and n.module}
