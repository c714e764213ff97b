"""Assets of the sources, generated: for each source its archived files, then its tables, checked and landed."""

from collections.abc import Iterator
from dataclasses import replace

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    asset,
    multi_asset,
)

from assets.backfill import figure_tables, files_by_year
from assets.freshness import last_change
from assets.keys import AREA_KEY, CHANGE_KEY, CHANGES_KEY, READ_KEY, by_year_key, snapshot_key, table_key
from assets.resources import WarehouseResource
from pipelines.acquire.archive import Archive
from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.defects import Defect
from pipelines.land.backfill import ChosenFile, chosen_files, read_again, unread_files
from pipelines.land.catalog_tables import COMMON_TABLES, land_catalog
from pipelines.land.publication import PublicationLanding
from pipelines.land.register import BUNDLED_SOURCE, BUNDLED_TABLE, land_register, load_register
from pipelines.land.source import CATALOG, LandedTable, SourceLanding
from pipelines.progress import report
from pipelines.register.landing import RegisterLanding
from pipelines.register.schema import LINES, REGISTER, TOTALS
from pipelines.settings import Home

_CHECK = "no_refused_rows"
_FIRST_SHOWN = 20


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
    key = snapshot_key(source.source_id)
    vocabulary = load_vocabulary()

    @asset(
        key=key,
        group_name=source.source_id,
        deps=[CHANGES_KEY],
        kinds={"file"},
        description=source.description.title.ja,
        check_specs=[AssetCheckSpec(_CHECK, asset=key)],
        metadata={
            "publisher": source.description.publisher.ja,
            "landing_url": MetadataValue.url(source.description.landing_url),
            "licence": vocabulary.licences[source.description.licence].ja,
            "cadence": vocabulary.cadences[source.description.cadence].ja,
        },
    )
    def snapshot(context: AssetExecutionContext, warehouse: WarehouseResource) -> MaterializeResult:
        report("acquire", detail=source.source_id)
        home = warehouse.get_home()
        # The first step of a whole run has asked the web already.
        asked = context.job_def.graph.has_node_named(CHANGES_KEY.to_python_identifier())
        web = None if asked else warehouse.get_web()
        snapshots, defects = acquire(source, home, warehouse.get_origin(), web)
        hashes = {entry.file_name: entry.snapshot_sha256 for entry in snapshots}
        return MaterializeResult(
            metadata={
                "files": len(snapshots),
                "last_change": last_change(snapshots),
                "sha256": hashes,
            },
            check_results=[_defect_check(key, defects)],
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
                deps=[snapshot_key(source.source_id)],
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
            Archive(home).current(source.source_id), full=warehouse.reads_again(source.source_id)
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
                deps=[snapshot_key(source.source_id), *deps],
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
        again = warehouse.reads_again(source.source_id)
        # A whole run has read the files of all sources together.
        if again and not (
            step == "figures" and context.job_def.graph.has_node_named(READ_KEY.to_python_identifier())
        ):
            read_again(catalog, home, chosen_files(home, source, names, warehouse.get_years()))
        landing = PublicationLanding(source, catalog, home, load_register(home))
        for table in landing.land(Archive(home).current(source.source_id), names):
            for defect in table.defects[:_FIRST_SHOWN]:
                context.log.warning(defect.message("ja"))
            yield _result(source.source_id, replace(table, changed=table.changed or again))

    return landed


def published_assets(source: DescribedSource, catalog: Catalog) -> list[AssetsDefinition]:
    """Return the assets of a source's published tables: tables of areas first, figures when the areas are known."""
    tables = source.description.published
    steps: tuple[tuple[str, list[str], list[AssetKey]], ...] = (
        ("references", [name for name in tables if tables[name].role == "reference"], []),
        (
            "figures",
            figure_tables(source),
            [READ_KEY, AREA_KEY, by_year_key(source.source_id)],
        ),
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
            AssetSpec(key, deps=deps, group_name=CATALOG, kinds={"parquet"}) for key in (AREA_KEY, CHANGE_KEY)
        ],
        can_subset=False,
    )
    def register(warehouse: WarehouseResource) -> Iterator[MaterializeResult]:
        report("land", detail=CATALOG)
        changed = land_register(warehouse.get_home(), catalog)
        for key in (AREA_KEY, CHANGE_KEY):
            yield MaterializeResult(asset_key=key, metadata={"changed": changed})

    return register


def asset_registers(source: DescribedSource) -> AssetsDefinition:
    """Return the asset lines and stated totals of a source's registers, landed by one step once the areas are known."""
    keys = [AssetKey([REGISTER, name]) for name in (LINES, TOTALS)]
    (name, table), *_ = source.description.registers.items()

    @multi_asset(
        name=f"{source.source_id}__registers",
        specs=[
            AssetSpec(
                key, deps=[snapshot_key(source.source_id), AREA_KEY], group_name=source.source_id,
                description=table.title.ja, kinds={"parquet"},
            )
            for key in keys
        ],
        check_specs=[AssetCheckSpec(_CHECK, asset=keys[0])],
        can_subset=False,
    )  # fmt: skip
    def registers(
        context: AssetExecutionContext, warehouse: WarehouseResource
    ) -> Iterator[MaterializeResult]:
        home = warehouse.get_home()
        report("land", detail=source.source_id)
        landing = RegisterLanding(source, name, home, load_register(home))
        landed = landing.land(
            Archive(home).current(source.source_id), full=warehouse.reads_again(source.source_id)
        )
        for defect in landed.defects[:_FIRST_SHOWN]:
            context.log.warning(defect.message("ja"))
        yield MaterializeResult(
            asset_key=keys[0],
            metadata={"dagster/row_count": landed.rows, "changed": landed.changed, "path": str(landed.path)},
            check_results=[_defect_check(keys[0], landed.defects)],
        )
        yield MaterializeResult(asset_key=keys[1], metadata={"changed": landed.changed})

    return registers


def _files_to_read(catalog: Catalog, home: Home, warehouse: WarehouseResource) -> list[ChosenFile]:
    """Return the files with figures that are read in this run, asked for or not."""
    asked = [
        file
        for source in catalog.sources.values()
        if warehouse.reads_again(source.source_id)
        for file in chosen_files(home, source, figure_tables(source), warehouse.get_years())
    ]
    return list(dict.fromkeys(asked + unread_files(catalog, home)))


def read_asset(catalog: Catalog) -> AssetsDefinition:
    """Return the step that reads the files of all sources together, which keeps all processors busy to the end."""

    @asset(
        key=READ_KEY,
        deps=[AREA_KEY, *(snapshot_key(name) for name in catalog.sources)],
        group_name=CATALOG,
        kinds={"parquet"},
        description="新しいファイルをデータ源を問わずまとめて読む",
    )
    def read(warehouse: WarehouseResource) -> MaterializeResult:
        home = warehouse.get_home()
        records = read_again(catalog, home, _files_to_read(catalog, home, warehouse))
        return MaterializeResult(metadata={"files": len(records)})

    return read


def catalog_assets(catalog: Catalog) -> AssetsDefinition:
    """Return the tables common to all sources, which depend on every landed table."""
    landed = [
        table_key(source.source_id, name)
        for source in catalog.sources.values()
        for name in (*source.description.tables, *source.description.published)
    ] + [
        AssetKey([REGISTER, name])
        for source in catalog.sources.values()
        for name in ((LINES, TOTALS) if source.description.registers else ())
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
        *(asset_registers(source) for source in sources if source.description.registers),
        *(files_by_year(source, catalog) for source in sources if figure_tables(source)),
        register_assets(catalog),
        read_asset(catalog),
        catalog_assets(catalog),
    ]
