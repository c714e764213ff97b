"""Descriptions of sources: what they may not say."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipelines.catalog.errors import SourceDescriptionError
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.catalog.vocabulary import load_vocabulary

LABEL = {"ja": "名", "en": "name"}
GOOD: dict[str, Any] = {
    "source_id": "one",
    "publisher": LABEL,
    "title": LABEL,
    "licence": "pdl_1",
    "landing_url": "https://example.jp",
    "cadence": "yearly",
    "items": {"cost": {"name": LABEL, "unit": "円", "decimals": 0, "additive": True}},
    "tables": {
        "wide": {
            "file": "wide.csv",
            "role": "wide_figures",
            "title": LABEL,
            "grain": ["area_code"],
            "anchor": "area_code",
            "columns": {
                "area_code": {"type": "area_code"},
                "cost": {
                    "type": "decimal",
                    "unit": "円",
                    "measures": {"item_id": "cost", "series_id": "cost__a", "statistic": "amount"},
                },
            },
            "figures": {
                "body_scope": "each_body",
                "as_of": "fiscal_year_end",
                "date_basis": "printed",
                "observation_status": "final",
                "citation": {
                    "document_id": "d",
                    "title_ja": "t",
                    "publisher_ja": "p",
                    "url": "https://example.jp",
                },
            },
        }
    },
}
COLUMNS = ("tables", "wide", "columns")


def described(folder: Path, *contents: dict[str, Any]) -> Path:
    for content in contents:
        path = folder / str(content["source_id"]) / "source.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return GOOD with one key set, or removed when the value is ...."""
    content = copy.deepcopy(GOOD)
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return content


def test_good_description_is_read(tmp_path: Path) -> None:
    catalog = load_catalog(described(tmp_path, GOOD))
    assert list(catalog.sources) == ["one"]
    assert catalog.unit_of("cost") == "円"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("colour",), "red"),
        (("publisher", "fr"), "nom"),
        (("items", "cost", "scale"), 1),
        (("tables", "wide", "encoding"), "utf-8"),
        ((*COLUMNS, "area_code", "format"), "x"),
        (("tables", "wide", "figures", "citation", "author"), "x"),
    ],
)
def test_unknown_key_is_refused_with_file_and_key(tmp_path: Path, path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(SourceDescriptionError) as error:
        load_catalog(described(tmp_path, changed(path, value)))
    assert "one/source.yml" in str(error.value)
    assert path[-1] in str(error.value)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (("licence",), "whatever_1"),
        (("cadence",), "hourly"),
        (("items", "cost", "unit"), "ドル"),
        ((*COLUMNS, "cost", "unit"), "ドル"),
        ((*COLUMNS, "area_code", "words"), "colours"),
        ((*COLUMNS, "area_code", "type"), "postcode"),
        (("tables", "wide", "role"), "decoration"),
        (("tables", "wide", "grain"), ["colour"]),
        (("tables", "wide", "figures", "as_of"), "someday"),
    ],
)
def test_unknown_word_is_refused(tmp_path: Path, path: tuple[str, ...], word: Any) -> None:
    with pytest.raises(SourceDescriptionError, match=str(word).strip("[]'")):
        load_catalog(described(tmp_path, changed(path, word)))


@pytest.mark.parametrize(
    "path",
    [
        ("publisher",),
        ("title", "en"),
        ("licence",),
        ("tables", "wide", "anchor"),
        ("tables", "wide", "figures"),
        (*COLUMNS, "cost", "unit"),
        (*COLUMNS, "cost", "type"),
        ("items", "cost", "additive"),
    ],
)
def test_missing_key_is_refused(tmp_path: Path, path: tuple[str, ...]) -> None:
    with pytest.raises(SourceDescriptionError):
        load_catalog(described(tmp_path, changed(path, ...)))


@pytest.mark.parametrize(("path", "value"), [(("tables",), {}), (("tables", "wide", "grain"), [])])
def test_source_without_tables_or_key_is_refused(tmp_path: Path, path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(SourceDescriptionError):
        load_catalog(described(tmp_path, changed(path, value)))


def test_item_defined_by_two_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceDescriptionError, match="cost"):
        load_catalog(described(tmp_path, GOOD, GOOD | {"source_id": "two"}))


def test_item_that_is_measured_must_be_defined(tmp_path: Path) -> None:
    with pytest.raises(SourceDescriptionError, match=r"wide\.cost measures the unknown item cost"):
        load_catalog(described(tmp_path, changed(("items",), {})))


def test_item_may_be_defined_by_another_source(tmp_path: Path) -> None:
    two = changed(("items",), {}) | {"source_id": "two"}
    assert set(load_catalog(described(tmp_path, GOOD, two)).sources) == {"one", "two"}


def test_folder_must_bear_the_name_of_its_source(tmp_path: Path) -> None:
    described(tmp_path, GOOD)
    (tmp_path / "one").rename(tmp_path / "renamed")
    with pytest.raises(SourceDescriptionError, match="renamed"):
        load_catalog(tmp_path)


def test_broken_yaml_is_named(tmp_path: Path) -> None:
    described(tmp_path, GOOD)
    (tmp_path / "one" / "source.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(SourceDescriptionError, match=r"one/source\.yml"):
        load_catalog(tmp_path)


def test_folders_beginning_with_an_underscore_are_not_sources(tmp_path: Path) -> None:
    described(tmp_path, GOOD, changed(("items",), {}) | {"source_id": "_draft"})
    assert list(load_catalog(tmp_path).sources) == ["one"]


def test_every_item_of_the_project_has_a_unit_of_the_vocabulary(catalog: Catalog) -> None:
    units = load_vocabulary().units
    assert [item_id for item_id, item in catalog.items.items() if item.unit not in units] == []
    assert len(catalog.items) > 50


def test_factors_of_units_are_positive_and_each_dimension_has_its_base() -> None:
    units = load_vocabulary().units.values()
    assert all(unit.factor > 0 for unit in units)
    assert {unit.dimension for unit in units} == {unit.dimension for unit in units if unit.factor == 1}


def test_words_of_a_measurement_are_checked_at_load() -> None:
    from pipelines.catalog.models import Measurement

    with pytest.raises(ValidationError, match="statistics"):
        Measurement(item_id="a", series_id="s", statistic="guess")
