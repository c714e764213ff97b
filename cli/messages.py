"""Every message in Japanese and English."""

from __future__ import annotations

import os

from pipelines.verdict_words import STATUSES as STATUSES

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
    "help_savings": ("民間委託・クラウド等による効果額を、記入した様式から算出する", "compute the saving from outsourcing, cloud adoption and the like from a filled-in form"),
    "help_report": ("公開された倉庫のウェブページと、そのそばにAPI・フィード・目録を書く（フォルダーからも開ける）", "write the web pages of the published warehouse, with API, feed and catalog beside them (they open from a folder too)"),
    "help_report_to": ("書く先のフォルダー（既定は倉庫の reports/site）", "folder to write to (default: reports/site in the home)"),
    "help_contact": ("誤りの知らせ先（メールアドレスまたは https の頁。MIERUKA_CONTACT でも指定できる）", "where errors are reported: a mail address or an https page (also MIERUKA_CONTACT)"),
    "help_only_pages": ("API・フィード・目録を頁のそばに書かない（団体が多いと数百MBになる）", "do not write API, feed and catalog beside the pages (with many bodies they take hundreds of MB)"),
    "help_report_offline": ("通信をしない（このコマンドはもともと通信しない）", "use no network (this command never does)"),
    "help_versions": ("保存している版の一覧を表示する", "list the versions kept"),
    "help_diff": ("二つの版の違いを表示する", "print what changed between two versions"),
    "help_rollback": ("前の版をもう一度公開する", "publish an earlier version again"),
    "help_rebuild": ("版を目録（manifest.json）から作り直し、同じになるかを確かめる", "build a version again from its manifest, and see whether it comes out the same"),
    "help_version": ("版の番号、latest（公開中の版）または previous（その前の版）", "id of the version, `latest` (published now) or `previous` (the one before)"),
    "help_version_or_file": ("版の番号、latest、previous、または公開された .duckdb ファイル", "id of a version, `latest`, `previous`, or a published .duckdb file"),
    "help_version_or_manifest": ("版の番号、latest、previous、または manifest.json", "id of a version, `latest`, `previous`, or a manifest.json"),
    "help_rebuild_to": ("作り直す先の空のフォルダー", "empty folder to build it in"),
    "help_rebuild_force": ("コードが違っていても作り直す", "build it also with other code"),
    "help_sql": ("公開された倉庫に読み取り専用で問い合わせる", "run a read-only query on the published warehouse"),
    "help_completion": ("シェルの補完の設定を出力する", "print what a shell reads to complete commands"),
    "help_shell": ("シェル", "the shell"),
    "help_help": ("この説明を表示する", "show this help"),
    "usage_heading": ("使い方: ", "usage: "),
    "arguments_heading": ("引数", "arguments"),
    "options_heading": ("オプション", "options"),
    "examples_heading": ("例:", "examples:"),
    "arguments_missing": ("足りない引数: {names}", "missing: {names}"),
    "arguments_unknown": ("知らない引数: {names}", "unknown: {names}"),
    "argument_empty": ("{name} に値がありません", "{name} needs a value"),
    "arguments_exclusive": ("{name} と {other} は一緒に使えません", "{name} does not go with {other}"),
    "argument_choice": ("{name} に「{text}」は使えません。使えるもの: {known}", "{name} cannot be `{text}`; it is one of {known}"),
    "help_lake": ("多くの団体の固定資産台帳を、共有のレイク（DuckLake）に入れ、集計し、問い合わせる", "load registers of many bodies into a shared lake (DuckLake), build its tables, ask it"),
    "help_lake_action": ("load＝台帳を入れる、build＝表を作る、sql＝問い合わせる", "load registers, build the tables, or run a query"),
    "help_lake_from": ("読み取った台帳のフォルダー（既定は倉庫の raw/register）", "folder of landed registers (default: raw/register in the home)"),
    "help_lake_as_of": ("その日の終わりの姿に問い合わせる", "ask the lake as it was at the end of that day"),
    "lake_query": ("問い合わせは `mieruka lake sql \"…\"` だけに付けます", "a query goes with `mieruka lake sql \"…\"`, and only with that"),
    "lake_not_configured": ("環境変数 {name} でレイクの場所を指定してください（パスワードは含めず、PGPASSWORD か PGPASSFILE に）", "say where the lake is with the variable {name} (without password: that goes into PGPASSWORD or PGPASSFILE)"),
    "lake_no_registers": ("台帳がありません: {path}", "no registers in {path}"),
    "lake_loaded": ("{registers}台帳、{lines:,}行: 新規 {loaded}、差し替え {replaced}、変更なし {unchanged}", "{registers} registers, {lines:,} lines: {loaded} loaded, {replaced} replaced, {unchanged} unchanged"),
    "lake_built": ("表を作りました。スナップショット {version} の明細による。結果はスナップショット {result}", "tables built from the lines of snapshot {version}; the result is snapshot {result}"),
    "lake_no_extension": ("レイクに必要な拡張がありません: {detail}（`pip install '{detail}'`）", "an extension that the lake needs is not installed: {detail} (`pip install '{detail}'`)"),
    "lake_no_snapshot": ("レイクには {detail} 以前の姿がありません", "the lake has no snapshot as old as {detail}"),
    "lake_not_one_register": ("別の団体または年度の行が混じっています: {detail}", "holds lines of another body or year: {detail}"),
    "lake_busy": ("ほかの書き手と競合し続けました。あとでもう一度実行してください", "other writers won every try; run it again later"),
    "lake_error": ("レイクで失敗しました: {detail}", "the lake failed: {detail}"),
    "help_serve": ("公開された倉庫を、ほかの機械の読み手に読み取り専用で提供する（既定はこの機械だけ）", "serve the published warehouse read-only to remote readers (on this machine only, by default)"),
    "help_serve_host": ("待ち受けるアドレス", "address to listen on"),
    "help_serve_port": ("待ち受けるポート（0＝空いているもの）", "port to listen on (0: any free one)"),
    "help_serve_token": ("合言葉を書いたファイル（既定は環境変数 MIERUKA_SERVE_TOKEN）", "file with the token (default: the variable MIERUKA_SERVE_TOKEN)"),
    "help_serve_remote": ("この機械の外からも受け付ける（TLSを終端する代理サーバーの後ろで使う）", "accept readers from other machines too (behind a proxy that ends TLS)"),
    "help_serve_memory": ("問い合わせが使えるメモリー（MiB）", "memory for queries (MiB)"),
    "help_serve_threads": ("問い合わせが使うスレッドの数", "threads for queries"),
    "help_serve_seconds": ("一つの問い合わせの最長の秒数", "longest time of one query, in seconds"),
    "help_lang": ("表示の言語", "language of messages"),
    "help_home": ("倉庫の置き場所", "home folder of the warehouse"),
    "help_origin": ("公表ファイルを読むフォルダー", "folder to read publisher files from"),
    "help_offline": ("通信をしない", "use no network"),
    "help_full": ("変わっていないものも作り直す", "redo even what has not changed"),
    "help_accept": ("品質検査のうち公開済みの倉庫との比較（この名のもの）が止めても公開する（繰り返せる）", "publish although this suite of the gate, a comparison with what is published, would block (may be repeated)"),
    "unknown_suite": ("そのような比較はありません: {text}。あるもの: {known}", "no such comparison: {text}. Known: {known}"),
    "help_config": ("通知の設定を表示し、確かめる", "show and check the configuration of notifications"),
    "help_config_file": ("通知の設定ファイル（既定は倉庫の mieruka.toml）", "configuration of notifications (default: mieruka.toml in the home)"),
    "help_config_template": ("すべての項目を説明した設定ファイルを出力する", "print a configuration with every key explained"),
    "help_config_trial": ("それぞれの受け手に試しの通知を送る", "send each receiver a trial"),
    "help_wait": ("ほかの実行が終わるのを待つ（秒数を書けばその間だけ）", "wait for another run to end (for SECONDS if given)"),
    "help_full_source": ("--full をこのデータ源に限る（繰り返せる）", "limit --full to this source (may be repeated)"),
    "help_period": ("--full をこれらの年度のファイルに限る", "limit --full to the files of these fiscal years"),
    "help_json": ("JSONで出力する", "print JSON"),
    "help_csv": ("CSVで出力する", "print CSV"),
    "help_as_of": ("その日までに知られていたことだけで判定する（YYYY-MM-DD）", "judge with what was known on that day (YYYY-MM-DD)"),
    "help_kpi": ("KPIまたは指標の番号", "id of a KPI or measure"),
    "help_area": ("団体コード（6桁）", "area code (6 digits)"),
    "help_source": ("データ源の番号", "id of the source"),
    "help_query": ("SQL（- は標準入力から読む）", "SQL (- reads it from the standard input)"),
    "help_query_file": ("SQLをこのファイルから読む", "read the SQL from this file"),
    "help_format": (
        "出力の形（table＝表、records＝一行ずつ縦に、markdown、csv、json。既定は table）",
        "form of the output: table, records (each row as lines), markdown, csv, json (default: table)",
    ),
    "help_limit": ("表示する行数（0 はすべて。端末では既定で200行まで）", "rows to print (0 for all; a terminal shows 200 unless told)"),
    "help_file": ("調べるファイルまたはフォルダ", "file or folder to check"),
    "help_form": ("記入した様式（.xlsx または .csv）", "the filled-in form (.xlsx or .csv)"),
    "help_template": ("空の様式をこのファイルに書く（.xlsx または .csv）", "write the empty form to this file (.xlsx or .csv)"),
    "help_observations": ("`run --origin` で読み込める数値の表を書く（名は .savings.csv で終わる）", "write the figures as a table that `run --origin` reads (named *.savings.csv)"),
    "help_html": ("報告をこのHTMLページに書く", "write the report to this HTML page"),
    "usage_error": ("使い方の誤り: {detail}（`mieruka --help` で使い方を表示）", "usage error: {detail} (see `mieruka --help`)"),
    "bad_date": ("日付は YYYY-MM-DD で書いてください: {text}", "write the date as YYYY-MM-DD: {text}"),
    "only_with_full": ("--source と --period は --full と一緒に使います", "--source and --period go with --full"),
    "bad_period": ("年度は FY2015 または FY2015..FY2020 と書いてください: {text}", "write the fiscal years as FY2015 or FY2015..FY2020: {text}"),
    "bad_area": ("団体コードは検査数字を含む6桁です: {text}", "an area code has six digits with a check digit: {text}"),
    # export
    "help_export": ("公開された倉庫を CSV・XLSX・Parquet のデータパッケージ、または静的なJSONのAPIとして書き出す", "write the published warehouse as a data package of CSV, XLSX and Parquet, or as an API of static JSON"),
    "help_export_to": ("書き出す先のフォルダー", "folder to write to"),
    "help_export_format": ("形式: parquet, csv, xlsx, api（コンマ区切り。既定は parquet,csv,xlsx）", "formats: parquet, csv, xlsx, api (comma-separated; default parquet,csv,xlsx)"),
    "help_export_table": ("この表だけ（繰り返せる。figures は名称付きの数値一覧）", "only this table (may be repeated; figures is the list of figures with names)"),
    "help_export_area": ("この団体だけ（6桁の団体コード。繰り返せる）", "only this area (6-digit code; may be repeated)"),
    "help_export_prefecture": ("この都道府県とその市区町村だけ（2桁または6桁のコード。繰り返せる）", "only this prefecture and its municipalities (code of 2 or 6 digits; may be repeated)"),
    "help_export_item": ("この項目だけ（繰り返せる）", "only this item (may be repeated)"),
    "help_export_years": ("この年度だけ（FY2015 または FY2015..FY2020）", "only these fiscal years (FY2015 or FY2015..FY2020)"),
    "help_base_url": ("公開するアドレス（api・フィード・カタログのリンクに使う）", "address of publication, for links of api, feed and catalog"),
    "unknown_format": ("そのような形式はありません: {text}。あるもの: {known}", "no such format: {text}. Known: {known}"),
    "unknown_export_table": ("そのような表はありません: {text}。近いもの: {near}", "no such table: {text}. Nearest: {near}"),
    "unknown_export_area": ("そのコードの団体はありません: {text}。近いもの: {near}", "no area of this code: {text}. Nearest: {near}"),
    "unknown_export_prefecture": ("そのコードの都道府県はありません: {text}。近いもの: {near}", "no prefecture of this code: {text}. Nearest: {near}"),
    "unknown_export_item": ("そのような項目はありません: {text}。近いもの: {near}", "no such item: {text}. Nearest: {near}"),
    "bad_base_url": ("--base-url には http:// か https:// で始まるアドレスを書いてください: {text}", "--base-url takes an address that begins with http:// or https://: {text}"),
    "export_not_a_folder": ("フォルダーではありません: {path}", "not a folder: {path}"),
    "export_in_home": ("倉庫そのものの中には書き出せません: {path}", "cannot write into the warehouse itself: {path}"),
    "export_other_files": ("{path} にはほかのファイルやフォルダーが {count} 件あります。それらには触れません", "{path} has {count} other files or folders; they are left alone"),
    "export_foreign_file": ("書き出しによらないファイルがすでにあります: {path}。何も変えていません。別のフォルダーを指定してください", "a file that no export wrote is in the way: {path}. Nothing was changed; name another folder"),
    "export_too_many_rows": ("{table} は {rows:,} 行あり、Excelの1シート（{most:,} 行）に収まりません。--prefecture・--item・--years で範囲を選ぶか、csv・parquet を使ってください", "{table} has {rows:,} rows, and a sheet of Excel holds {most:,}: choose with --prefecture, --item or --years, or use csv or parquet"),
    "export_left_out": ("XLSXに入れていません: {table}（{rows:,} 行。Excelの1シートに収まらない）。範囲を選ぶか、csv・parquet を使ってください", "not in the XLSX: {table} ({rows:,} rows, more than a sheet of Excel holds): choose rows, or use csv or parquet"),
    "export_text_too_long": ("Excelのセルに収まらない文字列があります: {place}。csv か parquet を使ってください", "a text is too long for a cell of Excel: {place}; use csv or parquet"),
    "export_older_warehouse": ("この倉庫は前の版のプログラムによるものです。`mieruka run` で公開し直してください（{detail}）", "this warehouse was made by an earlier version of the program: publish it again with `mieruka run` ({detail})"),
    "export_api_is_whole": ("api はいつも全体を書き出します。表や範囲を選ぶときは parquet・csv・xlsx を使ってください", "api is always written whole: choose tables or rows with parquet, csv or xlsx"),
    "exported": ("書き出しました: {path}（{files}。{rows:,} 行）", "exported: {path} ({files}; {rows:,} rows)"),
    "chosen_tables": ("表 {text}", "tables {text}"),
    "chosen_areas": ("団体 {text}", "areas {text}"),
    "chosen_prefectures": ("都道府県 {text}", "prefectures {text}"),
    "chosen_items": ("項目 {text}", "items {text}"),
    "chosen_years": ("年度 {text}", "fiscal years {text}"),
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
    "busy": (
        "別の実行がこの倉庫を書いています（{path}: {holder}）。終わってからもう一度実行するか、--wait を付けてください",
        "another run is writing this warehouse ({path}: {holder}): try again when it has ended, or use --wait",
    ),
    "waiting": ("別の実行が終わるのを待っています（{path}: {holder}）", "waiting for another run to end ({path}: {holder})"),
    "bad_wait": ("--wait には0以上の秒数を書いてください: {text}", "--wait takes a number of seconds, 0 or more: {text}"),
    "disk_full": (
        "ディスクに空きがありません: {path}（{detail}。空きは {free} バイト）。空きを作ってもう一度実行してください",
        "the disk is full: {path} ({detail}; {free} bytes are free): make room and run again",
    ),
    "read_only": ("書き込みできない場所です: {path}（{detail}）。読み取りの命令は使えます", "this place cannot be written: {path} ({detail}); commands that read still work"),
    "disk_broken": (
        "ディスクの読み書きに失敗しました: {path}（{detail}）。機器と接続を確かめてからもう一度実行してください",
        "the disk failed: {path} ({detail}): check the device and its connection, then run again",
    ),
    "not_our_folder": ("別のものが入っているフォルダーには書きません: {path}", "this folder holds something else and is not written to: {path}"),
    "bad_contact": ("知らせ先はメールアドレスか https:// で始まるアドレスです: {text}", "the contact is a mail address or begins with https://: {text}"),
    "pages_written": (
        "ページを書きました: {path}（{pages:,} 頁、{files:,} ファイル、{size:.1f} MB、{seconds:.0f}秒）",
        "pages written: {path} ({pages:,} pages, {files:,} files, {size:.1f} MB, {seconds:.0f} s)",
    ),
    "unwritable": ("倉庫に書き込めません: {detail}", "the warehouse cannot be written: {detail}"),
    "run_failed": ("公開しませんでした。公開済みの倉庫はそのままです", "not published; the published warehouse is untouched"),
    "description_error": ("データ源の記述に誤りがあります: {detail}", "a source description is wrong: {detail}"),
    "sql_error": ("SQLの誤り: {detail}", "SQL error: {detail}"),
    "query_or_file": ("SQLか --file のどちらか一つを指定してください", "give either a query or --file"),
    "bad_limit": ("--limit には0以上の行数を書いてください: {text}", "--limit takes a number of rows, 0 or more: {text}"),
    "sql_one_query": ("問い合わせを一つだけ書いてください", "give exactly one query"),
    "sql_reads_only": (
        "読み取りだけができます（SELECT など）。変更、ファイル、通信、設定には触れられません",
        "queries only read (SELECT and the like): no changes, files, network or settings",
    ),
    "sql_no_table": ("表がありません: {name}", "no such table: {name}"),
    "sql_no_column": ("列がありません: {name}", "no such column: {name}"),
    "sql_near": ("。近いもの: {names}", ". Nearest: {names}"),
    "sql_syntax": ("文法の誤り（「{near}」の付近）", "syntax error near `{near}`"),
    "sql_more": (
        "ほかにも行があります（先頭の {limit} 行を表示）。すべては --limit 0、または --csv で",
        "there are more rows (the first {limit} are shown): --limit 0 or --csv gives all",
    ),
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
    # versions
    "no_versions": ("保存している版はまだありません", "no version is kept yet"),
    "version_day": ("判定日 {day}", "evaluated on {day}"),
    "version_counts": ("変わったデータ源 {sources}、変わった数値 {figures}", "sources changed {sources}, figures changed {figures}"),
    "held_since": ("{moment} にこの版に戻した", "rolled back to this on {moment}"),
    "unknown_version": ("そのような版はありません: {text}。あるもの: {known}", "no such version: {text}. Kept: {known}"),
    "no_published_file": ("公開された倉庫のファイルではありません: {path}", "not a published warehouse: {path}"),
    "unreadable_version": ("版を読めません: {detail}", "the version cannot be read: {detail}"),
    "diff_title": ("{old} から {new} までの変化", "changes from {old} to {new}"),
    "diff_nothing": ("違いはありません", "nothing differs"),
    "diff_counts": ("追加 {added:,}、変更 {changed:,}、削除 {removed:,}", "added {added:,}, changed {changed:,}, removed {removed:,}"),
    "diff_kpis": ("KPIの判定", "verdicts of KPIs"),
    "diff_verdicts": ("指標の判定", "verdicts of measures"),
    "diff_targets": ("目標", "targets"),
    "diff_series": ("系列", "series"),
    "diff_areas": ("団体", "areas"),
    "diff_files": ("ファイル", "files"),
    "diff_figures": ("数値", "figures"),
    "diff_more": ("それぞれ最初の {shown} 件。すべては --json で表示", "the first {shown} of each kind; all with --json"),
    "rolled_back": ("版 {version} をもう一度公開しました: {path}", "version {version} is published again: {path}"),
    "rollback_holds": (
        "入力が変わるか、`mieruka run --full` を実行するまで、この版のままにします",
        "it stays until the inputs change or `mieruka run --full` is run",
    ),
    "rollback_still_holds": (
        "{moment} に版 {version} に戻したままです。入力が変わるか、`mieruka run --full` を実行すると新しい版になります",
        "version {version} has been held since the rollback of {moment}; new inputs or `mieruka run --full` end that",
    ),
    "already_published": ("版 {version} はすでに公開されています", "version {version} is the published one"),
    "damaged_version": ("保存した版が壊れています: {detail}。別の版を指定してください", "the version kept is damaged: {detail}. Choose another"),
    "not_empty": ("空のフォルダーではありません: {path}", "not an empty folder: {path}"),
    "no_inputs_known": (
        "版 {version} には入力の記録がなく、作り直せません（目録を残す前の版）",
        "the inputs of version {version} were not recorded, so it cannot be built again (published before manifests were kept)",
    ),
    "bytes_missing": (
        "保管したファイル {count} 件がないか、中身が変わっています: {files}。archive に戻してください",
        "{count} archived files are missing or altered: {files}. Put them back into the archive",
    ),
    "other_code": (
        "この版を作ったコードと違います（版のコミット: {commit}）。そのコードで実行するか、--force を付けてください",
        "the code is not that which made this version (its commit: {commit}): run that code, or use --force",
    ),
    "other_code_used": ("版を作ったものと違うコードで作り直します（版のコミット: {commit}）", "building with other code than made the version (its commit: {commit})"),
    "other_library": ("ライブラリの版が違います: {name} {then} → {now}", "another version of a library: {name} {then} → {now}"),
    "rebuilt_equal": ("版 {version} と同じになりました（{tables} 表）", "equal to version {version} ({tables} tables)"),
    "rebuilt_other": ("版 {version} と違う表が {count} あります（全 {tables} 表）", "{count} tables differ from version {version} (of {tables})"),
    "rebuilt_same_rows": (
        "行数は版 {version} と同じです（{tables} 表）。DuckDBの版が違い、中身は比べられません",
        "the rows are as many as in version {version} ({tables} tables); another DuckDB, so their content cannot be compared",
    ),
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
    "explain_schemes": ("ほかの方式の判定（! は記号が異なる）", "the verdict by other schemes (! the letter differs)"),
    "explain_methods": ("公表されている評価方式（工程表の判定ではない。! は記号と食い違う）", "published methods (not the roadmap's verdict; ! disagrees with the letter)"),
    "explain_changes": ("目標の改定", "changes of the target"),
    "explain_pending": ("後で定めるとされた目標", "targets left to be set"),
    "explain_forecasts": ("政府の見込みと実績", "official forecasts and what happened"),
    "explain_trend": ("傾向", "trend"),
    "explain_projections": ("期限の推計（* は点の数により選ばれるモデル、[ ] は80%区間、P は達成の確率）", "projections to the deadline (* the model chosen by the number of points, [ ] 80% interval, P probability of attainment)"),
    "in_days": ("実日数", "real days"),
    "in_fiscal_years": ("年度の整数", "whole fiscal years"),
    "stringency": ("厳しさ {change}（改定前の差に対して）", "stringency {change} of the old gap"),
    "deadline_moved": ("期限 {days}日", "deadline {days} days"),
    "rebased": ("基準値も変更", "the baseline changed too"),
    "not_set_yet": ("{version}: {due} までに設定とされた。その日までに知られた設定は見つからない", "{version}: was to be set by {due}; no setting known by this day"),
    "set_after": ("{version}: {due} までに設定とされ、{by} が {on} に設定（期日から{days}日）", "{version}: was to be set by {due}; set by {by} on {on} ({days} days after it was due)"),
    "no_outcome": ("実績は見つからない", "no outcome known"),
    "outcome": ("実績 {value}（{day}）、差 {error}", "outcome {value} ({day}), error {error}"),
    "doubling_differs": ("別の読みの目標 {version}: {value}。印刷された目標とは異なります", "another reading of the target, {version}: {value}; it differs from the printed one"),
    # serve
    "serve_ready": ("{path} を quack:{host}:{port} で提供しています（止めるには Ctrl-C）", "serving {path} at quack:{host}:{port} (Ctrl-C to stop)"),
    "serve_following": ("新しい版が公開されたので、これからの接続にはそれを提供します", "a new version was published; new sessions get it"),
    "serve_restarted": ("提供する処理が終わっていたので、始め直しました", "the serving process had ended and was started again"),
    "serve_too_long": ("{seconds:g}秒を超えた問い合わせを打ち切りました", "a query that took longer than {seconds:g} s was ended"),
    "serve_trouble": ("新しい版を提供できません（今の版の提供は続けます）: {detail}", "the new version cannot be served (the present one goes on being served): {detail}"),
    "serve_ended": ("提供を終えました", "serving has ended"),
    "serve_not_started": ("提供を始められません: {detail}", "serving could not be started: {detail}"),
    "serve_address": ("このアドレスでは待ち受けられません（{host}:{port}）: {detail}", "cannot listen on {host}:{port}: {detail}"),
    "serve_no_extension": (
        "提供に必要な拡張がありません: {requirement}（`pip install '{requirement}'`。通信のない機械では、そのwheelを持ち込んでください）",
        "an extension that serving needs is not installed: {requirement} (`pip install '{requirement}'`; without a network, bring its wheel)",
    ),
    "serve_no_token": (
        "合言葉がありません。--token-file でファイルを指定するか、環境変数 {variable} に書いてください",
        "there is no token: name its file with --token-file, or set the variable {variable}",
    ),
    "serve_bad_token": ("合言葉は英数字と ._~+/=- の16～127文字にしてください", "a token has 16 to 127 letters, digits or ._~+/=-"),
    "serve_open_token": ("合言葉のファイルをほかの利用者も読めます: {path}（`chmod 600` してください）", "other users can read the token file: {path} (`chmod 600` it)"),
    "serve_not_loopback": (
        "{host} はこの機械の外から届くアドレスです。受け付けるなら --allow-remote を付けてください",
        "{host} can be reached from other machines; use --allow-remote if that is meant",
    ),
    "serve_bad_number": ("{name} には1以上の整数を書いてください: {text}", "{name} takes a whole number from 1 on: {text}"),
    # sources
    "source_files": ("ファイル", "files"),
    "source_licence": ("利用条件", "licence"),
    "source_cadence": ("周期", "cadence"),
    "source_last": ("最終取得", "last retrieved"),
    "source_defects": ("不備", "defects"),
    "source_error": ("直近の失敗", "last error"),
    "source_freshness": ("鮮度", "freshness"),
    "freshness_reason": ("{word}（{reason}）", "{word} ({reason})"),
    "freshness_days": ("{word}（最新 {newest}、次は {day} までの見込み。根拠: {basis}）", "{word} (newest {newest}, next by {day}; from {basis})"),
    "stale_table": (
        "更新されていません: {table} は {file}（{held} 取得）のままです。{since} から: {reason}",
        "stale: {table} still shows {file} (retrieved {held}), since {since}: {reason}",
    ),
    "overdue_title": ("公表の時期を過ぎてまだ持っていない公表物", "Publications past their time and not held yet"),
    "overdue_publication": (
        "{publisher}「{title}」最新 {newest}、次は {expected} までの見込み: {kpis}",
        "{publisher}, {title}: newest {newest}, next expected by {expected}: {kpis}",
    ),
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
    # notifications
    "config_error": ("通知の設定に誤りがあります\n{detail}", "the configuration of notifications is wrong\n{detail}"),
    "config_none": (
        "通知は設定されていません（{path} がありません）。`mieruka config --template` で様式を表示",
        "no notifications are configured (there is no {path}); `mieruka config --template` prints a form",
    ),
    "config_file": ("通知の設定: {path}", "configuration of notifications: {path}"),
    "config_waiting": ("未配達 {count} 件（{since} から: {reason}）", "{count} events wait (since {since}: {reason})"),
    "variable_unset": ("（環境変数が設定されていません）", " (this variable of the environment is not set)"),
    "trial_sent": ("{receiver}: 試しの通知を送りました", "{receiver}: trial sent"),
    "trial_failed": ("{receiver}: 送れません（{reason}）", "{receiver}: could not be told ({reason})"),
    "undelivered": (
        "通知を届けられません: {receiver}、{count} 件（{since} から: {reason}）。次の実行で再び送ります",
        "could not be told: {receiver}, {count} events (since {since}: {reason}); tried again by the next run",
    ),
    "notify_failed": ("通知できませんでした（実行の結果はそのままです）: {detail}", "nobody could be told (the run itself stands): {detail}"),
    # check
    "check_page": ("報告を書きました: {path}", "report written: {path}"),
    # savings
    "form_or_template": (
        "`savings FILE [--json] [--observations OUT.csv]` か `savings --template FILE` のどちらかです",
        "either `savings FILE [--json] [--observations OUT.csv]` or `savings --template FILE`",
    ),
    "template_suffix": ("様式は .xlsx か .csv に書きます: {path}", "the form is written as .xlsx or .csv: {path}"),
    "template_written": ("様式を書きました: {path}", "form written: {path}"),
    "already_there": ("すでにあるファイルには書きません: {path}", "this file is there already and is not overwritten: {path}"),
    "observations_name": (
        "`run --origin` が見つけられるよう、名を {pattern} の形にしてください: {path}",
        "name it like {pattern}, so that `run --origin` finds it: {path}",
    ),
    "observations_written": ("数値の表を書きました: {path}", "table of figures written: {path}"),
    "savings_title": ("歳出効率化の成果", "saving"),
    "savings_head": (
        "{year}年度（{month}月から）の見直し、{last}年度まで評価。数値は見直し前が{before}年度、後が{after}年度の{status}",
        "change in fiscal {year} (from month {month}), evaluated to fiscal {last}; figures before of fiscal {before}, after of fiscal {after} ({status})",
    ),
    "savings_population": ("人口 {population:,}人（{day}）、割引率 {rate}", "population {population:,} ({day}), discount rate {rate}"),
    "savings_no_rate": ("なし", "none"),
    "savings_examples": ("例として読まなかった行: {rows}", "rows not read, being examples: {rows}"),
    "savings_total": ("合計（{tasks}業務）", "All ({tasks} tasks)"),
    "savings_kind": ("{kind}（{tasks}業務）", "{kind} ({tasks} tasks)"),
    "savings_task": ("{name}［{kind}］", "{name} ({kind})"),
    "savings_cost": ("年間の経費", "cost a year"),
    "savings_saving": ("年間の効果額", "saving a year"),
    "savings_of_which": (
        "{saving:,}円（削減率 {rate}。うち支払いの減 {payments:,}円、職員の業務量の減 {staff:,}円）",
        "{saving:,} yen (rate {rate}; of which payments {payments:,} yen, staff time {staff:,} yen)",
    ),
    "savings_target": ("工程表の削減目標", "target of the roadmap"),
    "savings_against": (
        "{cut}%。経費全体 {rate} {verdict}、支払いだけ {payments_rate} {payments_verdict}",
        "{cut}%: all cost {rate} {verdict}, payments alone {payments_rate} {payments_verdict}",
    ),
    "savings_target_source": (
        "削減目標は工程表の「地方公共団体の情報システム運用コスト」のもの。職員の業務量を含むかは書かれていない: {text} {url}",
        "the target is that of the roadmap for the operating cost of local information systems; whether staff time is in it is not said: {text} {url}",
    ),
    "savings_reached": ("（届いた）", "(reached)"),
    "savings_short": ("（届かない）", "(short of it)"),
    "savings_no_cost": ("（比べられない）", "(cannot be compared)"),
    "savings_adjusted": ("取扱量を揃えた年間の効果額", "volume-adjusted saving a year"),
    "savings_one_off": ("一時経費", "one-off costs"),
    "savings_cumulative": ("評価期間の累計", "cumulative over the years evaluated"),
    "savings_discounted": ("{plain}（割引後 {discounted}）", "{plain} (discounted: {discounted})"),
    "savings_break_even": ("損益分岐", "break-even"),
    "savings_break_even_at": ("{year}年度（{calendar_year}年{month}月末）", "fiscal {year} (end of {calendar_year}-{month:02d})"),
    "savings_per_resident": ("住民一人当たり年間経費", "cost per resident a year"),
    "savings_per_transaction": ("1件当たり経費", "cost per transaction"),
    "savings_hours": ("年間の処理時間", "processing time a year"),
    "savings_minutes": ("1件当たり処理時間", "processing time of one transaction"),
    "savings_minutes_text": ("{before:f}分 → {after:f}分（{change:+f}分）", "{before:f} → {after:f} minutes ({change:+f})"),
    "savings_none": ("算定できない（{reason}）", "not calculated ({reason})"),
    "savings_years": ("年度別（効果額、一時経費、累計）", "By fiscal year (saving, one-off costs, cumulative)"),
    "savings_year": (
        "  {year}年度（{months}か月） {saving:>16,}円 {one_off:>14,}円 {cumulative:>16,}円",
        "  fiscal {year} ({months} months) {saving:>16,} {one_off:>14,} {cumulative:>16,} yen",
    ),
    "savings_year_discounted": ("（割引後の累計 {value:,}円）", " (discounted cumulative {value:,} yen)"),
    "savings_footer": (
        "効果額＝見直し前の経費－見直し後の経費（1年分、円未満は業務ごとに四捨五入）。職員の業務量の減は、定員や時間外勤務を減らすまで支出の減ではない",
        "saving = cost before - cost after, of one year, each task rounded to the yen; staff time saved is no payment saved until posts or overtime are",
    ),
    "yen_text": ("{value:,}円", "{value:,} yen"),
    "hours_text": ("{value:,}時間", "{value:,} hours"),
    "list_comma": ("、", ", "),
}  # fmt: skip

FRESHNESS: dict[str, tuple[str, str]] = {
    "fresh": ("最新", "fresh"),
    "due": ("公表の時期", "due"),
    "overdue": ("遅れ", "overdue"),
    "unknown": ("不明", "unknown"),
}

FRESHNESS_BASES: dict[str, tuple[str, str]] = {
    "published_on": ("公表日と周期", "day of publication and cadence"),
    "month": ("例年の公表月", "its usual month"),
    "period": ("対象期間と周期", "period and cadence"),
    "once": ("一度限りの公表", "published once"),
    "irregular": ("不定期の公表", "published irregularly"),
    "nothing_held": ("ファイルなし", "no file held"),
    "no_date": ("対象期間も公表日も分からない", "neither period nor day of publication is known"),
}

SCHEMES: dict[str, tuple[str, str]] = {
    "default": ("既定", "default"),
    "roadmap_2017": ("工程表の進捗整理表の文言どおり", "the plan's own wording"),
    "integer_years": ("年度の整数", "whole fiscal years"),
    "derived": ("算出値による参考", "computed figures, for reference"),
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

SAVINGS_REASONS: dict[str, tuple[str, str]] = {
    "ZERO_COST_BEFORE": ("見直し前の経費が0", "there was no cost before"),
    "VOLUME_MISSING": ("取扱量のない業務がある", "tasks without a volume"),
    "ZERO_VOLUME": ("取扱量が0の業務がある", "tasks whose volume is 0"),
    "UNITS_DIFFER": ("取扱量の単位が業務によって違う", "the tasks have different units of volume"),
    "TIME_MISSING": ("処理時間のない業務がある", "tasks without a processing time"),
    "NO_SAVING": ("年間の効果額がない", "there is no saving a year"),
    "NOT_WITHIN_HORIZON": ("評価期間のうちには一時経費を取り戻せない", "the one-off costs are not recovered within the years evaluated"),
    "NO_DISCOUNT_RATE": ("割引率がない", "no discount rate was given"),
}  # fmt: skip

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


def stale_text(
    say: Speaker, table: str, file: str, held_since: str, failing_since: str | None, reason: str
) -> str:
    """Return in words which file stands instead of a newer one, since when and why."""
    since = (failing_since or "-")[:10]
    return say("stale_table", table=table, file=file, held=held_since[:10], since=since, reason=reason)
