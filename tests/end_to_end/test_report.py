"""What `mieruka report` writes beside the pages, and that the pages lead to it only where it is."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
import pytest

from tests.end_to_end.conftest import Mieruka

BASE = "https://data.example.jp/m/"
BESIDE = ("api/v1/index.json", "feed.atom", "catalog.jsonld")


@pytest.fixture(scope="module")
def site(mieruka: Mieruka, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "site"
    result = mieruka("report", "--to", str(folder), "--base-url", BASE.rstrip("/"))
    assert result.returncode == 0, result.stderr
    return folder


def test_pages_lead_to_api_feed_and_catalog(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    for name in BESIDE:
        assert (site / name).is_file()
        assert f'href="{name}"' in first
    kpi = (site / "kpi" / "cloud_municipalities.html").read_text(encoding="utf-8")
    assert 'href="../api/v1/kpi/cloud_municipalities.json"' in kpi
    assert (site / "api/v1/kpi/cloud_municipalities.json").is_file()


def test_all_are_of_the_version_of_the_pages(site: Path, home: Path) -> None:
    version = (home / "published" / "current").resolve().name
    assert json.loads((site / "mieruka-site.json").read_text())["version"] == version
    assert json.loads((site / "api/v1/index.json").read_text())["version"] == version
    catalog = json.loads((site / "catalog.jsonld").read_text())
    assert catalog["dcat:version"] == version
    entries = feedparser.parse((site / "feed.atom").read_bytes()).entries
    assert entries[0].id.endswith(version)
    assert entries[0].link == f"{BASE}index.html"


def test_only_pages_leaves_the_rest_out_and_links_to_none_of_it(site: Path, mieruka: Mieruka) -> None:
    """The same folder: what an earlier report wrote beside the pages is gone with them."""
    result = mieruka("report", "--to", str(site), "--only-pages", "--data-docs")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert (site / "data-docs/index.html").is_file()
    assert 'href="data-docs/index.html"' in (site / "quality.html").read_text(encoding="utf-8")
    assert not any((site / name).exists() for name in (*BESIDE, "api"))
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not any(name in text for name in ("feed.atom", "catalog.jsonld", 'href="api/v1', "../api/v1"))
    assert [path.name for path in site.parent.iterdir()] == [site.name]


def test_a_wrong_address_is_told_and_nothing_written(mieruka: Mieruka, tmp_path: Path) -> None:
    result = mieruka("report", "--to", str(tmp_path / "site"), "--base-url", "data.example.jp")
    assert result.returncode == 2
    assert "--base-url" in result.stderr
    assert not (tmp_path / "site").exists()
