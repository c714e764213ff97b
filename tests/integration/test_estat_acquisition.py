"""Tables of the e-Stat API acquired over HTTP: pages as received, editions once, and what is said when it fails."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.acquire.archive import Archive, Snapshot
from pipelines.acquire.estat import acquire_estat
from pipelines.acquire.estat_api import APP_ID
from pipelines.acquire.web import Limits, WebFetcher
from pipelines.catalog.defect_rules import defect_rules
from pipelines.catalog.loader import DescribedSource
from pipelines.catalog.models import Source
from pipelines.defects import Defect
from pipelines.extract.reading import read_sheet
from pipelines.settings import Home
from tests.estat import TABLE, Api, Give, Value, answer, pages, refusal, value

SECRET = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - made up
NAMES = {"91201": "甲市", "91202": "乙市"}
VALUES = [value(area, f"{year}000000", "1") for area in NAMES for year in (2010, 2015, 2020)]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv(APP_ID, SECRET)
    running = Api()
    yield running
    running.stop()


def described(*ids: str, **conditions: str) -> DescribedSource:
    label = {"ja": "見本", "en": "sample"}
    tables = {
        f"table_{number}": {
            "role": "reference", "title": label, "files": [f"*{stats_data_id}.json"], "period": {"kind": "day"},
            "estat": {"stats_data_id": stats_data_id, "conditions": conditions},
            "layouts": [{"from": 2000, "sheet": ["*"], "anchor": ["area_code"], "columns": {"a": {"from": ["area_code"], "type": "text"}}}],
        }
        for number, stats_data_id in enumerate(ids, start=1)
    }  # fmt: skip
    description = {
        "source_id": "made_up", "publisher": label, "title": label, "licence": "pdl_1",
        "landing_url": "https://example.org/", "cadence": "yearly", "published": tables,
    }  # fmt: skip
    return DescribedSource(Source.model_validate(description), Path())


def get(
    api: Api, home: Home, source: DescribedSource | None = None, size: int = 4
) -> tuple[list[Snapshot], list[Defect]]:
    """Acquire as a run does: what was got is remembered and current."""
    limits = Limits(attempts=1, connect_seconds=2, host_interval_seconds=0)
    fetcher = WebFetcher(home, limits, allow_private=True, sleep=lambda _: None, proxies={})
    source = source or described(TABLE)
    snapshots, defects = acquire_estat(source, home, fetcher, base_url=api.url, page_size=size)
    assert list((home.state / "downloads").glob("*")) == []
    assert SECRET not in repr((snapshots, defects))
    assert all(defect.rule in defect_rules() for defect in defects)
    Archive(home).set_current(source.source_id, Archive(home).remember(snapshots))
    return snapshots, defects


def paged(values: list[Value], given_at: str = "2026-01-15") -> Give:
    def give(function: str, parameters: dict[str, str]) -> tuple[int, Any]:
        start, limit = int(parameters["startPosition"]), int(parameters["limit"])
        part = values[start - 1 : start - 1 + limit]
        return 200, answer(part, NAMES, whole=values, start=start, given_at=given_at)

    return give


def test_one_page_is_archived_as_received(api: Api, home: Home) -> None:
    sent = json.dumps(answer(VALUES, NAMES), ensure_ascii=False, indent=1).encode()
    api.give = lambda function, parameters: (200, sent)
    (snapshot,), defects = get(api, home, described(TABLE, cdCat01="A1101"))
    assert defects == []
    assert Archive(home).path_of(snapshot.snapshot_sha256).read_bytes() == sent
    assert (snapshot.table, snapshot.file_name, snapshot.bytes) == (
        "table_1",
        f"statsData_{TABLE}.json",
        len(sent),
    )
    assert snapshot.published_on == "2025-06-30"
    assert "appId=***" in snapshot.origin_url
    assert f"statsDataId={TABLE}" in snapshot.origin_url
    assert api.asked[0][1]["cdCat01"] == "A1101"


def test_pages_lie_in_one_archive_each_as_received_and_are_read_as_one_table(api: Api, home: Home) -> None:
    api.give = paged(VALUES)
    (snapshot,), defects = get(api, home)
    assert defects == []
    assert [asked["startPosition"] for _, asked in api.asked] == ["1", "5"]
    assert snapshot.file_name == f"statsData_{TABLE}.tar.gz"
    path = Archive(home).path_of(snapshot.snapshot_sha256)
    with tarfile.open(path) as archive:
        held = [json.loads(archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]
    assert held == pages(VALUES, NAMES, 4)
    sheet = read_sheet(path, snapshot.file_name, [TABLE])
    assert [row[4] for row in sheet.rows[2:]] == [one["@area"] for one in VALUES]


@pytest.mark.parametrize("size", [4, 100])
def test_an_edition_is_archived_once(api: Api, home: Home, size: int) -> None:
    api.give = paged(VALUES)
    first, _ = get(api, home, size=size)
    api.give = paged(VALUES, given_at="2026-02-01")
    again, defects = get(api, home, size=size)
    assert (again, defects) == (first, [])
    api.give = paged([*VALUES[:-1], value("91202", "2020000000", "2")], given_at="2026-03-01")
    revised, _ = get(api, home, size=size)
    assert revised[0].snapshot_sha256 != first[0].snapshot_sha256
    api.give = paged(VALUES, given_at="2026-04-01")
    assert get(api, home, size=size)[0] == first
    assert len(Archive(home).snapshots()) == 2
    assert sum(path.is_file() for path in home.archive.rglob("*")) == 2


def test_an_edition_whose_bytes_were_lost_is_archived_again(api: Api, home: Home) -> None:
    api.give = paged(VALUES)
    (first,), _ = get(api, home)
    Archive(home).path_of(first.snapshot_sha256).unlink()
    (second,), _ = get(api, home)
    assert Archive(home).path_of(second.snapshot_sha256).exists()


@pytest.mark.parametrize("size", [4, 100])
def test_damaged_bytes_are_another_edition(api: Api, home: Home, size: int) -> None:
    api.give = paged(VALUES)
    (first,), _ = get(api, home, size=size)
    path = Archive(home).path_of(first.snapshot_sha256)
    path.write_bytes(path.read_bytes()[:-20])
    (second,), defects = get(api, home, size=size)
    assert (second.snapshot_sha256, defects) == (first.snapshot_sha256, [])
    assert path.stat().st_size == first.bytes


@pytest.mark.parametrize("given", [None, "", " "])
def test_without_an_application_id_one_warning_and_nothing_else(
    api: Api, home: Home, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.delenv(APP_ID) if given is None else monkeypatch.setenv(APP_ID, given)
    snapshots, defects = get(api, home, described(TABLE, "0000088888"))
    assert snapshots == api.asked == []
    assert [(defect.rule, defect.severity, defect.found) for defect in defects] == [
        ("estat_app_id_missing", "warning", APP_ID)
    ]
    assert APP_ID in defects[0].expected_ja
    assert list(home.archive.iterdir()) == []
    assert get(api, home, replace_tables(described(TABLE))) == ([], [])


def replace_tables(source: DescribedSource) -> DescribedSource:
    """Return the source with the same tables, none of them of the API."""
    description = source.description
    tables = {name: table.model_copy(update={"estat": None}) for name, table in description.published.items()}
    return replace(source, description=description.model_copy(update={"published": tables}))


NO_DATA = refusal(1, "正常に終了しましたが、該当データはありませんでした。")


@pytest.mark.parametrize(
    ("status", "document", "rule", "found"),
    [
        (200, refusal(100, "認証に失敗しました。"), "estat_refused", "STATUS 100: 認証に失敗しました。"),
        (403, refusal(100, f"認証に失敗しました。{SECRET}"), "estat_refused", "STATUS 100: 認証に失敗しました。***"),
        (200, refusal(300, "統計表IDがありません。"), "estat_refused", "STATUS 300: 統計表IDがありません。"),
        (200, NO_DATA, "estat_no_data", "正常に終了しましたが、該当データはありませんでした。"),
        (200, {"GET_STATS_DATA": {"RESULT": {}}}, "estat_answer_shape", "STATUS is missing"),
        (200, answer(VALUES, NAMES, table="0000088888"), "estat_answer_shape", "0000088888"),
        (200, b"<!DOCTYPE html><html></html>", "not_the_promised_content", ""),
        (404, b"", "http_status", "HTTP 404"),
    ],
)  # fmt: skip
def test_what_could_not_be_had_is_said_and_the_other_tables_are_acquired(
    api: Api, home: Home, status: int, document: Any, rule: str, found: str
) -> None:
    other = "0000077777"

    def give(function: str, parameters: dict[str, str]) -> tuple[int, Any]:
        if parameters["statsDataId"] == other:
            return 200, answer(VALUES, NAMES, table=other)
        return status, document

    api.give = give
    snapshots, (defect,) = get(api, home, described(TABLE, other))
    assert [snapshot.table for snapshot in snapshots] == ["table_2"]
    assert (defect.rule, defect.table, defect.severity) == (rule, "table_1", "error")
    assert found in str(defect.found)
    assert defect.expected_ja
    assert defect.expected_en


def test_a_table_updated_while_it_is_fetched_is_not_archived(api: Api, home: Home) -> None:
    def give(function: str, parameters: dict[str, str]) -> tuple[int, Any]:
        start = int(parameters["startPosition"])
        part = VALUES[start - 1 : start + 3]
        return 200, answer(part, NAMES, whole=VALUES, start=start, UPDATED_DATE=f"2025-07-{start:02}")

    api.give = give
    snapshots, (defect,) = get(api, home)
    assert snapshots == []
    assert defect.rule == "estat_answer_shape"
    assert list(home.archive.iterdir()) == []


def test_a_host_that_cannot_be_reached_is_named_once(api: Api, home: Home) -> None:
    api.url = "http://127.0.0.1:1/rest"
    snapshots, defects = get(api, home, described(TABLE, "0000088888"))
    assert snapshots == []
    assert [(defect.rule, defect.table) for defect in defects] == [("unreachable", "table_1")]
