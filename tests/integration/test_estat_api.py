"""The e-Stat API: its shapes as they vary, its pages over real HTTP, and its refusals."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.acquire.estat_api import (
    APP_ID,
    EstatAppIdError,
    EstatClient,
    EstatError,
    EstatShapeError,
    fingerprint,
    join_pages,
    parse_meta_info,
    parse_stats_data,
    read_document,
    read_pages,
)
from pipelines.acquire.web import AcquisitionError, Limits, WebFetcher
from pipelines.settings import Home
from tests.estat import Api, Give

Document = dict[str, Any]
TABLE = "0000099999"
SECRET = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - made up
MIRROR = Path(os.environ.get("MIERUKA_MIRROR", "/nonexistent")) / "7_estat_api"
recorded = pytest.mark.skipif(
    not MIRROR.is_dir(), reason="MIERUKA_MIRROR names no folder with recorded answers of the e-Stat API"
)

AREAS = [
    {"@code": "01100", "@name": "北海道 札幌市", "@level": "2", "@parentCode": "01000"},
    {"@code": "47382", "@name": "沖縄県 与那国町", "@level": "2", "@parentCode": "47000"},
]
TIMES = [
    {"@code": "2020000000", "@name": "2020年", "@level": "1"},
    {"@code": "2021100000", "@name": "2021年度", "@level": "1"},
]
NOTES = [{"@char": "***", "$": "調査していないもの"}, {"@char": "-", "$": "データが得られないもの"}]


def value(area: str, time: str, text: Any, **more: str) -> dict[str, Any]:
    return {"@tab": "00001", "@cat01": "A1", "@area": area, "@time": time, "@unit": "人", "$": text} | {
        f"@{name}": given for name, given in more.items()
    }


VALUES = [
    value("01100", "2020000000", "1973395"),
    value("01100", "2021100000", "-"),
    value("47382", "2020000000", "***", annotation="J1"),
    value("47382", "2021100000", "0.50"),
]


def result(status: int, said: str = "正常に終了しました。") -> dict[str, Any]:
    return {"STATUS": status, "ERROR_MSG": said, "DATE": "2026-01-15T09:00:00.000+09:00"}


def table_parts() -> dict[str, Any]:
    return {
        "TABLE_INF": {
            "@id": TABLE,
            "TITLE": {"@no": "1", "$": "人口"},
            "STATISTICS_NAME": "作り物の統計",
            "SURVEY_DATE": 0,
            "OPEN_DATE": "2025-06-20",
            "UPDATED_DATE": "2025-06-20",
        },
        "CLASS_INF": {
            "CLASS_OBJ": [
                {"@id": "tab", "@name": "観測値", "CLASS": {"@code": "00001", "@name": "値", "@level": ""}},
                {
                    "@id": "cat01",
                    "@name": "項目",
                    "EXPLANATION": {"@id": "A1", "$": "住民基本台帳による。"},
                    "CLASS": {"@code": "A1", "@name": "A1_総人口", "@level": "1", "@unit": "人"},
                },
                {"@id": "area", "@name": "地域", "CLASS": AREAS},
                {"@id": "time", "@name": "時間軸", "CLASS": TIMES},
            ]
        },
    }


def stats_data(values: Any, *, total: int | None = None, start: int = 1, **changes: Any) -> Document:
    """Return a made-up answer of getStatsData; `changes` replace parts of it by name."""
    count = len(values) if isinstance(values, list) else 1
    total = count if total is None else total
    counted: dict[str, Any] = {"TOTAL_NUMBER": total, "FROM_NUMBER": start, "TO_NUMBER": start + count - 1}
    if start + count <= total:
        counted["NEXT_KEY"] = start + count
    parts = {"RESULT_INF": counted, **table_parts()}
    parts["DATA_INF"] = {"NOTE": NOTES, "ANNOTATION": {"@annotation": "J1", "$": "推計"}, "VALUE": values}
    for name, given in changes.items():
        parts[name] = {**parts[name], **given}
    return {
        "GET_STATS_DATA": {
            "RESULT": result(0),
            "PARAMETER": {"LANG": "J", "STATS_DATA_ID": TABLE},
            "STATISTICAL_DATA": parts,
        }
    }


def meta_info() -> Document:
    return {"GET_META_INFO": {"RESULT": result(0), "METADATA_INF": table_parts()}}


def refusal(status: int, said: str) -> Document:
    return {"GET_STATS_DATA": {"RESULT": result(status, said), "PARAMETER": {"STATS_DATA_ID": TABLE}}}


def changed(document: Document, dimension: str, **attributes: str) -> Document:
    """Return the answer with every value of a dimension, and its list, in other words."""
    data = json.loads(json.dumps(document))
    parts = data["GET_STATS_DATA"]["STATISTICAL_DATA"]
    one = next(given for given in parts["CLASS_INF"]["CLASS_OBJ"] if given["@id"] == dimension)
    one["CLASS"] = {f"@{name}": given for name, given in attributes.items()}
    for given in parts["DATA_INF"]["VALUE"]:
        given[f"@{dimension}"] = attributes["code"]
    return dict(data)


def read(document: Document) -> Any:
    """Parse an answer after a journey through its bytes."""
    return parse_stats_data(read_document(json.dumps(document, ensure_ascii=False).encode()))


def test_every_figure_comes_with_its_names_text_and_unit() -> None:
    table = read(stats_data(VALUES))
    assert table.records.row(1, named=True) == {
        "tab_code": "00001",
        "tab_name": "値",
        "cat01_code": "A1",
        "cat01_name": "A1_総人口",
        "area_code": "01100",
        "area_name": "北海道 札幌市",
        "time_code": "2021100000",
        "time_name": "2021年度",
        "time_year": 2021,
        "time_kind": "fiscal_year",
        "raw_text": "-",
        "unit": "人",
        "annotation": None,
    }
    assert table.records["raw_text"].to_list() == ["1973395", "-", "***", "0.50"]
    assert table.records["annotation"].to_list() == [None, None, "J1", None]
    assert table.records["time_kind"].to_list() == ["calendar_year", "fiscal_year"] * 2
    assert table.legend == {"***": "調査していないもの", "-": "データが得られないもの"}
    assert table.annotations == {"J1": "推計"}
    assert (table.info.stats_data_id, table.info.title, table.info.survey_date) == (TABLE, "人口", "0")
    assert table.info.updated_date == "2025-06-20"
    assert table.class_objects["cat01"].explanations == {"A1": "住民基本台帳による。"}
    assert table.class_objects["cat01"].classes["A1"].unit == "人"
    assert table.class_objects["area"].classes["01100"].parent_code == "01000"
    assert (table.total_number, table.next_key, table.warnings) == (4, None, ())


def test_one_object_stands_where_a_list_may() -> None:
    table = read(stats_data(VALUES[0], DATA_INF={"NOTE": NOTES[0], "ANNOTATION": ""}))
    assert table.records.height == 1
    assert table.legend == {"***": "調査していないもの"}
    assert table.annotations == {}


def test_a_title_may_be_text_alone() -> None:
    assert read(stats_data(VALUES, TABLE_INF={"TITLE": "人口"})).info.title == "人口"


@pytest.mark.parametrize("text", ["0.50", "1e3", "123456789012345678901234567890", "-0"])
def test_numbers_keep_the_text_they_were_written_in(text: str) -> None:
    written = json.dumps(stats_data([value("01100", "2020000000", "@@")])).replace('"@@"', text)
    assert parse_stats_data(read_document(written.encode())).records["raw_text"].to_list() == [text]


def test_a_table_without_time_or_unit() -> None:
    document = stats_data(VALUES[:1])
    parts = document["GET_STATS_DATA"]["STATISTICAL_DATA"]
    parts["CLASS_INF"]["CLASS_OBJ"].pop()
    parts["DATA_INF"]["VALUE"] = [
        {name: given for name, given in VALUES[0].items() if name not in ("@time", "@unit")}
    ]
    records = read(document).records
    assert "time_year" not in records.columns
    assert records["unit"].to_list() == [None]


@pytest.mark.parametrize("code", ["2020000606", "2020001212", "2020110000", "20200000", ""])
def test_other_times_are_refused(code: str) -> None:
    document = changed(stats_data(VALUES[:1]), "time", code=code, name="2020年6月")
    with pytest.raises(EstatShapeError, match="neither a calendar year"):
        read(document)


@pytest.mark.parametrize("code", ["13A01", "131", "131016", "１３１０１"])
def test_other_area_codes_are_refused(code: str) -> None:
    with pytest.raises(EstatShapeError, match="not an area code of five digits"):
        read(changed(stats_data(VALUES[:1]), "area", code=code, name="東京都区部"))


def test_a_code_that_is_not_in_the_list_is_refused() -> None:
    with pytest.raises(EstatShapeError, match=r"area .*'99999': a code that is not in the list"):
        read(stats_data([value("99999", "2020000000", "1")]))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"GET_STATS_DATA": []},
        {"GET_STATS_DATA": {"RESULT": {}}},
        {"GET_STATS_DATA": {"RESULT": result(0)}},
        stats_data(VALUES, RESULT_INF={"TO_NUMBER": 5}),
        stats_data(VALUES, DATA_INF={"VALUE": ""}),
        stats_data(VALUES, DATA_INF={"VALUE": ["text"]}),
        meta_info(),
    ],
)
def test_another_shape_is_refused(document: Document) -> None:
    with pytest.raises(EstatShapeError):
        read(document)


def test_an_answer_that_is_no_object() -> None:
    with pytest.raises(EstatShapeError):
        read_document(b"[]")


def test_no_data_is_an_empty_table_with_a_warning() -> None:
    table = read(refusal(1, "正常に終了しましたが、該当データはありませんでした。"))
    assert table.records.is_empty()
    assert table.warnings == ("正常に終了しましたが、該当データはありませんでした。",)
    assert (table.info.stats_data_id, table.total_number) == (TABLE, 0)
    assert join_pages([table]).records.is_empty()


@pytest.mark.parametrize(
    ("status", "advice"),
    [(2, "run again later"), (100, APP_ID), (101, "conditions"), (300, "replaced"), (999, "run again later")],
)
def test_a_refusal_says_what_the_api_said_and_what_to_do(status: int, advice: str) -> None:
    with pytest.raises(EstatError, match=f"STATUS {status}: だめです") as caught:
        read(refusal(status, "だめです"))
    assert caught.value.status == status
    assert advice in caught.value.expected_en
    assert str(caught.value).endswith(f"{caught.value.expected_ja} / {caught.value.expected_en}")


def pages(*parts: list[dict[str, Any]]) -> list[Document]:
    total, start, documents = sum(map(len, parts)), 1, []
    for part in parts:
        documents.append(stats_data(part, total=total, start=start))
        start += len(part)
    return documents


def test_pages_join_to_the_table() -> None:
    joined = join_pages([read(page) for page in pages(VALUES[:2], VALUES[2:])])
    assert joined.records.equals(read(stats_data(VALUES)).records)
    assert (joined.total_number, joined.next_key) == (4, None)


def test_pages_that_do_not_belong_together_are_refused() -> None:
    first, second = pages(VALUES[:2], VALUES[2:])
    second["GET_STATS_DATA"]["STATISTICAL_DATA"]["TABLE_INF"]["UPDATED_DATE"] = "2025-07-01"
    with pytest.raises(EstatShapeError, match="updated while it was fetched"):
        join_pages([read(first), read(second)])


def test_missing_and_repeated_values_are_refused() -> None:
    with pytest.raises(EstatShapeError, match="4 values promised, 2 received"):
        join_pages([read(pages(VALUES[:2], VALUES[2:])[0])])
    with pytest.raises(EstatShapeError, match="a value comes twice"):
        join_pages([read(page) for page in pages(VALUES[:2], VALUES[1:3])])


def test_a_fingerprint_leaves_out_when_the_answer_was_given() -> None:
    first, later, other = stats_data(VALUES), stats_data(VALUES), stats_data(VALUES[:3])
    later["GET_STATS_DATA"]["RESULT"]["DATE"] = "2026-02-01T00:00:00.000+09:00"
    prints = [fingerprint(json.dumps(document).encode()) for document in (first, later, other)]
    assert prints[0] == prints[1] != prints[2]


def test_meta_info() -> None:
    info = parse_meta_info(meta_info())
    assert info.info.title == "人口"
    assert list(info.class_objects) == ["tab", "cat01", "area", "time"]
    with pytest.raises(EstatError):
        parse_meta_info({"GET_META_INFO": {"RESULT": result(1, "該当データはありません")}})


@pytest.fixture
def api() -> Iterator[Api]:
    running = Api()
    yield running
    running.stop()


@pytest.fixture
def client(api: Api, home: Home, monkeypatch: pytest.MonkeyPatch) -> EstatClient:
    monkeypatch.setenv(APP_ID, SECRET)
    fetcher = WebFetcher(
        home,
        Limits(attempts=2, host_interval_seconds=0.0),
        allow_private=True,
        sleep=lambda seconds: None,
        proxies={},
    )
    return EstatClient(fetcher, base_url=api.url, page_size=2)


def paged(values: list[dict[str, Any]]) -> Give:
    def give(function: str, parameters: dict[str, str]) -> tuple[int, Any]:
        start, limit = int(parameters["startPosition"]), int(parameters["limit"])
        return 200, stats_data(values[start - 1 : start - 1 + limit], total=len(values), start=start)

    return give


def temporary_files(home: Home) -> list[Path]:
    return list((home.state / "downloads").glob("*"))


def test_all_pages_are_fetched_and_kept_as_received(api: Api, client: EstatClient) -> None:
    api.give = paged(VALUES[:3])
    got = client.stats_data(TABLE, {"cdArea": "01100,47382", "lvTime": "1"})
    assert got.table.records.height == 3
    assert [parameters["startPosition"] for _, parameters in api.asked] == ["1", "3"]
    function, sent = api.asked[0]
    assert function == "getStatsData"
    assert (sent["appId"], sent["statsDataId"], sent["cdArea"]) == (SECRET, TABLE, "01100,47382")
    assert (sent["metaGetFlg"], sent["annotationGetFlg"], sent["lang"]) == ("Y", "Y", "J")
    assert read_pages(list(got.paths)).records.equals(got.table.records)
    assert [json.loads(path.read_bytes()) for path in got.paths] == pages(VALUES[:2], VALUES[2:3])


def test_the_application_id_is_in_nothing_that_is_kept(api: Api, client: EstatClient, home: Home) -> None:
    api.give = paged(VALUES)
    got = client.stats_data(TABLE)
    for page in got.pages:
        assert SECRET not in repr(page)
        assert "appId=***" in page.url
    assert not (home.state / "web.json").exists()


def test_a_missing_application_id(api: Api, client: EstatClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in (None, " "):
        monkeypatch.delenv(APP_ID) if given is None else monkeypatch.setenv(APP_ID, given)
        with pytest.raises(EstatAppIdError, match=APP_ID):
            client.stats_data(TABLE)
    assert api.asked == []


@pytest.mark.parametrize("status", [200, 403])
def test_a_wrong_application_id_with_and_without_a_gateway(
    status: int, api: Api, client: EstatClient, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.give = lambda function, parameters: (status, refusal(100, f"認証に失敗しました。{SECRET}"))
    with pytest.raises(EstatError, match="認証に失敗しました") as caught:
        client.stats_data(TABLE)
    assert caught.value.status == 100
    assert SECRET not in str(caught.value) + repr(caught.value) + caplog.text
    assert temporary_files(home) == []


@pytest.mark.parametrize(
    ("status", "body", "rule"),
    [
        (403, b"<html>denied</html>", "http_status"),
        (404, b'{"a": 1}', "http_status"),
        (500, b"[]", "http_status"),
        (200, b"<html><title>x</title></html>", "not_the_promised_content"),
        (200, json.dumps(stats_data(VALUES)).encode()[:-9], "not_the_promised_content"),
    ],
)
def test_an_answer_that_is_not_the_apis(
    status: int, body: bytes, rule: str, api: Api, client: EstatClient, home: Home
) -> None:
    api.give = lambda function, parameters: (status, body)
    with pytest.raises(AcquisitionError) as caught:
        client.stats_data(TABLE)
    assert caught.value.rule == rule
    assert SECRET not in str(caught.value)
    assert temporary_files(home) == []


def test_pages_without_end_are_refused(api: Api, client: EstatClient, home: Home) -> None:
    api.give = lambda function, parameters: (200, stats_data(VALUES[:2], total=4))
    with pytest.raises(EstatShapeError, match="do not end"):
        client.stats_data(TABLE)
    assert len(api.asked) == 2
    assert temporary_files(home) == []


def test_the_answer_of_another_table_is_refused(api: Api, client: EstatClient) -> None:
    api.give = paged(VALUES)
    with pytest.raises(EstatShapeError, match=f"the answer is of {TABLE}"):
        client.stats_data("0000011111")


def test_no_data_over_http(api: Api, client: EstatClient) -> None:
    api.give = lambda function, parameters: (200, refusal(1, "該当データはありませんでした。"))
    got = client.stats_data(TABLE, {"cdTime": "1900000000"})
    assert got.table.records.is_empty()
    assert got.table.warnings == ("該当データはありませんでした。",)
    assert len(got.pages) == 1


@pytest.mark.parametrize("name", ["appId", "limit", "startPosition", "cdCat16", "cdArea&x"])
def test_only_the_apis_conditions_are_passed_on(name: str, api: Api, client: EstatClient) -> None:
    with pytest.raises(EstatShapeError, match="not a condition"):
        client.stats_data(TABLE, {name: "1"})
    assert api.asked == []


@pytest.mark.parametrize("stats_data_id", ["", "1", "0000099999&limit=1"])
def test_an_id_that_is_none(stats_data_id: str, api: Api, client: EstatClient) -> None:
    with pytest.raises(EstatShapeError, match="ten digits"):
        client.stats_data(stats_data_id)
    assert api.asked == []


def test_meta_info_over_http(api: Api, client: EstatClient, home: Home) -> None:
    api.give = lambda function, parameters: (200, meta_info())
    page, info = client.meta_info(TABLE)
    assert info.info.updated_date == "2025-06-20"
    assert api.asked[0][0] == "getMetaInfo"
    page.path.unlink()
    api.give = lambda function, parameters: (200, stats_data(VALUES))
    with pytest.raises(EstatShapeError):
        client.meta_info(TABLE)
    assert temporary_files(home) == []


RECORDED_DATA = {
    "statsData_0003433219.json": (5895, 5895, None, {"calendar_year"}, 3),
    "SampleResponse1752633595900.json": (10, 403_227, 11, {"fiscal_year"}, 0),
    "stats47/stats-data/0000010101_A1101.json": (2400, 2400, None, {"fiscal_year"}, 0),
    "stats47/stats-data/0000020201_A1101.json": (17_188, 17_188, None, {"fiscal_year"}, 279),
}


@recorded
@pytest.mark.parametrize("name", RECORDED_DATA)
def test_recorded_figures(name: str) -> None:
    height, total, following, kinds, marked = RECORDED_DATA[name]
    table = parse_stats_data(read_document(MIRROR / name))
    assert (table.records.height, table.total_number, table.next_key) == (height, total, following)
    assert set(table.records["time_kind"]) == kinds
    assert set(table.records.columns) == set(read(stats_data(VALUES)).records.columns)
    is_marker = pl.col("raw_text").is_in(list(table.legend))
    assert table.records.filter(is_marker).height == marked
    assert table.records.filter(~is_marker)["raw_text"].cast(pl.Float64).is_not_null().all()
    assert table.records["unit"].is_not_null().all()
    if following is None:
        assert join_pages([table]).records.height == total
    else:
        with pytest.raises(EstatShapeError, match="values promised"):
            join_pages([table])


@recorded
def test_recorded_figures_over_http(api: Api, client: EstatClient) -> None:
    given = (MIRROR / "statsData_0003433219.json").read_bytes()
    api.give = lambda function, parameters: (200, given)
    got = client.stats_data("0003433219")
    assert [path.read_bytes() for path in got.paths] == [given]
    sapporo = got.table.records.filter(area_code="01100", cat01_code="0")
    assert sapporo["area_name"].to_list() == ["札幌市"]


@recorded
@pytest.mark.parametrize("name", ["0000010101", "0000010104", "0000020201", "0000020204", "0003448100"])
def test_recorded_descriptions(name: str) -> None:
    info = parse_meta_info(read_document(MIRROR / "stats47" / "meta-info" / f"{name}.json"))
    assert info.info.stats_data_id == name
    assert info.info.title
    assert all(one.classes for one in info.class_objects.values())
