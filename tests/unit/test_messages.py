"""Messages: both languages, the same placeholders, and a word for everything that the warehouse can say."""

from __future__ import annotations

import re
import string

import pytest

from cli import outlook_words as outlook
from cli.messages import (
    DATE_BASES,
    FLAGS,
    LANGUAGES,
    REASONS,
    SCHEMES,
    STATUSES,
    TEXTS,
    Speaker,
    default_language,
)
from cli.register_words import EXPLAINED, TERMS
from pipelines.settings import DBT_PROJECT_DIR

TABLES = {
    "TEXTS": TEXTS,
    "STATUSES": STATUSES,
    "REASONS": REASONS,
    "FLAGS": FLAGS,
    "DATE_BASES": DATE_BASES,
    "SCHEMES": SCHEMES,
    "METHODS": outlook.METHODS,
    "CLASSES": outlook.CLASSES,
    "TRENDS": outlook.TRENDS,
    "MODELS": outlook.MODELS,
    "PROJECTION_REASONS": outlook.PROJECTION_REASONS,
    "REGISTER_TERMS": TERMS,
    "REGISTER_EXPLAINED": EXPLAINED,
}
PAIRS = [(f"{name}.{key}", pair) for name, table in TABLES.items() for key, pair in table.items()]
MODELS = DBT_PROJECT_DIR / "models"
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def sql(*parts: str) -> str:
    text = MODELS.joinpath(*parts).read_text(encoding="utf-8")
    return "\n".join(line.split("--")[0] for line in text.splitlines())


@pytest.mark.parametrize("pair", [pair for _, pair in PAIRS], ids=[name for name, _ in PAIRS])
def test_text_has_both_languages_with_the_same_placeholders(pair: tuple[str, str]) -> None:
    ja, en = pair
    assert ja.strip()
    assert en.strip()
    assert placeholders(ja) == placeholders(en)


@pytest.mark.parametrize("pair", [pair for _, pair in PAIRS], ids=[name for name, _ in PAIRS])
def test_english_text_holds_no_japanese(pair: tuple[str, str]) -> None:
    assert not JAPANESE.search(pair[1])


def emitted_statuses() -> set[str]:
    decision = re.search(r"with judged as \(.*?end as status", sql("marts", "kpi_progress.sql"), re.DOTALL)
    assert decision is not None
    without_tags = re.sub(r"\{%.*?%\}", " ", decision.group(), flags=re.DOTALL)
    # A quoted word is a result unless something is compared with it or it is the argument of a macro.
    results = set(re.findall(r"(?<![=(])(?<![=(] )'([a-z_]+)'", without_tags))
    pace = sql("intermediate", "int_progress.sql")
    return (
        results
        | set(re.findall(r"\('([a-z_]+)', -?\d+\)", pace))
        | set(re.findall(r"else '([a-z_]+)'\s+end as pace_status", pace))
    )


def emitted_words() -> set[str]:
    return set(re.findall(r"'([A-Z][A-Z_]{2,})'", sql("marts", "kpi_progress.sql")))


def emitted_flags() -> set[str]:
    return set(re.findall(r"then '([A-Z_]+)' end\"", sql("marts", "kpi_progress.sql")))


def test_every_status_of_the_decision_table_has_its_label() -> None:
    emitted = emitted_statuses()
    assert {
        "achieved",
        "missed",
        "on_track",
        "reversing",
        "achieved_late",
        "achieved_date_unknown",
    } <= emitted
    assert emitted - set(STATUSES) == set()


def test_every_status_compared_in_the_decision_table_is_known() -> None:
    text = sql("marts", "kpi_progress.sql")
    lists = re.findall(r"status (?:= |in \()((?:\s*'[a-z_]+',?)+)", text)
    compared = {word for part in lists for word in re.findall(r"'([a-z_]+)'", part)}
    assert len(compared) > 10
    assert compared - set(STATUSES) == set()


def test_every_reason_of_the_decision_table_has_its_label() -> None:
    reasons = emitted_words() - emitted_flags() | {"NO_BASELINE"}
    assert {"MONITOR_ONLY", "PACE", "NO_DEADLINE_VALUE"} <= reasons
    assert reasons - set(REASONS) == set()


def test_every_flag_of_the_decision_table_has_its_label() -> None:
    flags = emitted_flags()
    assert {"PROVISIONAL", "STALE"} <= flags
    assert flags - set(FLAGS) == set()


def test_speaker_fills_in_values_in_its_language() -> None:
    assert Speaker("ja")("bad_date", text="x") == "日付は YYYY-MM-DD で書いてください: x"
    assert Speaker("en")("bad_date", text="x") == "write the date as YYYY-MM-DD: x"


def test_unknown_word_is_shown_as_it_is() -> None:
    assert Speaker("en").word(STATUSES, "brand_new") == "brand_new"
    assert Speaker("en").word(STATUSES, "missed") == "missed"
    assert Speaker("ja").word(STATUSES, "missed") == "未達成"


@pytest.mark.parametrize(
    ("language", "ja", "en", "picked"),
    [
        ("ja", "甲", "A", "甲"),
        ("en", "甲", "A", "A"),
        ("en", "甲", None, "甲"),
        ("ja", None, "A", "A"),
        ("ja", None, None, ""),
    ],
)
def test_other_language_stands_in_for_a_missing_text(
    language: str, ja: str | None, en: str | None, picked: str
) -> None:
    assert Speaker(language).pick(ja, en) == picked


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "ja"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "ja"),
        ({"LANG": "en_US", "LC_ALL": "ja_JP"}, "ja"),
        ({"LANG": "ja_JP", "MIERUKA_LANG": "en"}, "en"),
    ],
)
def test_language_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("MIERUKA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_language() == language
    assert language in LANGUAGES


def test_every_class_of_a_published_method_has_its_label() -> None:
    text = sql("marts", "scheme_comparison.sql")
    emitted = set(re.findall(r"(?:then|else)\s+'([a-z_]+)'", text)) | {
        "ahead",
        "on_track",
        "behind",
        "far_behind",
    }
    assert {"thunderstorm", "target_achieved", "needs_improvement"} <= emitted
    assert emitted - set(outlook.CLASSES) == set()
    methods = set(re.findall(r"^    \('([a-z_0-9]+)',", text, re.MULTILINE))
    assert methods == set(outlook.METHODS)


def test_every_trend_model_and_reason_of_a_projection_has_its_label() -> None:
    trend = sql("marts", "kpi_trend.sql")
    words = set(
        re.findall(r"(?:then|else) '([a-z_]+)'", trend[trend.index("lowest_value = highest_value") :])
    )
    assert words == set(outlook.TRENDS)
    projection = sql("marts", "kpi_projection.sql") + sql("intermediate", "int_projection_curve.sql")
    models = set(re.findall(r"^\s+\('([a-z_]+)', '[a-z]+', \d", projection, re.MULTILINE))
    assert {"flat", "logit"} <= models
    assert models - set(outlook.MODELS) == set()
    # These are reasons of an interval or probability, which the command leaves out where there is none.
    reasons = set(re.findall(r"'([A-Z_]{5,})'", projection)) - {
        "NO_ERROR_MODEL",
        "PERFECT_FIT",
        "SHORT_SERIES",
    }
    assert "DEADLINE_PAST" in reasons
    assert reasons - set(outlook.PROJECTION_REASONS) == set()


def test_every_scheme_has_its_label() -> None:
    schemes = re.findall(
        r"\('([a-z_0-9]+)', '(?:measured|derived)'\)", sql("intermediate", "int_progress.sql")
    )
    assert set(schemes) == set(SCHEMES)
