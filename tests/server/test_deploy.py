"""What operators deploy: every file is linted, and what it names exists in this program."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import click
import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from server import metrics
from server.cli import main
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


COMMAND: Final = re.compile(
    r"^\s*(?:[#$]\s+)?(?:\w+=\S+\s+)*(?:docker compose .*exec \S+ |kubectl .* -- )?"
    r"(?:\S*/)?claimlight ([a-z].*)$",
    re.MULTILINE,
)


def commands_named() -> list[tuple[str, str]]:
    """The commands that guides and files tell people to type, and where they stand."""
    files = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *DEPLOY.iterdir()]
    return [
        (file.name, found.partition(" #")[0].rstrip("\\"))
        for file in files
        for found in COMMAND.findall(file.read_text())
    ]


@pytest.mark.parametrize(("file", "command"), commands_named())
def test_commands_that_people_are_told_to_type_are_understood(
    file: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command)
    monkeypatch.chdir(tmp_path)
    for word in words:
        if Path(word).suffix:
            (tmp_path / word).touch()
    context = main.make_context("claimlight", words)
    while isinstance(context.command, click.Group):
        name, found, words = context.command.resolve_command(context, words)
        assert found is not None
        context = found.make_context(name, words, parent=context)  # raises where it is not


def test_commands_are_found_where_they_stand() -> None:
    assert {"README.md", "editors.md", "compose.yaml", "kubernetes.yaml", "claimlight.service"} <= {
        file for file, _ in commands_named()
    }


def test_addresses_that_were_chosen_are_given_to_nobody_else() -> None:
    """Containers without one get the first that is free, and may start before those with one."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    (given,) = compose["networks"]["inside"]["ipam"]["config"]
    chosen = [
        ipaddress.ip_address(networks["inside"]["ipv4_address"])
        for service in compose["services"].values()
        if isinstance(networks := service["networks"], dict) and networks.get("inside")
    ]
    assert len(set(chosen)) == len(chosen) == 3
    for address in chosen:
        assert address in ipaddress.ip_network(given["subnet"])
        assert address not in ipaddress.ip_network(given["ip_range"])
    trusted = compose["services"]["one"]["environment"]["CLAIMLIGHT_TRUSTED_PROXIES"]
    proxy = compose["services"]["nginx"]["networks"]["inside"]["ipv4_address"]
    assert trusted == f"{proxy}/32"


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


def test_nginx_takes_the_configuration_that_the_guide_makes_of_ours(tmp_path: Path) -> None:
    nginx = program("nginx", "nginx-light")
    guide = (ROOT / "docs" / "operations.md").read_text()
    made = re.search(r"^sed .*?/etc/nginx/nginx\.conf$", guide, re.MULTILINE | re.DOTALL)
    assert made is not None
    written = tmp_path / "nginx.conf"
    run("sh", "-euc", made[0].replace("/etc/nginx/nginx.conf", str(written)), cwd=ROOT)
    text = written.read_text()
    assert set(re.findall(r"listen (?:\[::\]:)?(\d+)", text)) == {"80", "443"}
    names = ["-subj", "/CN=localhost", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, cwd=tmp_path)
    for old in ("/etc/nginx/tls", "/var/log/nginx", "/run/", "/tmp/"):
        assert old in text
    text = re.sub(r"/etc/nginx/tls|/var/log/nginx|/run(?=/)|(?<=\s)/tmp(?=/)", str(tmp_path), text)
    # Ports that only root may have, and addresses that are not everywhere.
    text = re.sub(r"\n\s*listen \[::\][^\n]*", "", text).replace("listen ", "listen 127.0.0.1:")
    written.write_text(re.sub(r"127\.0\.0\.1:(80|443)\b", r"127.0.0.1:18\1", text))
    run(nginx, "-t", "-p", tmp_path, "-c", written)


def test_guide_says_what_to_do_at_every_alert() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())
    guide = (ROOT / "docs" / "operations.md").read_text()
    names = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert set(re.findall(r"`(Claimlight[A-Z]\w+)`", guide)) == names


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


def queries() -> list[str]:
    """All that alerts and dashboard ask, with what Grafana puts in."""
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())
    panels = json.loads((DEPLOY / "dashboard.json").read_text())["panels"]
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return [re.sub(r"\$__(rate_interval|range)", "5m", query) for query in asked]


def test_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    rules = [{"record": f"asked:{n}", "expr": query} for n, query in enumerate(queries())]
    asked = {"groups": [{"name": "asked", "rules": rules}]}
    (tmp_path / "asked.yaml").write_text(json.dumps(asked))
    run(program("promtool", "prometheus"), "check", "rules", "asked.yaml", cwd=tmp_path)


def test_alerts_and_dashboard_ask_for_labels_that_there_are() -> None:
    known = {
        found._name: {"instance", "le", *found._labelnames}
        for found in vars(metrics).values()
        if isinstance(found, MetricWrapperBase)
    }
    for query in queries():
        families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in named_in(query)}
        labels = set(re.findall(r"(\w+)[!=]=?~?\"", query))
        for grouped in re.findall(r"by \(([^)]*)\)", query):
            labels |= set(re.split(r",\s*", grouped))
        assert families
        for family in families:
            assert labels <= known[family], query


def test_guide_names_every_setting_and_every_metric() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    for setting in TABLE:
        assert f"`{setting.variable}`" in guide
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in measured()}
    for name in families:
        assert f"`{name}`" in guide
