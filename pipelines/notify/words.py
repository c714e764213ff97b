"""The words of notifications: titles of the kinds of events, heads and ends of messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.languages import choose
from pipelines.notify.events import Event, Kind, Severity

TITLES: dict[Kind, tuple[str, str]] = {
    "publication": ("公開", "published"),
    "new_file": ("新しいファイル", "new files"),
    "figures_changed": ("数値の追加・改定", "figures added or revised"),
    "figures_lost": ("なくなった数値", "figures gone"),
    "verdict_changed": ("判定の変化", "verdict changed"),
    "source_failed": ("データ源の失敗", "source failed"),
    "source_recovered": ("データ源の回復", "source recovered"),
    "source_overdue": ("公表の遅れ", "publication overdue"),
    "gate_closed": ("公開を止めた品質検査", "gate closed"),
    "run_failed": ("失敗した実行", "run failed"),
    "events_dropped": ("捨てた通知", "events dropped"),
}

SEVERITY_WORDS: dict[Severity, tuple[str, str]] = {
    "info": ("お知らせ", "info"),
    "warning": ("注意", "warning"),
    "error": ("失敗", "error"),
}

# Why a verdict is another one, as `meta.verdict_change` has it.
CAUSES: dict[str, tuple[str, str]] = {
    "figure": ("数値が変わった", "a figure changed"),
    "target": ("目標が変わった", "the target changed"),
    "calendar": ("日が過ぎた", "days passed"),
    "rule": ("判定の決まりまたはコードが変わった", "the rules or the code changed"),
}


def subject(events: Sequence[Event], language: str) -> str:
    """Return one line that says how much of what is told, such as `Mieruka: 公開 1、判定の変化 2`."""
    counts = Counter(event.kind for event in events)
    comma = "、" if language == "ja" else ", "
    return "Mieruka: " + comma.join(
        f"{choose(TITLES[kind], language)} {count}" for kind, count in counts.items()
    )


def one_line(event: Event, language: str) -> str:
    """Return the text of an event on one line."""
    return " ".join(event.text(language).split())


def head(event: Event, language: str) -> str:
    """Return what kind of event it is and how much it matters, such as `判定の変化（注意）`."""
    title, severity = choose(TITLES[event.kind], language), choose(SEVERITY_WORDS[event.severity], language)
    return f"{title}（{severity}）" if language == "ja" else f"{title} ({severity})"
