"""Peer groups from the publishers' own files: sizes, agreement of published and derived types, medians by type."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.dbt_runner import DbtRunner
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import load_catalog
from pipelines.land.catalog_tables import land_catalog
from pipelines.land.publication import PublicationLanding
from pipelines.land.register import land_register, load_register
from pipelines.land.source import SourceLanding
from pipelines.settings import Home

MIRROR = Path(os.environ.get("MIERUKA_MIRROR", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not MIRROR.is_dir(), reason="MIERUKA_MIRROR names no folder of publishers' files"
)
# Registers of bodies, the list with the types, and the population of the census on which they rest.
FOLDERS = {
    "soumu__area_codes": "1_master",
    "soumu__standard_area_codes": "1_master",
    "soumu__public_accounting_indicators": "2_kokaikei",
    "estat__social_demographic_statistics": "7_estat_api",
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("peers"))
    home.create()
    catalog = load_catalog()
    snapshots = {
        name: acquire(source, home, MIRROR / FOLDERS[name] if name in FOLDERS else home.root / "none")[0]
        for name, source in catalog.sources.items()
        if name in FOLDERS or source.description.tables
    }
    for role in ("reference", "figures"):
        for name, entries in snapshots.items():
            source = catalog.sources[name]
            if role == "reference" and source.description.tables:
                SourceLanding(source, catalog, home).land(entries)
            tables = [table for table, text in source.description.published.items() if text.role == role]
            PublicationLanding(source, catalog, home, load_register(home)).land(entries, tables)
        land_register(home, catalog)
    land_catalog(home, catalog)
    for _ in DbtRunner(home, date(2026, 11, 23)).build():
        pass
    with duckdb.connect(str(home.build_database), read_only=True) as connection:
        yield connection


def listed_types() -> Counter[str]:
    """Return how many bodies the list gives each type."""
    path = next((MIRROR / "2_kokaikei").glob("kokaikei_indicators*.csv"))
    with path.open(encoding="utf-8", newline="") as stream:
        return Counter(row["類団区分"] for row in csv.DictReader(stream))


def test_the_groups_are_those_of_the_published_list(warehouse: duckdb.DuckDBPyConnection) -> None:
    groups = warehouse.execute(
        "select label_ja, count(*) from marts.area_peer_group where peer_scheme = 'similar_bodies' "
        "and basis = 'published' and valid_from <= date '2024-03-31' "
        "and (valid_to is null or valid_to > date '2024-03-31') group by 1"
    ).fetchall()
    expected = listed_types()
    assert sum(expected.values()) == 1740
    assert {label.removeprefix("都道府県グループ"): count for label, count in groups} == expected


def test_bodies_without_a_published_type_say_why(warehouse: duckdb.DuckDBPyConnection) -> None:
    rest = warehouse.execute(
        "select reason_code, count(*) from marts.area_peer_group where peer_scheme = 'similar_bodies' "
        "and peer_group is null group by 1"
    ).fetchall()
    assert rest == [("INDUSTRY_NOT_HELD", 48)]


def test_the_limits_of_population_give_the_published_classes(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels = warehouse.execute(
        "select level, max(bodies_compared), max(bodies_agreeing), max(agreement_share), "
        "sum(case when derived_group is null then bodies else 0 end) from marts.peer_group_agreement group by 1 order by 1"
    ).fetchall()
    assert levels == [
        ("body_class", 1693, 1693, 100.0, 0),
        ("population_class", 1693, 1693, 100.0, 0),
        # Without the shares of industries only the four types of special status follow from the limits.
        ("type", 128, 128, 100.0, 1565),
    ]


def test_group_sizes_are_those_of_the_register(warehouse: duckdb.DuckDBPyConnection) -> None:
    differing = warehouse.execute(
        """
        select peer.peer_group, peer.bodies, area.bodies
        from (
            select distinct as_of_date, peer_group, group_size + missing_count as bodies
            from marts.peer_comparison where peer_scheme = 'area_type'
        ) as peer
        left join lateral (
            select count(*) as bodies from marts.dim_area as area
            where area.area_type = peer.peer_group and area.valid_from <= peer.as_of_date
                and (area.valid_to is null or area.valid_to > peer.as_of_date)
        ) as area on true
        where peer.bodies <> area.bodies
        """
    ).fetchall()
    assert differing == []
    sizes = dict(
        warehouse.execute(
            "select distinct peer_scheme || ' ' || peer_group, group_size + missing_count from marts.peer_comparison "
            "where as_of_date = '2024-03-31' and item_id = 'asset_depreciation_rate'"
        ).fetchall()
    )
    assert (
        sizes["area_type core_city"],
        sizes["area_type special_ward"],
        sizes["similar_bodies type_city_4_1"],
    ) == (62, 23, 3)
    # 35 cities, 129 towns and 15 villages.
    assert sizes["prefecture 010006"] == 179


def test_the_medians_by_type_are_those_that_others_computed(warehouse: duckdb.DuckDBPyConnection) -> None:
    pairs = warehouse.execute(
        "select distinct peer.peer_group, peer.median, cast(cited.value as double) from marts.peer_comparison as peer "
        "join marts.fct_observation as cited on cited.item_id = peer.item_id and cited.body_scope = peer.peer_group "
        "and cited.as_of_date = peer.as_of_date and cited.statistic = 'median' "
        "where peer.item_id = 'per_capita_cost_accrual' and peer.peer_scheme = 'similar_bodies'"
    ).fetchall()
    assert len(pairs) > 30
    # They are printed with one digit, halves rounded either way.
    assert [pair for pair in pairs if abs(pair[1] - pair[2]) > 0.051] == []
