"""Landing: unchanged inputs touch nothing, a refused file loses nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import load_catalog
from pipelines.land.catalog_tables import all_defects, land_catalog, observation_folder
from pipelines.land.parquet import FINGERPRINT_KEY, fingerprint, fingerprint_of, write_parquet
from pipelines.land.source import CATALOG, LandedTable, SourceLanding, table_path
from pipelines.quarantine import read_defects
from pipelines.settings import SOURCES_DIR, Home

CITED = "mieruka__cited_figures"
OTHER = "cao__reform_roadmap_2017"
DOCUMENTS = "document_id,title_ja,publisher_ja,url,published_on,published_on_basis,original_publisher_ja,is_secondary,note_ja\ndoc,文書,総務省,https://example.jp,2018-05-01,printed,,false,\n"
SERIES = "series_id,item_id,definition_ja,valid_from,valid_to,break_reason_ja,succeeds_series_id,status_note_ja\ns,cloud_municipalities,定義,,,,,\n"
FIGURE_HEADER = "item_id,series_id,area_code,body_scope,statistic,as_of,date_basis,period_start,value,numerator,denominator,unit,value_status,observation_status,label_is_inferred,conflict_group,enters_verdict,exclusion_reason,document_id,page,note_ja\n"


def figure(year: int, value: str) -> str:
    return f"cloud_municipalities,s,000000,municipalities,count,{year}年4月1日,printed,,{value},,,団体,reported,final,false,,true,,doc,,\n"


@dataclass
class Folder:
    """A copy of two sources with figures in miniature, and a home."""

    root: Path
    home: Home

    def path(self, file: str) -> Path:
        return self.root / CITED / file

    def land(self, *, full: bool = False) -> dict[str, LandedTable]:
        catalog = load_catalog(self.root)
        snapshots, _ = acquire(catalog.sources[CITED], self.home)
        landed = SourceLanding(catalog.sources[CITED], catalog, self.home).land(snapshots, full=full)
        return {table.name: table for table in landed}


@pytest.fixture
def folder(tmp_path: Path, home: Home) -> Folder:
    root = tmp_path / "sources"
    for source_id in (CITED, OTHER):
        shutil.copytree(SOURCES_DIR / source_id, root / source_id)
    folder = Folder(root, home)
    folder.path("documents.csv").write_text(DOCUMENTS, encoding="utf-8")
    folder.path("series.csv").write_text(SERIES, encoding="utf-8")
    folder.path("figures.csv").write_text(
        FIGURE_HEADER + figure(2016, "907") + figure(2017, "1013"), encoding="utf-8"
    )
    return folder


def state(landed: dict[str, LandedTable]) -> dict[str, tuple[int, bytes]]:
    return {name: (table.path.stat().st_mtime_ns, table.path.read_bytes()) for name, table in landed.items()}


def values(table: LandedTable) -> list[int]:
    return [int(value) for value in pl.read_parquet(table.path)["value"]]


def test_reference_tables_land_before_figures(folder: Folder) -> None:
    landed = folder.land()
    assert list(landed) == ["documents", "series", "figures"]
    assert {name: (table.rows, table.changed) for name, table in landed.items()} == {
        "documents": (1, True), "series": (1, True), "figures": (2, True),
    }  # fmt: skip
    assert values(landed["figures"]) == [907, 1013]


def test_unchanged_inputs_leave_the_parquet_untouched(folder: Folder) -> None:
    first = folder.land()
    before = state(first)
    second = folder.land()
    assert state(second) == before
    assert [table.changed for table in second.values()] == [False] * 3
    assert {name: table.rows for name, table in second.items()} == {
        name: table.rows for name, table in first.items()
    }


def test_full_landing_writes_the_same_rows_again(folder: Folder) -> None:
    first = folder.land()
    rows = pl.read_parquet(first["figures"].path)
    second = folder.land(full=True)
    assert all(table.changed for table in second.values())
    assert pl.read_parquet(second["figures"].path).equals(rows)


def test_changed_file_lands_alone(folder: Folder) -> None:
    before = state(folder.land())
    folder.path("figures.csv").write_text(FIGURE_HEADER + figure(2017, "1014"), encoding="utf-8")
    landed = folder.land()
    assert {name for name, table in landed.items() if table.changed} == {"figures"}
    assert {name: value for name, value in state(landed).items() if name != "figures"} == {
        name: value for name, value in before.items() if name != "figures"
    }
    assert values(landed["figures"]) == [1014]


def test_change_of_a_table_referred_to_lands_the_one_that_refers(folder: Folder) -> None:
    folder.land()
    folder.path("documents.csv").write_text(DOCUMENTS.replace("文書", "別の題"), encoding="utf-8")
    landed = folder.land()
    assert {name for name, table in landed.items() if table.changed} == {"documents", "figures"}
    assert pl.read_parquet(landed["figures"].path)["citation_title_ja"].unique().to_list() == ["別の題"]


def test_changed_unit_of_an_item_lands_its_figures_anew(folder: Folder) -> None:
    """Items may belong to another source, so that this source's own description does not tell."""
    description = yaml.safe_load(folder.path("source.yml").read_text(encoding="utf-8"))
    item = description["items"].pop("cloud_municipalities")
    folder.path("source.yml").write_text(yaml.safe_dump(description, allow_unicode=True), encoding="utf-8")
    other = folder.root / OTHER / "source.yml"
    content = yaml.safe_load(other.read_text(encoding="utf-8"))
    for unit in ("団体", "%"):
        content["items"]["cloud_municipalities"] = item | {"unit": unit}
        other.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        landed = folder.land()
    assert [defect.rule for defect in landed["figures"].defects] == ["wrong_unit", "wrong_unit"]


@pytest.mark.parametrize(
    "broken",
    [b"", b"<html>not found</html>", FIGURE_HEADER.replace("value,", "worth,", 1).encode(), b'"', b"\x00"],
)
def test_refused_file_keeps_the_last_good_parquet(folder: Folder, broken: bytes) -> None:
    before = state(folder.land())
    folder.path("figures.csv").write_bytes(broken)
    landed = folder.land()
    assert landed["figures"].defects
    assert all(defect.row in (None, 1) for defect in landed["figures"].defects)
    assert (landed["figures"].rows, landed["figures"].changed) == (2, False)
    assert state(landed) == before
    assert folder.land()["figures"].defects == landed["figures"].defects


def test_repaired_file_lands_and_its_defects_go(folder: Folder) -> None:
    folder.path("figures.csv").write_bytes(b"<html>")
    assert folder.land()["figures"].defects
    folder.path("figures.csv").write_text(FIGURE_HEADER + figure(2017, "1013"), encoding="utf-8")
    landed = folder.land()
    assert (values(landed["figures"]), landed["figures"].defects) == ([1013], [])
    assert read_defects(folder.home, CITED, "figures") == []


@pytest.mark.parametrize("source_id", [CITED, OTHER])
def test_file_refused_from_the_start_lands_empty_in_its_usual_shape(
    folder: Folder, tmp_path: Path, source_id: str
) -> None:
    good, bad = Home(tmp_path / "good"), Home(tmp_path / "bad")
    for home in (good, bad):
        home.create()
        catalog = load_catalog(folder.root)
        source = catalog.sources[source_id]
        SourceLanding(source, catalog, home).land(acquire(source, home)[0])
        for table in source.description.tables.values():
            (source.folder / table.file).write_bytes(b"<html>")
    for name in catalog.sources[source_id].description.tables:
        frame = pl.read_parquet(table_path(bad, source_id, name))
        assert frame.is_empty()
        assert frame.schema == pl.read_parquet(table_path(good, source_id, name)).schema


def test_defects_of_an_unchanged_table_are_still_told(folder: Folder) -> None:
    folder.path("figures.csv").write_text(
        FIGURE_HEADER + figure(2016, "x") + figure(2017, "1013"), encoding="utf-8"
    )
    first, second = folder.land(), folder.land()
    assert not second["figures"].changed
    assert (
        second["figures"].defects == first["figures"].defects == read_defects(folder.home, CITED, "figures")
    )
    assert [(defect.rule, defect.row) for defect in second["figures"].defects] == [("not_decimal", 2)]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (figure(2016, "x"), "not_decimal"),
        (figure(2016, "907").replace("団体", "円"), "wrong_unit"),
        (figure(2031, "1"), "measured_in_the_future"),
    ],
)
def test_texts_of_a_refused_row_are_quarantined_whichever_rule_refused_it(
    folder: Folder, wrong: str, rule: str
) -> None:
    folder.path("figures.csv").write_text(FIGURE_HEADER + figure(2017, "1013") + wrong, encoding="utf-8")
    assert rule in {defect.rule for defect in folder.land()["figures"].defects}
    kept = json.loads((folder.home.quarantine / CITED / "figures.json").read_text(encoding="utf-8"))
    assert kept["rows"] == {"3": wrong.strip().split(",")}


def test_common_tables_are_left_untouched_when_nothing_changed(folder: Folder) -> None:
    catalog = load_catalog(folder.root)
    folder.land()
    assert all(land_catalog(folder.home, catalog).values())
    paths = [table_path(folder.home, CATALOG, name) for name in ("item", "source", "defect")]
    paths += observation_folder(folder.home).glob("*.parquet")
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in paths]
    folder.land()
    changed = {name for name, is_new in land_catalog(folder.home, catalog).items() if is_new}
    # When each table was last looked for is known anew.
    assert changed <= {"source_status"}
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in paths] == before


def test_common_table_of_defects_holds_what_was_found(folder: Folder) -> None:
    folder.path("figures.csv").write_text(FIGURE_HEADER + figure(2016, "x"), encoding="utf-8")
    folder.land()
    catalog = load_catalog(folder.root)
    land_catalog(folder.home, catalog)
    row = pl.read_parquet(table_path(folder.home, CATALOG, "defect")).row(0, named=True)
    [defect] = all_defects(folder.home, catalog)
    assert (row["defect_id"], row["row_no"], row["found"]) == (defect.defect_id, 2, "x")


def test_fingerprint_is_kept_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    assert fingerprint_of(path) is None
    write_parquet(pl.DataFrame({"a": [1]}), path, "abc")
    assert fingerprint_of(path) == pl.read_parquet_metadata(path)[FINGERPRINT_KEY] == "abc"


def test_fingerprint_depends_on_every_part_and_its_place() -> None:
    assert fingerprint("a", "b") == fingerprint("a", "b")
    assert (
        len({fingerprint("a", "b"), fingerprint("b", "a"), fingerprint("ab"), fingerprint(["a", "b"])}) == 4
    )


def archived_figures(folder: Folder) -> Path:
    snapshots, _ = acquire(load_catalog(folder.root).sources[CITED], folder.home)
    sha256 = next(entry.snapshot_sha256 for entry in snapshots if entry.table == "figures")
    return folder.home.archive / sha256[:2] / sha256


def test_damaged_archive_bytes_are_never_read(folder: Folder) -> None:
    before = folder.land()["figures"].rows
    archived = archived_figures(folder)
    archived.write_bytes(archived.read_bytes().replace(b"1013", b"9999"))
    folder.path("figures.csv").unlink()
    _, defects = acquire(load_catalog(folder.root).sources[CITED], folder.home)
    assert {defect.rule for defect in defects} == {"archive_damaged", "file_missing"}
    landed = folder.land(full=True)["figures"]
    assert [defect.rule for defect in landed.defects] == ["archive_damaged"]
    assert landed.rows == before
    assert 9999 not in pl.read_parquet(landed.path)["value"].to_list()


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data.replace(b"1013", b"9999"), None]
)
def test_damaged_archive_bytes_are_replaced_by_the_file_when_it_is_at_hand(
    folder: Folder, damage: Callable[[bytes], bytes] | None
) -> None:
    folder.land()
    archived = archived_figures(folder)
    before = archived.read_bytes()
    if damage:
        archived.write_bytes(damage(before))
    else:
        archived.unlink()
    assert folder.land(full=True)["figures"].defects == []
    assert archived.read_bytes() == before
