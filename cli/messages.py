"""Every message in Japanese and English."""

from __future__ import annotations

import os

LANGUAGES = ("ja", "en")

TEXTS: dict[str, tuple[str, str]] = {
    # usage
    "description": (
        "日本の地方行財政改革の進み具合を、出典まで遡れる数値で示す",
        "Shows whether Japan's local-government reforms are on track, with figures traceable to their source",
    ),
    "help_run": ("取得・検査・構築・公開を行い、成績表を表示する", "acquire, check, build, publish, and print the scorecard"),
    "help_fetch": ("取得だけを行う", "acquire only"),
    "help_status": ("成績表を表示する", "print the scorecard"),
    "help_explain": ("判定の計算と、各数値の出典を表示する", "show the arithmetic of a verdict and the source of each figure"),
    "help_sources": ("データ源の一覧を表示する", "list the sources"),
    "help_check": ("ファイルの不備を調べる（倉庫には触れない）", "report the defects of a file without touching the warehouse"),
    "help_sql": ("公開された倉庫に読み取り専用で問い合わせる", "run a read-only query on the published warehouse"),
    "help_lang": ("表示の言語", "language of messages"),
    "help_home": ("倉庫の置き場所", "home folder of the warehouse"),
    "help_origin": ("公表ファイルを読むフォルダー", "folder to read publisher files from"),
    "help_offline": ("通信をしない", "use no network"),
    "help_full": ("変わっていないものも作り直す", "redo even what has not changed"),
    "help_json": ("JSONで出力する", "print JSON"),
    "help_csv": ("CSVで出力する", "print CSV"),
    "help_as_of": ("その日までに知られていたことだけで判定する（YYYY-MM-DD）", "judge with what was known on that day (YYYY-MM-DD)"),
    "help_kpi": ("KPIまたは指標の番号", "id of a KPI or measure"),
    "help_area": ("団体コード（6桁）", "area code (6 digits)"),
    "help_source": ("データ源の番号", "id of the source"),
    "help_query": ("SQL", "SQL"),
    "help_file": ("調べるファイルまたはフォルダ", "file or folder to check"),
    "help_html": ("報告をこのHTMLページに書く", "write the report to this HTML page"),
    "usage_error": ("使い方の誤り: {detail}（`mieruka --help` で使い方を表示）", "usage error: {detail} (see `mieruka --help`)"),
    "bad_date": ("日付は YYYY-MM-DD で書いてください: {text}", "write the date as YYYY-MM-DD: {text}"),
    "bad_area": ("団体コードは検査数字を含む6桁です: {text}", "an area code has six digits with a check digit: {text}"),
    # failures
    "not_published": (
        "公開された倉庫がまだありません（{path}）。`mieruka run` を実行してください",
        "nothing is published yet ({path}): run `mieruka run`",
    ),
    "unknown_kpi": ("そのようなKPIも指標もありません: {text}。近いもの: {near}", "no such KPI or measure: {text}. Nearest: {near}"),
    "unknown_source": ("そのようなデータ源はありません: {text}。あるもの: {known}", "no such source: {text}. Known: {known}"),
    "unknown_area": ("この指標には団体 {text} の数値がありません", "this measure has no figures for area {text}"),
    "no_origin": ("フォルダーがありません: {path}", "no such folder: {path}"),
    "no_file": ("ファイルがありません: {path}", "no such file: {path}"),
    "no_source_for_file": (
        "どのデータ源のファイルか分かりません: {path}。--source で指定してください（{known}）",
        "cannot tell which source this file belongs to: {path}. Name it with --source ({known})",
    ),
    "before_everything": (
        "{day} より前に知られていた数値はありません。{first} 以後の日を指定してください",
        "nothing was known on {day}: choose a day from {first} on",
    ),
    "busy": ("別の実行がこの倉庫を書いています（{path}）。終わってからもう一度実行してください", "another run is writing this warehouse ({path}): try again when it has ended"),
    "unwritable": ("倉庫に書き込めません: {detail}", "the warehouse cannot be written: {detail}"),
    "run_failed": ("公開しませんでした。公開済みの倉庫はそのままです", "not published; the published warehouse is untouched"),
    "description_error": ("データ源の記述に誤りがあります: {detail}", "a source description is wrong: {detail}"),
    "sql_error": ("SQLの誤り: {detail}", "SQL error: {detail}"),
    # run
    "step_acquire": ("取得", "acquire"),
    "step_land": ("検査・格納", "check and land"),
    "step_load": ("準備", "prepare"),
    "step_build": ("モデル構築", "build models"),
    "step_gate": ("品質検査", "quality gate"),
    "step_publish": ("公開", "publish"),
    "unchanged": ("変更はありません。公開済みの倉庫をそのまま使います", "nothing changed; the published warehouse stays"),
    "published": ("公開しました: {path}（{seconds:.0f}秒、変わったデータ源 {sources}、変わった数値 {figures}）", "published: {path} ({seconds:.0f} s, sources changed {sources}, figures changed {figures})"),
    "defects": ("不備 {count} 件（該当する行またはファイルだけを除いて公開。`mieruka sources` と meta.defect に一覧）", "{count} defects (only those rows or files were left out; see `mieruka sources` and meta.defect)"),
    "source_failed": ("取得できないファイル: {detail}", "could not be acquired: {detail}"),
    "gate_report": ("品質検査の報告: {path}", "report of the quality gate: {path}"),
    "fetched": ("{source}: {files} ファイル", "{source}: {files} files"),
    # scorecard
    "scorecard_title": ("経済・財政再生計画 改革工程表の成績表（{day} 時点の判定）", "Scorecard of the reform roadmap (evaluated on {day})"),
    "latest": ("最新", "latest"),
    "target": ("目標", "target"),
    "baseline": ("基準", "baseline"),
    "successor": ("後継目標", "successor target"),
    "forecast": ("見込み", "forecast"),
    "claim": ("公式の言明（数値なし）", "official claim (no value)"),
    "reference": ("参考", "reference"),
    "areas_available": ("{count} 団体の数値あり（explain --area で表示）", "figures for {count} areas (see explain --area)"),
    "would_hold": ("掲載される公表物", "publication that would hold it"),
    "no_figure": ("数値なし", "no figure"),
    "progress": ("進捗", "progress"),
    "elapsed": ("経過", "elapsed"),
    "pace": ("速度", "pace"),
    "known_from": ("{day} 公表", "published {day}"),
    "no_kpi": ("固有のKPIはありません。関連する指標:", "no KPI of its own; related indicators:"),
    "letters": ("記号: A {A}・B {B}・N {N}・F {F}（A＝経過以上に進捗、B＝それに及ばない、N＝評価できない、F＝数値目標なし）", "letters: A {A}, B {B}, N {N}, F {F} (A at least as far as time elapsed, B less, N cannot be judged, F no numeric target)"),
    "bar_legend": ("棒: = は進捗、| は経過からみた計画上の位置", "bar: = progress, | where the plan expects it"),
    "pending_due": ("目標の設定期限 {day}", "the target itself was due {day}"),
    "not_set": ("目標は未設定", "target not set yet"),
    "no_target": ("目標の記載なし", "no target stated"),
    "increase": ("増加", "increase"),
    "decrease": ("減少", "decrease"),
    "no_deadline": ("期限は未設定", "no deadline set"),
    "at_least": ("{value}以上", "at least {value}"),
    "at_most": ("{value}以下", "at most {value}"),
    "equal_to": ("{value}", "{value}"),
    "cut_of": ("{value}以上の削減", "a cut of at least {value}"),
    "about": ("約{value}", "about {value}"),
    "met_on": ("目標を満たした最初の数値 {day}", "first figure that meets the target {day}"),
    "deadline_value": ("期限の値", "value at the deadline"),
    # explain
    "explain_measure": ("指標", "measure"),
    "explain_area": ("団体", "area"),
    "explain_series": ("系列の定義", "definition of the series"),
    "explain_version": ("目標の版", "target version"),
    "explain_primary": ("工程表の目標", "the roadmap's own target"),
    "explain_other": ("別の目標", "another target"),
    "explain_verdict": ("判定", "verdict"),
    "explain_arithmetic": ("計算", "arithmetic"),
    "explain_figures": ("判定に使える数値", "figures that enter the verdict"),
    "explain_excluded": ("判定に入らない数値", "figures that do not enter"),
    "explain_history": ("判定の移り変わり", "history of the verdict"),
    "explain_source": ("出典", "source"),
    "explain_ours": ("当方のファイル", "our file"),
    "explain_none": ("なし", "none"),
    "doubling_differs": ("別の読みの目標 {version}: {value}。印刷された目標とは異なります", "another reading of the target, {version}: {value}; it differs from the printed one"),
    # sources
    "source_files": ("ファイル", "files"),
    "source_licence": ("利用条件", "licence"),
    "source_cadence": ("周期", "cadence"),
    "source_last": ("最終取得", "last retrieved"),
    "source_defects": ("不備", "defects"),
    "source_error": ("直近の失敗", "last error"),
    "days_ago": ("{days}日前", "{days} days ago"),
    "warnings": (
        "ほかに注意 {count} 件（値は公表のまま採用。`mieruka sources` と meta.defect に一覧）",
        "{count} further warnings; the figures stay as published (see `mieruka sources` and meta.defect)",
    ),
    "no_file_held": ("ファイルなし", "no file held"),
    "never_genuine": ("公表ファイルでは未検証の様式", "form not yet tried on a genuine file"),
    "files_refused": ("不採用 {count} 件", "{count} refused"),
    "table_held": ("{files} ファイル、{figures:,} 件、{span}", "{files} files, {figures:,} figures, {span}"),
    "more_in_json": ("ほか {count} 件（--json で全部）", "{count} more (all with --json)"),
    "and_others": ("（ほか {count} 件も同じ）", " (and {count} more alike)"),
    # check
    "check_page": ("報告を書きました: {path}", "report written: {path}"),
}  # fmt: skip

STATUSES: dict[str, tuple[str, str]] = {
    "monitor_only": ("事後に検証", "monitored only"),
    "no_target": ("目標なし", "no target"),
    "target_pending": ("目標未設定", "target pending"),
    "improving": ("改善", "improving"),
    "flat": ("横ばい", "flat"),
    "worsening": ("悪化", "worsening"),
    "baseline_only": ("基準値のみ", "baseline only"),
    "no_data": ("数値なし", "no data"),
    "deadline_pending": ("期限未設定", "deadline pending"),
    "not_comparable": ("比較できない", "not comparable"),
    "maintained": ("維持", "maintained"),
    "slipped": ("後退", "slipped"),
    "achieved": ("達成", "achieved"),
    "ahead": ("計画以上", "ahead"),
    "on_track": ("ほぼ計画どおり", "on track"),
    "behind": ("遅れ", "behind"),
    "far_behind": ("大きく遅れ", "far behind"),
    "reversing": ("逆行", "reversing"),
    "achieved_then_slipped": ("達成後に後退", "achieved, then slipped"),
    "missed": ("未達成", "missed"),
    "achieved_late": ("期限後に達成", "achieved late"),
    "achieved_date_unknown": ("達成（時期不明）", "achieved, date unknown"),
    "overdue_no_final_data": ("期限の数値なし", "overdue, no final data"),
}

REASONS: dict[str, tuple[str, str]] = {
    "MONITOR_ONLY": ("工程表が「事後的に検証する指標」としている", "the plan only verifies it afterwards"),
    "NO_TARGET": ("工程表に目標の記載がない", "the plan states no target"),
    "TARGET_PENDING": ("目標そのものがまだ設定されていない", "the target itself is still to be set"),
    "DIRECTION": ("目標は向きだけ（増加・減少）", "the target is a direction only"),
    "DEADLINE_PENDING": ("目標値はあるが期限が未設定", "the level is set, the deadline is not"),
    "NO_DATA": ("知られた数値がない", "no figure is known"),
    "SERIES_BREAK": ("定義の異なる系列の数値しかない", "only figures across a break in series"),
    "MET_EARLY": ("期限の前に目標を満たしている", "met before the deadline"),
    "BASELINE_ONLY": ("基準値のほかに数値がない", "only the baseline is known"),
    "NO_BASELINE": ("基準値がなく、進捗を計算できない", "without a baseline progress cannot be computed"),
    "SLIPPED": ("一度満たしたが、今は満たしていない", "met once, not now"),
    "MAINTAINED": ("維持すべき水準を保っている", "the level to be kept is kept"),
    "PACE": ("期限の前。進捗と経過の比による", "before the deadline: progress against time elapsed"),
    "MET_AT_DEADLINE": ("期限の値が目標を満たした", "the value at the deadline met the target"),
    "MISSED": ("期限の値が目標に届かなかった", "the value at the deadline did not meet the target"),
    "MET_BEFORE_DEADLINE": ("期限の前に満たし、その後も下回っていない", "met before the deadline and never below since"),
    "DEADLINE_BRACKETED": ("期限の前は下回り、後では満たす。期限での値は不明", "below before the deadline, met after it; not known at it"),
    "MISSED_LATER": ("期限後の数値がまだ届かず、途中で届いたはずもない", "still below after the deadline, and it cannot have been higher between"),
    "NO_DEADLINE_VALUE": ("期限は過ぎたが、期限の値が見つかっていない", "the deadline is past and its value was not found"),
}  # fmt: skip

FLAGS: dict[str, tuple[str, str]] = {
    "PROVISIONAL": ("速報値による暫定の判定", "provisional: rests on a preliminary figure"),
    "STALE": ("最新の数値が550日より古い", "the latest figure is older than 550 days"),
    "TARGET_ADOPTED_LATER": ("この日より後に決まった目標で判定", "judged on a target adopted later"),
    "NO_BASELINE": ("基準値なし", "no baseline"),
    "TARGET_APPROXIMATE": ("目標値は約", "the target is approximate"),
    "DEADLINE_APPROXIMATE": ("期限は目途", "the deadline is approximate"),
    "DIFFERS_FROM_DEFAULT": (
        "既定の方式とは記号が異なる",
        "the letter differs from that of the default scheme",
    ),
    "REPLAY_OPTIMISTIC": (
        "公表日の分からない数値を使った",
        "rests on a figure whose release date is unknown",
    ),
}

DATE_BASES: dict[str, tuple[str, str]] = {
    "printed": ("印刷", "printed"),
    "before_plan": ("計画開始の直前の数値", "last figure before the plan"),
    "first_observed": ("計画開始後の最初の数値", "first figure after the plan began"),
    "none": ("なし", "none"),
}


def default_language() -> str:
    """Return the language of the environment; Japanese where it names neither."""
    for name in ("MIERUKA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value[:2] in LANGUAGES:
            return value[:2]
    return "ja"


def choose(pair: tuple[str, str], language: str) -> str:
    """Return the text of a pair in a language."""
    return pair[LANGUAGES.index(language)]


class Speaker:
    """Messages in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Return a message with its values filled in."""
        return choose(TEXTS[key], self.language).format(**values)

    def word(self, table: dict[str, tuple[str, str]], key: str) -> str:
        """Return the label of a word of a vocabulary, or the word itself."""
        return choose(table[key], self.language) if key in table else key

    def pick(self, ja: str | None, en: str | None) -> str:
        """Return the text of this language, or the other where it is missing."""
        chosen, other = (ja, en) if self.language == "ja" else (en, ja)
        return chosen or other or ""
