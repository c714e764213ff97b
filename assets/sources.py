"""Assets of the sources, generated: for each source its archived files, then its tables, checked and landed."""

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    asset,
    multi_asset,
)

from assets.resources import WarehouseResource
from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.defects import Defect
from pipelines.land.catalog_tables import COMMON_TABLES, land_catalog
from pipelines.land.publication import PublicationLanding
from pipelines.land.register import BUNDLED_SOURCE, BUNDLED_TABLE, land_register, load_register
from pipelines.land.source import CATALOG, LandedTable, SourceLanding
from pipelines.progress import report

_CHECK = "no_refused_rows"
_AREA_KEY = AssetKey([CATALOG, "area"])
_CHANGE_KEY = AssetKey([CATALOG, "area_change"])
_FIRST_SHOWN = 20


def snapshot_key(source: DescribedSource) -> AssetKey:
    """Return the key of a source's archived files."""
    return AssetKey([source.source_id, "snapshot"])


def table_key(source_id: str, table: str) -> AssetKey:
    """Return the key of a landed table, equal to its dbt source."""
    return AssetKey([source_id, table])


def _defect_check(key: AssetKey, defects: list[Defect]) -> AssetCheckResult:
    shown = [defect.message("ja") for defect in defects[:_FIRST_SHOWN]]
    return AssetCheckResult(
        check_name=_CHECK,
        asset_key=key,
        passed=not defects,
        severity=AssetCheckSeverity.WARN,
        metadata={"defects": len(defects), "first": "\n".join(shown)},
    )


def snapshot_asset(source: DescribedSource) -> AssetsDefinition:
    """Return the asset that archives a source's files."""
    key = snapshot_key(source)

    @asset(
        key=key,
        group_name=source.source_id,
        kinds={"file"},
        description=source.description.title.ja,
        check_specs=[AssetCheckSpec(_CHECK, asset=key)],
        metadata={
            "publisher": source.description.publisher.ja,
            "landing_url": source.description.landing_url,
        },
    )
    def snapshot(warehouse: WarehouseResource) -> MaterializeResult:
        report("acquire", detail=source.source_id)
        snapshots, defects = acquire(
            source, warehouse.get_home(), warehouse.get_origin(), warehouse.get_web()
        )
        hashes = {entry.file_name: entry.snapshot_sha256 for entry in snapshots}
        return MaterializeResult(
            metadata={"files": len(snapshots), "sha256": hashes}, check_results=[_defect_check(key, defects)]
        )

    return snapshot


def _result(source_id: str, table: LandedTable) -> MaterializeResult:
    key = table_key(source_id, table.name)
    return MaterializeResult(
        asset_key=key,
        metadata={"dagster/row_count": table.rows, "changed": table.changed, "path": str(table.path)},
        check_results=[_defect_check(key, table.defects)],
    )


def landed_assets(source: DescribedSource, catalog: Catalog) -> AssetsDefinition:
    """Return the assets of a source's tables, landed by one step in the order of their references."""
    keys = [table_key(source.source_id, name) for name in source.description.tables]

    @multi_asset(
        name=f"{source.source_id}__landed",
        specs=[
            AssetSpec(
                table_key(source.source_id, name),
                deps=[snapshot_key(source)],
                group_name=source.source_id,
                description=table.title.ja,
                kinds={"parquet"},
            )
            for name, table in source.description.tables.items()
        ],
        check_specs=[AssetCheckSpec(_CHECK, asset=key) for key in keys],
        can_subset=False,
    )
    def landed(context: AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[MaterializeResult]:
        home = warehouse.get_home()
        report("land", detail=source.source_id)
        tables = SourceLanding(source, catalog, home).land(
            Archive(home).current(source.source_id), full=warehouse.full
        )
        for table in tables:
            for defect in table.defects:
                context.log.warning(defect.message("ja"))
            yield _result(source.source_id, table)

    return landed


def _published_assets(
    source: DescribedSource, catalog: Catalog, names: list[str], step: str, deps: list[AssetKey]
) -> AssetsDefinition:
    """Return the assets of some published tables of a source, landed by one step."""
    tables = source.description.published

    @multi_asset(
        name=f"{source.source_id}__{step}",
        specs=[
            AssetSpec(
                table_key(source.source_id, name),
                deps=[snapshot_key(source), *deps],
                group_name=source.source_id,
                description=tables[name].title.ja,
                kinds={"parquet"},
            )
            for name in names
        ],
        check_specs=[AssetCheckSpec(_CHECK, asset=table_key(source.source_id, name)) for name in names],
        can_subset=False,
    )
    def landed(context: AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[MaterializeResult]:
        home = warehouse.get_home()
        report("land", detail=source.source_id)
        landing = PublicationLanding(source, catalog, home, load_register(home))
        snapshots = Archive(home).current(source.source_id)
        for table in landing.land(snapshots, names, full=warehouse.full):
            for defect in table.defects[:_FIRST_SHOWN]:
                context.log.warning(defect.message("ja"))
            yield _result(source.source_id, table)

    return landed


def published_assets(source: DescribedSource, catalog: Catalog) -> list[AssetsDefinition]:
    """Return the assets of a source's published tables: tables of areas first, figures when the areas are known."""
    tables = source.description.published
    steps: tuple[tuple[str, list[str], list[AssetKey]], ...] = (
        ("references", [name for name in tables if tables[name].role == "reference"], []),
        ("figures", [name for name in tables if tables[name].role == "figures"], [_AREA_KEY]),
    )
    return [_published_assets(source, catalog, names, step, deps) for step, names, deps in steps if names]


def register_assets(catalog: Catalog) -> AssetsDefinition:
    """Return the register of areas, built from every table that provides areas."""
    deps = [table_key(BUNDLED_SOURCE, BUNDLED_TABLE)] + [
        table_key(source.source_id, name)
        for source in catalog.sources.values()
        for name, table in source.description.published.items()
        if table.provides
    ]

    @multi_asset(
        name="catalog__register",
        specs=[
            AssetSpec(key, deps=deps, group_name=CATALOG, kinds={"parquet"})
            for key in (_AREA_KEY, _CHANGE_KEY)
        ],
        can_subset=False,
    )
    def register(warehouse: WarehouseResource) -> Iterator[MaterializeResult]:
        report("land", detail=CATALOG)
        changed = land_register(warehouse.get_home(), catalog)
        for key in (_AREA_KEY, _CHANGE_KEY):
            yield MaterializeResult(asset_key=key, metadata={"changed": changed})

    return register


def catalog_assets(catalog: Catalog) -> AssetsDefinition:
    """Return the tables common to all sources, which depend on every landed table."""
    landed = [
        table_key(source.source_id, name)
        for source in catalog.sources.values()
        for name in (*source.description.tables, *source.description.published)
    ]

    @multi_asset(
        name="catalog__landed",
        specs=[
            AssetSpec(AssetKey([CATALOG, name]), deps=landed, group_name=CATALOG, kinds={"parquet"})
            for name in COMMON_TABLES
        ],
        can_subset=False,
    )
    def common(warehouse: WarehouseResource) -> Iterator[MaterializeResult]:
        report("land", detail=CATALOG)
        for name, changed in land_catalog(warehouse.get_home(), catalog).items():
            yield MaterializeResult(asset_key=AssetKey([CATALOG, name]), metadata={"changed": changed})

    return common


def source_assets(catalog: Catalog) -> list[AssetsDefinition]:
    """Return all assets generated from the descriptions."""
    sources = list(catalog.sources.values())
    return [
        *(snapshot_asset(source) for source in sources),
        *(landed_assets(source, catalog) for source in sources if source.description.tables),
        *(assets for source in sources for assets in published_assets(source, catalog)),
        register_assets(catalog),
        catalog_assets(catalog),
    ]
