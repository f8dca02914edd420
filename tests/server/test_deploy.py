"""What operators deploy: every file is linted, and what it names exists in this program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import REGISTRY

from server import metrics
from server.settings import TABLE

ROOT: Final = Path(__file__).resolve().parents[2]
DEPLOY: Final = ROOT / "server" / "deploy"
TOOLS: Final = Path(sys.executable).parent
STYLE: Final = """
extends: default
rules:
  line-length: {max: 120}
  comments: {min-spaces-from-content: 1}
  document-start: disable
"""


def run(*command: str | Path, cwd: Path = DEPLOY) -> str:
    """What a command says; fails with it where the command does."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    return told


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        assert "CI" not in os.environ
        pytest.skip(f"needs {name}, of the system's package {package}")
    return found


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml", "alerts.yaml"])
def test_yaml_is_tidy(name: str) -> None:
    run(TOOLS / "yamllint", "-d", STYLE, "--strict", name)


def test_compose_file_follows_its_specification() -> None:
    run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_manifests_are_what_kubernetes_takes() -> None:
    run(TOOLS / "kubernetes-validate", "--strict", "kubernetes.yaml")


@pytest.mark.skipif(not (TOOLS / "hadolint").exists(), reason="hadolint has no program for here")
def test_image_is_built_by_the_rules() -> None:
    run(TOOLS / "hadolint", "Dockerfile")


def test_unit_is_what_systemd_takes_and_exposes_little(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    unit = (DEPLOY / "claimlight.service").read_text()
    (tmp_path / "claimlight.service").write_text(
        unit.replace("/opt/claimlight/bin/claimlight", str(TOOLS / "claimlight"))
    )
    run(analyze, "verify", "./claimlight.service", cwd=tmp_path)
    run(
        analyze, "security", "--offline=yes", "--threshold=20", "./claimlight.service", cwd=tmp_path
    )


def test_alerts_are_what_prometheus_takes() -> None:
    run(program("promtool", "prometheus"), "check", "rules", "alerts.yaml")


def settings_named() -> dict[str, set[str]]:
    """The settings that each file makes."""
    files = ["Dockerfile", "compose.yaml", "kubernetes.yaml", "claimlight.service"]
    return {
        name: set(re.findall(r"\bCLAIMLIGHT_[A-Z_]+\b", (DEPLOY / name).read_text()))
        for name in files
    }


def test_files_make_no_setting_that_there_is_not() -> None:
    known = {setting.variable for setting in TABLE} | {"CLAIMLIGHT_PORT"}
    for name, found in settings_named().items():
        assert found, name
        assert found <= known, name


def measured() -> set[str]:
    """The names of all samples that the service can tell."""
    assert metrics.SENTENCES
    names: set[str] = set()
    for family in REGISTRY.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return {name for name in names if name.startswith("claimlight_")}


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\bclaimlight_[a-z_]+\b", text))


def test_alerts_ask_for_metrics_that_there_are() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert asked
    for expression in asked:
        assert named_in(expression) <= measured()


def test_dashboard_shows_metrics_that_there_are_and_all_that_matter() -> None:
    dashboard: Any = json.loads((DEPLOY / "dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    shown: set[str] = set()
    for panel in panels:
        assert panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            shown |= named_in(target["expr"])
    assert shown <= measured()
    left_out = {re.sub(r"_(bucket|sum|count)$", "", name) for name in measured()} - {
        re.sub(r"_(bucket|sum|count)$", "", name) for name in shown
    }
    assert left_out == set()
    taken = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))  # no panel lies over another
    assert max(x for x, _ in taken) < 24


def test_guide_names_every_setting_and_every_metric() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    for setting in TABLE:
        assert f"`{setting.variable}`" in guide
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in measured()}
    for name in families:
        assert f"`{name}`" in guide
