"""The command `savings`: exit codes, text and JSON in both languages, files that it writes and does not overwrite."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from cli.messages import SAVINGS_REASONS
from pipelines.catalog.loader import Catalog
from pipelines.savings.arithmetic import REASONS
from tests.savings_forms import CLOUD, COUNTER, HEAD, task_cell, write_csv, write_xlsx

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _on_one_day(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    monkeypatch.setenv("MIERUKA_TODAY", "2026-11-23")
    # The descriptions are read once for all tests.
    monkeypatch.setattr("pipelines.catalog.loader.load_catalog", lambda: catalog)


@pytest.fixture
def form(tmp_path: Path) -> Path:
    return write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER, CLOUD])


def record(form: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["savings", str(form), "--json"]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_every_reason_has_words() -> None:
    assert SAVINGS_REASONS.keys() == set(REASONS)


def test_json_has_total_kinds_tasks_and_origin(form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = record(form, capsys)
    assert content["total"]["saving_per_year"] == 33_680_000
    assert [entry["kind"] for entry in content["kinds"]] == ["outsourcing", "cloud"]
    assert [entry["name"] for entry in content["tasks"]] == ["住民票等の窓口", "基幹系システム"]
    assert content["tasks"][0]["minutes_per_transaction"] == {"before": 12, "after": 9.5}
    assert content["tasks"][0]["break_even"] == {"fiscal_year": 2023, "month": 3, "reason": None}
    assert content["total"]["processing_hours_per_year"]["before"] == {
        "value": None, "reason": "TIME_MISSING", "tasks": ["基幹系システム"]
    }  # fmt: skip
    assert re.fullmatch("[0-9a-f]{64}", content["origin"]["sha256"])
    assert content["origin"]["computed_on"] == "2026-11-23"
    assert content["form"]["discount_rate"] == 2


def test_target_stands_beside_cloud_tasks_alone(form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = record(form, capsys)
    outsourcing, cloud = content["kinds"]
    assert outsourcing["target"] is None
    assert content["total"]["target"] is None
    assert (cloud["target"]["cut"], cloud["target"]["reached"]) == (30, True)
    # 60,000,000 to 44,000,000 is 26.67%: payments alone fall short.
    assert cloud["target"]["reached_by_payments"] is False


@pytest.mark.parametrize("language", ["ja", "en"])
def test_text_names_every_figure(form: Path, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["savings", str(form), "--lang", language]) == 0
    out = capsys.readouterr().out
    for figure in ("33,680,000", "5,980,000", "3,220,000", "21.67%", "1,513.7", "800.7", "6,000", "30%"):
        assert figure in out, figure
    assert ("2023年度（2024年3月末）" if language == "ja" else "fiscal 2023 (end of 2024-03)") in out


def test_english_text_has_no_japanese_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = HEAD | {"area_name": "Hamami"}
    tasks = [task | {"name": name, "evidence": "accounts"} for name, task in (("a", COUNTER), ("b", CLOUD))]
    assert main(["savings", str(write_xlsx(tmp_path / "form.xlsx", head, tasks)), "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    # The plan's own words are cited as they are.
    assert [line for line in lines if JAPANESE.search(line) and "kantei.go.jp" not in line] == []


def test_markup_and_control_characters_in_a_name_are_shown_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_csv(tmp_path / "form.csv", HEAD, [COUNTER | {"name": "[red]窓口[/red]\x1b[2J"}])
    assert main(["savings", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tasks"][0]["name"] == "[red]窓口[/red] [2J"
    path = write_csv(tmp_path / "form.csv", HEAD | {"area_name": "[bold]町"}, [COUNTER])
    assert main(["savings", str(path)]) == 0
    assert "[bold]町" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["ja", "en"])
def test_defects_end_with_exit_code_1(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_xlsx(tmp_path / "form.xlsx", HEAD, [COUNTER | {"contract_after": None}])
    assert main(["savings", str(path), "--lang", language]) == 1
    out = capsys.readouterr().out
    assert task_cell("contract_after") in out
    assert ("直し方" if language == "ja" else "How to mend it") in out
    assert main(["savings", str(path), "--json"]) == 1
    [report] = json.loads(capsys.readouterr().out)
    assert [entry["rule"] for entry in report["defects"]] == ["required"]


def test_nothing_is_written_for_a_form_with_defects(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "form.xlsx", HEAD | {"years": None}, [COUNTER])
    out = tmp_path / "town.savings.csv"
    assert main(["savings", str(path), "--observations", str(out)]) == 1
    assert not out.exists()


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".XLSX"])
def test_template_is_written_and_never_over_a_file(
    tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"form{suffix}"
    assert main(["savings", "--template", str(path)]) == 0
    content = path.read_bytes()
    assert main(["savings", "--template", str(path)]) == 2
    assert path.read_bytes() == content
    capsys.readouterr()
    assert main(["savings", str(path)]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--json"], ["form.xlsx", "--template", "new.xlsx"], ["--template", "new.pdf"], ["missing.xlsx"],
        ["--template", "new.xlsx", "--json"], ["form.xlsx", "--observations", "out.csv"],
    ],
)  # fmt: skip
def test_wrong_use_ends_with_exit_code_2_and_one_line(
    form: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(form.parent)
    assert main(["savings", *arguments]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert sorted(path.name for path in form.parent.iterdir()) == ["form.xlsx"]


def test_table_never_takes_the_place_of_its_form(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "form.savings.csv", HEAD, [COUNTER])
    content = path.read_bytes()
    assert main(["savings", str(path), "--observations", str(path)]) == 2
    assert path.read_bytes() == content
