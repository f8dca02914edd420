from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from matcher.case import Case
from server.cli import main

MakeCase = Callable[..., Case]
Words = Callable[[str], str]
Run = Callable[..., Result]

DATASET = Path(__file__).resolve().parents[4] / "shared/datasets/euvsdisinfo/cases.jsonl"


@pytest.fixture
def run(service: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line beside the service, as a newcomer would: with no setting but one."""
    for name in list(os.environ):
        if name.startswith("CLAIMLIGHT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLAIMLIGHT_DATA_DIR", str(service.data_dir))

    def run(*arguments: object, **options: Any) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments], **options)

    return run


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: Case | str) -> Path:
        lines = [row if isinstance(row, str) else row.model_dump_json() for row in rows]
        path = tmp_path / "cases.jsonl"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


FileOf = Callable[..., Path]


def version(run: Run) -> int:
    changes = json.loads(run("history", "--limit", "1", "--json").stdout)["changes"]
    return int(changes[0]["version"])


def test_a_newcomers_push_just_works_and_can_be_repeated(
    run: Run, file_of: FileOf, make_case: MakeCase, service: Any
) -> None:
    before = version(run)
    path = file_of(make_case("first-a"), make_case("first-b"))
    done = run("push", path, "--note", "first")
    assert done.exit_code == 0, done.output
    assert f"Published as version {before + 1}" in done.stdout
    assert service.ask("/v1/index")[1]["version"] >= before + 1
    again = run("push", path, "--json")
    answer = json.loads(again.stdout)
    assert again.exit_code == 0
    assert answer["version"] == before + 1
    assert answer["unchanged"] == ["first-a", "first-b"]


def test_what_is_more_than_a_changeset_may_hold_goes_in_several_whole_ones(
    run: Run, file_of: FileOf, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = version(run)
    cases = [make_case(f"large-{number}") for number in range(7)]
    path = file_of(*cases)
    line = len(cases[0].model_dump_json(exclude_none=True)) + 1
    monkeypatch.setattr("server.commands.push.MAX_CHANGES_BYTES", 3 * line)
    tried = json.loads(run("push", path, "--dry-run", "--json").stdout)
    assert tried["added"] == [case.id for case in cases]
    assert tried["versions"] == []
    assert {change["id"] for change in tried["consequences"]["cases"]} == set(tried["added"])
    done = run("push", path, "--note", "much", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert answer["added"] == tried["added"]
    assert answer["versions"] == [before + 1, before + 2, before + 3]
    changes = json.loads(run("history", "--limit", "3", "--json").stdout)["changes"]
    assert [len(change["added"]) for change in changes] == [1, 3, 3]
    assert [change["note"] for change in changes] == [
        f"much (part {number} of 3)" for number in (3, 2, 1)
    ]
    again = json.loads(run("push", path, "--json").stdout)
    assert (again["versions"], len(again["unchanged"])) == ([], 7)


def test_a_part_that_fails_tells_what_is_published_already(
    run: Run, file_of: FileOf, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [make_case(f"many-{number}") for number in range(10)]
    assert run("push", file_of(*many)).exit_code == 0
    changed = [case.model_copy(update={"summary": "Changed."}) for case in many]
    long = make_case("long", 1_000 * "x")
    long = long.model_copy(update={"url": "https://example.org/" + 2_028 * "x"})
    sizes = [len(case.model_dump_json(exclude_none=True)) + 1 for case in (long, *changed)]
    limit = sizes[0]
    assert sum(sizes[1:]) <= limit  # either the first, or all others
    monkeypatch.setattr("server.commands.push.MAX_CHANGES_BYTES", limit)
    before = version(run)
    done = run("push", file_of(long, *changed))  # the second part would have to be confirmed
    assert done.exit_code == 4
    assert "part 2 of 2 failed" in done.stderr
    assert f"version {before + 1};" in done.stderr
    assert version(run) == before + 1


def test_rejected_rows_keep_all_others_back_unless_partial(
    run: Run, file_of: FileOf, make_case: MakeCase, tmp_path: Path
) -> None:
    before = version(run)
    path = file_of(make_case("good"), '{"id": "bad"}', "no json")
    report = tmp_path / "rejected.jsonl"
    done = run("push", path, "--rejected", report)
    assert done.exit_code == 3
    assert "line 2" in done.stderr
    assert "line 3" in done.stderr
    assert "--partial" in done.stderr
    assert [json.loads(line)["line"] for line in report.read_text().splitlines()] == [2, 3]
    assert version(run) == before
    done = run("push", path, "--partial", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert answer["added"] == ["good"]
    assert [row["line"] for row in answer["rejected"]] == [2, 3]


def test_a_dry_run_shows_the_difference_and_changes_nothing(
    run: Run, file_of: FileOf, make_case: MakeCase
) -> None:
    before = version(run)
    done = run("push", file_of(make_case("never")), "--dry-run")
    assert done.exit_code == 0
    assert "Dry run" in done.stdout
    assert "never" in done.stdout
    assert version(run) == before


def test_a_dry_run_ends_as_the_push_would(run: Run, file_of: FileOf, make_case: MakeCase) -> None:
    path = file_of(make_case("good"), '{"id": "bad"}')
    assert run("push", path, "--dry-run").exit_code == run("push", path).exit_code == 3
    assert run("push", path, "--dry-run", "--partial").exit_code == 0
    many = [make_case(f"ends-{number}") for number in range(10)]
    assert run("push", file_of(*many)).exit_code == 0
    path = file_of(*(case.model_copy(update={"summary": "Changed."}) for case in many))
    tried = run("push", path, "--dry-run", "--json")
    assert tried.exit_code == run("push", path).exit_code == 4
    assert json.loads(tried.stdout)["needs_confirmation"] is True
    assert run("push", path, "--dry-run", "--confirm").exit_code == 0
    assert run("retract", *(case.id for case in many), "--note", "x", "--dry-run").exit_code == 4
    assert run("revert", version(run), "--dry-run").exit_code == 4


def test_a_dry_run_tells_fields_remarks_and_hints(
    run: Run, file_of: FileOf, make_case: MakeCase, tmp_path: Path, words: Words
) -> None:
    claim = "The secret laboratory in Tbilisi breeds mosquitoes that spread malaria."
    assert run("push", file_of(make_case("dry", claim))).exit_code == 0
    before = version(run)
    changed = make_case("dry", claim).model_copy(update={"rating": "Fabricated"})
    sentences = tmp_path / "sentences.txt"
    sentences.write_text("Herons were trained as spies by a secret service.\n")
    path = file_of(changed, make_case("dry-too", sentences.read_text()))
    done = run("push", path, "--dry-run", "--sentences", sentences)
    assert done.exit_code == 0, done.output
    told = words(done.stdout)
    for wanted in ("rating - Fabricated", "the publisher has no link", "1 sentences tried"):
        assert wanted in told
    assert "→ match" in told
    answer = json.loads(run("push", path, "--dry-run", "--json").stdout)
    assert answer["consequences"]["case_count"] == 2
    assert answer["consequences"]["replay"]["sentences"] > 300
    assert version(run) == before
    assert run("push", path, "--sentences", sentences).exit_code == 2


@pytest.mark.parametrize("format_", ["csv", "claimreview"])
def test_an_export_in_another_format_can_be_pushed_again_too(
    run: Run, tmp_path: Path, format_: str
) -> None:
    before = version(run)
    path = tmp_path / "cases"
    assert run("export", "--format", format_, "--output", path).exit_code == 0
    answer = json.loads(run("push", path, "--json").stdout)
    assert (answer["added"], answer["changed"], answer["rejected"]) == ([], [], [])
    assert version(run) == before


def test_a_mistake_is_taken_back_with_one_command(
    run: Run, file_of: FileOf, make_case: MakeCase, service: Any
) -> None:
    assert run("push", file_of(make_case("oops"))).exit_code == 0
    mistake = version(run)
    done = run("revert", mistake, "--confirm", "--note", "typo")
    assert done.exit_code == 0, done.output
    assert service.ask("/v1/cases/oops")[0] == 410
    newest, earlier = json.loads(run("history", "--limit", "2", "--json").stdout)["changes"]
    assert newest["retracted"] == earlier["added"] == ["oops"]


def test_a_large_change_is_refused_until_it_is_confirmed(
    run: Run, file_of: FileOf, make_case: MakeCase, service: Any
) -> None:
    path = file_of(*(make_case(f"large-{number}") for number in range(5)))
    assert run("push", path).exit_code == 0
    ids = [f"large-{number}" for number in range(5)]
    refused = run("retract", *ids, "--note", "wrong")
    assert refused.exit_code == 4
    assert "confirm" in refused.stderr
    done = run("retract", *ids, "--note", "wrong", "--confirm")
    assert done.exit_code == 0
    status, gone = service.ask("/v1/cases/large-1")
    assert status == 410
    assert "wrong" in gone["detail"]


def test_retracting_what_never_was_is_told(run: Run) -> None:
    done = run("retract", "nobody", "--note", "x")
    assert done.exit_code == 3
    assert "nobody" in done.stderr


def test_an_export_can_be_pushed_again_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    assert run("export", "-o", path).exit_code == 0
    answer = json.loads(run("push", path, "--json").stdout)
    assert [answer[kind] for kind in ("added", "changed", "retracted")] == [[], [], []]
    assert len(answer["unchanged"]) == len(path.read_text().splitlines()) > 0
    assert run("export").stdout == path.read_text()


def test_an_export_that_fails_leaves_the_file_as_it_was(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("yesterday's")
    assert run("export", "-o", path, "--server", "http://127.0.0.1:9").exit_code == 6
    assert path.read_text() == "yesterday's"
    assert list(tmp_path.glob("export*")) == [path]
    assert run("export", "-o", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_the_history_names_who_and_why(run: Run, file_of: FileOf, make_case: MakeCase) -> None:
    assert run("push", file_of(make_case("why")), "--note", "because").exit_code == 0
    told = run("history").stdout
    assert "because" in told
    assert "local owner" in told
    assert "starter cases" in told


def test_match_shows_the_hint_a_reader_would_see(run: Run, tmp_path: Path) -> None:
    claim = "The parliament in Riga has banned all Russian songs."
    done = run("match", claim, "The weather was fine.")
    assert done.exit_code == 0, done.output
    assert "https://example.org/1" in done.stdout
    assert "2 sentences, 1 with a hint" in done.stdout
    text = tmp_path / "text.txt"
    text.write_text(f"The weather was fine. {claim} We went home.")
    answer = json.loads(run("match", "--file", text, "--json").stdout)
    assert [found["case_id"] for found in answer["matches"]] == ["starter-1"]
    assert answer["sentences"][int(answer["matches"][0]["sentence_id"]) - 1]["text"] == claim


def test_match_splits_what_is_more_than_one_request_takes(run: Run) -> None:
    claim = "The parliament in Riga has banned all Russian songs."
    sentences = [f"This is sentence number {number}." for number in range(600)]
    done = run("match", "--file", "-", "--json", input=" ".join([*sentences, claim]))
    answer = json.loads(done.stdout)
    assert len(answer["sentences"]) == 601
    assert [found["sentence_id"] for found in answer["matches"]] == ["601"]


def test_the_doctor_finds_a_running_service_well(run: Run, words: Words) -> None:
    done = run("doctor", "--json")
    findings = {each["what"]: each for each in json.loads(done.stdout)["findings"]}
    assert done.exit_code == 0, done.output
    assert {each["state"] for each in findings.values()} == {"ok"}
    assert set(findings) >= {"data folder", "redis", "address", "index", "token", "firefox"}


def test_the_doctor_tells_what_to_do_where_nothing_runs(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--data-dir", tmp_path / "empty", "--server", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "claimlight serve" in done.stdout


def test_without_a_service_a_command_says_how_to_start_one(
    run: Run, file_of: FileOf, make_case: MakeCase
) -> None:
    done = run("push", file_of(make_case("a")), "--server", "http://127.0.0.1:9")
    assert done.exit_code == 6
    assert "claimlight serve" in done.stderr
    as_json = run("history", "--server", "http://127.0.0.1:9", "--json")
    assert as_json.exit_code == 6
    assert "error" in json.loads(as_json.stdout)


def test_the_owners_token_is_shown_to_the_local_service_alone(
    run: Run, service: Any, tmp_path: Path
) -> None:
    port = service.address.rsplit(":", 1)[1]
    elsewhere = f"http://localhost:{port}"  # the same service, but not by the address it gave
    assert run("history", "--server", elsewhere).exit_code == 5
    assert run("history", "--server", service.address).exit_code == 0


def test_a_wrong_token_and_one_without_the_right_are_denied(
    run: Run, file_of: FileOf, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run("token", "create", "--name", "Reader", "--role", "viewer", "--json")
    token = json.loads(made.stdout)["token"]
    monkeypatch.setenv("CLAIMLIGHT_TOKEN", "wrong")
    assert run("history").exit_code == 5
    monkeypatch.setenv("CLAIMLIGHT_TOKEN", token)
    assert run("history").exit_code == 0
    # More than the service reads before it answers.
    many = [make_case(f"denied-{number}", "x" * 1_000) for number in range(3_000)]
    done = run("push", file_of(*many))
    assert done.exit_code == 5
    assert token not in done.output


def test_tokens_are_made_named_and_revoked(
    run: Run, file_of: FileOf, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run("token", "create", "--name", "Ada", "--expires", "12h")
    token = made.stdout.strip()
    assert made.exit_code == 0
    listed = run("token", "list")
    assert "Ada" in listed.stdout
    assert token not in listed.stdout
    monkeypatch.setenv("CLAIMLIGHT_TOKEN", token)
    assert run("push", file_of(make_case("by-ada"))).exit_code == 0
    assert "Ada" in run("history", "--limit", "1").stdout
    assert run("token", "create", "--name", "Ada").exit_code == 1
    assert run("token", "revoke", "Ada").exit_code == 0
    assert run("token", "revoke", "Ada").exit_code == 1
    assert run("history").exit_code == 5


def test_a_token_can_be_made_while_the_service_does_not_run(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "stopped"
    assert run("token", "create", "--name", "Ada", "--data-dir", folder).exit_code == 0
    listed = run("token", "list", "--data-dir", folder, "--json")
    assert [each["name"] for each in json.loads(listed.stdout)["tokens"]] == ["Ada"]


@pytest.mark.parametrize("expires", ["soon", "90", "2020-13-01"])
def test_an_expiry_that_is_none_is_wrong_usage(run: Run, expires: str) -> None:
    done = run("token", "create", "--name", "Eve", "--expires", expires)
    assert done.exit_code == 2
    assert "90d" in done.stderr


@pytest.mark.parametrize(
    "command", ["serve", "push", "retract", "history", "revert", "export", "match", "doctor"]
)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 8


def test_a_misspelt_setting_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMLIGHT_TOCKEN", "x")
    assert "CLAIMLIGHT_TOKEN" in run("history").stderr


def test_a_file_that_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    done = run("push", tmp_path / "absent.jsonl")
    assert done.exit_code == 1
    assert "absent.jsonl" in done.stderr


@pytest.mark.datasets
@pytest.mark.skipif(not DATASET.exists(), reason=f"needs {DATASET}")
def test_the_whole_dump_is_read_and_answered_by_every_worker(
    run: Run, service: Any, eventually: Callable[..., bool], tmp_path: Path
) -> None:
    report = tmp_path / "rejected.jsonl"
    options = ("--format", "euvsdisinfo", "--default-verdict", "false", "--partial")
    done = run("push", DATASET, *options, "--rejected", report, "--json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    rejected = [json.loads(line) for line in report.read_text().splitlines()]
    assert len(answer["added"]) + len(rejected) == 12_026
    assert len(rejected) == 1_120
    assert all(row["line"] and "url" in row["message"] for row in rejected)
    assert answer["visible"]
    for _ in range(20):  # each worker, whichever it is
        assert eventually(lambda: service.ask("/v1/index")[1]["version"] == answer["version"])
    assert run("revert", answer["version"], "--confirm").exit_code == 0
