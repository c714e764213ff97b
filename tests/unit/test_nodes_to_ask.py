"""Which nodes of dbt a build asks about: those that read what differs, and what comes after them."""

from __future__ import annotations

from typing import Any

import pytest

from assets.build_state import nodes_to_ask

_AREA, _FIGURE, _WORDS = "source.mieruka.catalog.area", "source.mieruka.catalog.figure", "seed.mieruka.words"


def _node(
    name: str, sql: str = "select 1", macros: tuple[str, ...] = (), **config: Any
) -> dict[str, dict[str, Any]]:
    return {name: {"raw_code": sql, "depends_on": {"macros": list(macros)}, "config": config}}


def _macro(sql: str, *calls: str) -> dict[str, Any]:
    return {"macro_sql": sql, "depends_on": {"macros": list(calls)}}


@pytest.fixture
def manifest() -> dict[str, Any]:
    nodes = (
        _node(_WORDS)
        | _node("model.mieruka.stg_area")
        | _node("model.mieruka.stg_figure")
        | _node("model.mieruka.of_both")
        | _node("test.mieruka.of_both_is_unique")
        | _node("model.mieruka.dated", macros=("macro.mieruka.standing",))
        | _node("model.mieruka.hooked", **{"post-hook": "insert {{ var('run_date') }}"})
        | _node("model.mieruka.worded")
        | _node("operation.mieruka.on-run-start-0", "{{ var('run_date') }}")
    )
    children = {
        _AREA: ["model.mieruka.stg_area"],
        _FIGURE: ["model.mieruka.stg_figure"],
        _WORDS: ["model.mieruka.worded"],
        "model.mieruka.stg_area": ["model.mieruka.of_both"],
        "model.mieruka.stg_figure": ["model.mieruka.of_both", "model.mieruka.dated"],
        "model.mieruka.of_both": ["test.mieruka.of_both_is_unique", "exposure.mieruka.page"],
    }
    return {
        "nodes": nodes,
        "sources": {_AREA: {}, _FIGURE: {}},
        "macros": {
            "macro.mieruka.standing": _macro("{{ today() }}", "macro.mieruka.today"),
            "macro.mieruka.today": _macro("{{ var('run_date') }}"),
            "macro.mieruka.other": _macro("1"),
        },
        "child_map": {name: children.get(name, []) for name in [*nodes, _AREA, _FIGURE]},
    }


def asked(manifest: dict[str, Any], *changed: str, unknown: str = "") -> list[str]:
    return nodes_to_ask(manifest, set(changed), manifest["nodes"].keys() - {unknown, _WORDS})


def test_a_changed_file_leads_to_all_that_comes_after_it(manifest: dict[str, Any]) -> None:
    assert asked(manifest, _AREA) == [
        "model.mieruka.of_both", "model.mieruka.stg_area", "test.mieruka.of_both_is_unique",
    ]  # fmt: skip


def test_a_changed_seed_is_loaded_and_what_reads_it_asked(manifest: dict[str, Any]) -> None:
    assert asked(manifest, _WORDS) == ["model.mieruka.worded", _WORDS]


def test_another_day_leads_to_those_in_whose_sql_hooks_or_macros_it_stands(manifest: dict[str, Any]) -> None:
    assert asked(manifest, "run_date") == ["model.mieruka.dated", "model.mieruka.hooked"]


def test_a_file_that_no_model_reads_leads_to_nothing(manifest: dict[str, Any]) -> None:
    assert asked(manifest, "source.mieruka.catalog.document") == []
    assert asked(manifest) == []


def test_what_nothing_is_remembered_of_is_asked_and_what_comes_after_it(manifest: dict[str, Any]) -> None:
    test, model = "test.mieruka.of_both_is_unique", "model.mieruka.of_both"
    assert asked(manifest, unknown=test) == [test]
    assert asked(manifest, unknown=model) == [model, test]
