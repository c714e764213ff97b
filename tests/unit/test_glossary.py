"""The glossary: what its terms name exists, its pages are current, and it explains every KPI."""

from __future__ import annotations

import csv
import re
from types import ModuleType

import pytest
from pydantic import ValidationError

from pipelines.catalog.glossary import Term, load_glossary
from pipelines.catalog.loader import Catalog
from pipelines.settings import PROJECT_ROOT, SOURCES_DIR
from tests.scripts import script

TERMS = load_glossary()
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
# What the pages of bodies show first, by the names that everybody uses for it.
_INDICES = {
    "asset_depreciation_rate", "fiscal_strength_index", "ordinary_balance_ratio", "debt_service_ratio",
    "future_burden_ratio", "laspeyres_index", "standard_fiscal_need", "standard_fiscal_revenue",
}  # fmt: skip


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("generate_glossary")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_committed_page_is_current(generator: ModuleType, language: str) -> None:
    committed = generator.TARGETS[language].read_text(encoding="utf-8")
    assert committed == generator.render(language), "stale: run .venv/bin/python docs/generate_glossary.py"


def kpis() -> dict[str, str]:
    path = SOURCES_DIR / "cao__reform_roadmap_2017" / "kpis.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["kpi_id"]: row["name_ja"] for row in csv.DictReader(stream)}


def test_every_kpi_and_index_is_explained_and_nothing_that_is_not() -> None:
    explained = [name for term in TERMS.values() for name in term.explains]
    assert sorted(explained) == sorted(set(explained))
    assert set(kpis()) | _INDICES == set(explained)


def test_names_of_kpis_use_the_words_explained() -> None:
    words = [term.name.ja for term in TERMS.values()]
    named = {word for word in words for name in kpis().values() if word in name}
    assert {
        "固定資産台帳",
        "有形固定資産減価償却率",
        "統一的な基準",
        "公共施設等総合管理計画",
        "公営企業会計",
        "連携中枢都市圏",
        "定住自立圏",
        "コンビニ交付",
    } <= named


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_told_in_both_languages_and_leads_on(name: str) -> None:
    term = TERMS[name]
    assert JAPANESE.search(term.text.ja)
    assert not JAPANESE.search(term.name.en + term.text.en)
    assert term.see, "a term that leads nowhere"
    assert name not in term.see
    assert term.page is None or (PROJECT_ROOT / term.page).is_file()


def test_every_term_is_seen_from_another() -> None:
    seen = {name for term in TERMS.values() for name in term.see}
    assert (
        sorted(
            set(TERMS)
            - seen
            - {
                "elt",
                "national_disbursement",
                "government_systems",
                "area_code_term",
                "laspeyres_index",
                "lineage",
            }
        )
        == []
    )


def test_a_term_of_finance_needs_its_authority() -> None:
    told = {"name": {"ja": "税", "en": "tax"}, "text": {"ja": "税", "en": "tax"}}
    with pytest.raises(ValidationError, match="authority"):
        Term.model_validate({"kind": "fiscal", **told})
    with pytest.raises(ValidationError, match="authority"):
        Term.model_validate({"kind": "method", "authority": told["name"], **told})


def test_items_named_are_items(catalog: Catalog) -> None:
    assert set(catalog.items) >= _INDICES
