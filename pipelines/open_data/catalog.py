"""`catalog.jsonld`: what there is, for harvesters of open data (DCAT 3, with the terms of DCAT-AP)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.files import write_atomically
from pipelines.publish.datapackage import DESCRIPTION, LICENCE, TITLE, citation, created_at, sources_used

if TYPE_CHECKING:
    import duckdb

CATALOG_NAME = "catalog.jsonld"
_EU = "http://publications.europa.eu/resource/authority"
_MEDIA = "https://www.iana.org/assignments/media-types/"
_IRI = {"@type": "@id"}
_REFERRING = (
    "dct:license", "dct:spatial", "dct:language", "dct:accrualPeriodicity", "dct:conformsTo", "dct:format", "dct:source",
    "dcat:theme", "dcat:mediaType", "dcat:accessURL", "dcat:downloadURL", "dcat:landingPage", "dcat:themeTaxonomy",
    "spdx:algorithm",
)  # fmt: skip
_CONTEXT: dict[str, Any] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **dict.fromkeys(_REFERRING, _IRI),
    **{name: {"@type": "xsd:date"} for name in ("dcat:startDate", "dcat:endDate")},
    **{name: {"@type": "xsd:dateTime"} for name in ("dct:issued", "dct:modified")},
    "dcat:byteSize": {"@type": "xsd:nonNegativeInteger"},
    "spdx:checksumValue": {"@type": "xsd:hexBinary"},
}
_FREQUENCY = {
    "once": "NEVER", "daily": "DAILY", "monthly": "MONTHLY", "quarterly": "QUARTERLY", "yearly": "ANNUAL",
    "irregular": "IRREG",
}  # fmt: skip
_FILE_TYPE = {"csv": "CSV", "xlsx": "XLSX", "parquet": "PARQUET", "json": "JSON"}
_JAPAN = f"{_EU}/country/JPN"
_PUBLISHER = {"@id": "#publisher", "@type": "foaf:Agent", "foaf:name": "Mieruka"}


def _words(ja: str, en: str = "") -> list[dict[str, str]]:
    pairs = (("ja", ja), ("en", en))
    return [{"@language": language, "@value": text} for language, text in pairs if text]


def _without_blanks(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value not in (None, "", [])}


def _period(temporal: dict[str, str] | None) -> dict[str, str] | None:
    if temporal is None:
        return None
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": temporal["start"],
        "dcat:endDate": temporal["end"],
    }


def _figures_temporal(connection: duckdb.DuckDBPyConnection) -> dict[str, str] | None:
    row = connection.execute("select min(as_of_date), max(as_of_date) from marts.fct_observation").fetchone()
    return {"start": row[0].isoformat(), "end": row[1].isoformat()} if row and row[0] else None


def _distribution(resource: dict[str, Any], base: str) -> dict[str, Any]:
    kind = resource["format"]
    return {
        "@id": f"#distribution/{resource['name']}",
        "@type": "dcat:Distribution",
        "dct:title": _words(resource["name"]),
        "dcat:accessURL": base + resource["path"],
        "dcat:downloadURL": base + resource["path"],
        "dcat:mediaType": _MEDIA + resource["mediatype"],
        "dct:format": f"{_EU}/file-type/{_FILE_TYPE[kind]}",
        "dct:license": LICENCE["path"],
        "dcat:byteSize": str(resource["bytes"]),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
            "spdx:checksumValue": resource["hash"].removeprefix("sha256:"),
        },
    }


def _dataset(identifier: str, title: list[dict[str, str]], version: str) -> dict[str, Any]:
    return {
        "@id": f"#dataset/{identifier}",
        "@type": "dcat:Dataset",
        "dct:identifier": identifier,
        "dct:title": title,
        "dct:description": title,
        "dct:publisher": {"@id": _PUBLISHER["@id"]},
        "dct:license": LICENCE["path"],
        "dct:modified": created_at(version),
        "dcat:version": version,
        "dct:spatial": _JAPAN,
        "dct:language": f"{_EU}/language/JPN",
        "dct:accrualPeriodicity": f"{_EU}/frequency/IRREG",
        "dcat:theme": [f"{_EU}/data-theme/GOVE", f"{_EU}/data-theme/ECON"],
        "dcat:keyword": [*_words("地方行財政", "local government"), *_words("改革工程表", "reform roadmap")],
    }


def _table_datasets(
    package: dict[str, Any], version: str, base: str, known: set[str]
) -> list[dict[str, Any]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for resource in package.get("resources", []):
        tables.setdefault(resource["name"].rpartition(".")[0], []).append(resource)
    datasets = []
    for name, resources in tables.items():
        described = next((entry for entry in resources if "schema" in entry), None)
        title = _words(described["description"], described["description_en"]) if described else _words(TITLE)
        fields = [entry["name"] for entry in described["schema"]["fields"]] if described else []
        datasets.append(
            _dataset(name, title, version)
            | {
                "dct:temporal": _period((described or {}).get("temporal")),
                "dct:source": [f"#source/{source}" for source in sorted(known)]
                if "source_id" in fields
                else [],
                "dcat:distribution": [_distribution(resource, base) for resource in resources],
            }
        )
    return [_without_blanks(dataset) for dataset in datasets]


def _api_dataset(connection: duckdb.DuckDBPyConnection, version: str, base: str) -> dict[str, Any]:
    address = f"{base}api/v1/index.json"
    title = _words("団体・項目・KPIごとのJSON", "JSON by area, item and KPI")
    return _without_blanks(
        _dataset("api", title, version)
        | {
            "dct:temporal": _period(_figures_temporal(connection)),
            "dcat:distribution": [
                {
                    "@id": "#distribution/api",
                    "@type": "dcat:Distribution",
                    "dct:title": title,
                    "dcat:accessURL": address,
                    "dcat:mediaType": f"{_MEDIA}application/json",
                    "dct:format": f"{_EU}/file-type/JSON",
                    "dct:license": LICENCE["path"],
                }
            ],
        }
    )


def _source_dataset(source: dict[str, Any]) -> dict[str, Any]:
    """Return a publisher's own data as a dataset that ours are made from."""
    frequency = _FREQUENCY.get(str(source.get("cadence")), "UNKNOWN")
    terms = source.get("licence_url") or {
        "@type": "dct:LicenseDocument",
        "dct:title": _words(str(source.get("licence_ja") or "")),
    }
    return _without_blanks(
        {
            "@id": f"#source/{source['source_id']}",
            "@type": "dcat:Dataset",
            "dct:identifier": source["source_id"],
            "dct:title": _words(source["title_ja"], source.get("title_en") or ""),
            "dct:description": _words(
                source.get("note_ja") or source["title_ja"], source.get("title_en") or ""
            ),
            "dct:publisher": {
                "@type": "foaf:Agent",
                "foaf:name": _words(source.get("publisher_ja") or "", source.get("publisher_en") or ""),
            },
            "dct:license": terms,
            "dcat:landingPage": source["landing_url"],
            "dct:accrualPeriodicity": f"{_EU}/frequency/{frequency}",
            "dct:spatial": _JAPAN,
            "dct:bibliographicCitation": citation(
                source.get("publisher_ja"), source["title_ja"], source["landing_url"]
            ),
        }
    )


def catalog(
    connection: duckdb.DuckDBPyConnection, folder: Path, version: str, base_url: str | None = None
) -> dict[str, Any]:
    """Return the catalog of what lies in a folder: its data package and its API, where they are there."""
    base = base_url or ""
    package_path = folder / "datapackage.json"
    package = json.loads(package_path.read_text(encoding="utf-8")) if package_path.exists() else {}
    sources = sources_used(connection)
    known = {source["source_id"] for source in sources}
    datasets = _table_datasets(package, version, base, known)
    if (folder / "api" / "v1" / "index.json").exists():
        datasets.append(_api_dataset(connection, version, base))
    context = _CONTEXT | ({"@base": base + CATALOG_NAME} if base else {})
    return {
        "@context": context,
        "@id": "#catalog",
        "@type": "dcat:Catalog",
        "dct:title": _words(TITLE, "Mieruka: progress of Japan's local-government reforms"),
        "dct:description": _words(DESCRIPTION),
        "dct:publisher": _PUBLISHER,
        "dct:license": LICENCE["path"],
        "dct:modified": created_at(version),
        "dcat:version": version,
        "dct:language": f"{_EU}/language/JPN",
        "dct:spatial": _JAPAN,
        "dcat:themeTaxonomy": f"{_EU}/data-theme",
        "dcat:dataset": [*datasets, *(_source_dataset(source) for source in sources)],
    }


def write_catalog(
    connection: duckdb.DuckDBPyConnection, folder: Path, version: str, base_url: str | None = None
) -> None:
    """Write `catalog.jsonld` of what lies in a folder."""
    content = _without_blanks(catalog(connection, folder, version, base_url))
    write_atomically(folder / CATALOG_NAME, json.dumps(content, ensure_ascii=False, indent=1))
