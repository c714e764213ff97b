"""Read every `sources/*/source.yml`; a description that is wrong stops the run with the file's name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipelines.catalog.models import Item, Source
from pipelines.settings import SOURCES_DIR


class SourceDescriptionError(ValueError):
    """A `source.yml` says something it may not."""


@dataclass(frozen=True)
class DescribedSource:
    """A source with the folder it is described in."""

    description: Source
    folder: Path

    @property
    def source_id(self) -> str:
        """Return the source's name, equal to its folder's."""
        return self.description.source_id


@dataclass(frozen=True)
class Catalog:
    """All sources and all items, by id."""

    sources: dict[str, DescribedSource]
    items: dict[str, Item]

    def unit_of(self, item_id: str) -> str:
        """Return the unit in which an item's values are kept."""
        return self.items[item_id].unit


def _read(path: Path) -> Source:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Source.model_validate(content)
    except (yaml.YAMLError, ValidationError) as error:
        raise SourceDescriptionError(f"{path}: {error}") from error


def load_catalog(sources_dir: Path = SOURCES_DIR) -> Catalog:
    """Return the catalog; raise SourceDescriptionError for a wrong or contradictory description."""
    sources: dict[str, DescribedSource] = {}
    items: dict[str, Item] = {}
    for path in sorted(sources_dir.glob("[!_]*/source.yml")):
        source = _read(path)
        if source.source_id != path.parent.name:
            raise SourceDescriptionError(f"{path}: source_id {source.source_id} is not the folder's name")
        twice = items.keys() & source.items.keys()
        if twice:
            raise SourceDescriptionError(f"{path}: items defined by another source already: {sorted(twice)}")
        sources[source.source_id] = DescribedSource(source, path.parent)
        items.update(source.items)
    _check_measured_items(sources, items)
    return Catalog(sources, items)


def _check_measured_items(sources: dict[str, DescribedSource], items: dict[str, Item]) -> None:
    for source in sources.values():
        for name, table in source.description.tables.items():
            for key, column in table.columns.items():
                if column.measures and column.measures.item_id not in items:
                    raise SourceDescriptionError(
                        f"{source.folder / 'source.yml'}: {name}.{key} measures the unknown item "
                        f"{column.measures.item_id}"
                    )
