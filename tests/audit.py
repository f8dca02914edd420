"""What is publicly known against the pinned dependencies: asked of the advisory databases.

Run by ``make check``. Where a database cannot be reached (offline, behind a mirror of a registry)
it says so and counts as nothing found: a build must not depend on another host being up.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
OSV: Final = "https://api.osv.dev/v1/query"
ANSWER_S: Final = 5
"""Seconds to wait for a database."""
MOST_S: Final = 120
"""Seconds for an audit as a whole."""


class Unasked(Exception):
    """The database could not be asked; the text says why."""


def python(lock: Path = ROOT / "requirements-dev.txt", *, database: str = OSV) -> list[str]:
    """A sentence for each advisory against a Python package in a lock file (pip-audit, OSV).

    Raises
    ------
    Unasked
        where the database gave no answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = _run(
            [
                *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"),
                *("--osv-url", database, "--timeout", str(ANSWER_S), "--disable-pip"),
                *("--require-hashes", "--requirement", str(lock), "--cache-dir", folder),
                *("--progress-spinner", "off", "--format", "json", "--output", str(report)),
            ]
        )
        if not report.exists():  # pip-audit ends with 1 in both cases, but reports only in one
            raise Unasked(_last_line(done.stderr))
        found = json.loads(report.read_text())["dependencies"]
    return [
        f"{package['name']} {package['version']}: {advisory['id']}, "
        f"mended in {', '.join(advisory['fix_versions']) or 'no release yet'}"
        for package in found
        for advisory in package["vulns"]
    ]


def node(folder: Path = ROOT / "extension", *, registry: str | None = None) -> list[str]:
    """A sentence for each package of the extension with a grave advisory (npm audit).

    Raises
    ------
    Unasked
        where there is no npm, or its registry answers no such question.
    """
    if shutil.which("npm") is None:
        raise Unasked("npm is not installed")
    where = ["--registry", registry] if registry else []
    with tempfile.TemporaryDirectory() as cache:
        done = _run(
            [
                *("npm", "audit", "--package-lock-only", "--json", "--cache", cache, *where),
                *("--fetch-retries=0", f"--fetch-timeout={ANSWER_S * 1000}"),
            ],
            cwd=folder,
        )
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Unasked(_last_line(done.stderr)) from None
    if "vulnerabilities" not in told:
        raise Unasked(_last_line(str(told.get("message", ""))))
    return [
        f"{package['name']} {package['range']}".strip() + f": {package['severity']}"
        for package in told["vulnerabilities"].values()
        if package["severity"] in {"high", "critical"}
    ]


def _run(command: Sequence[str], *, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=MOST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unasked(f"no answer within {MOST_S} s") from None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason was given"


def main() -> int:
    """Print what was found; return 1 where there is an advisory."""
    grave = 0
    for name, audit in (("Python", python), ("Node", node)):
        try:
            found = audit()
        except Unasked as reason:
            print(f"left out: the audit of the {name} dependencies; {reason}")
            continue
        print(f"audit of the {name} dependencies: {len(found)} advisories")
        print("".join(f"  {sentence}\n" for sentence in found), end="")
        grave += len(found)
    return 1 if grave else 0


if __name__ == "__main__":
    sys.exit(main())
