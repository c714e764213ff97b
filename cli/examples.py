"""The examples at the end of each command's help."""

from __future__ import annotations

from cli.messages import Speaker

# Command: lines of what to type, and what it does in Japanese and English.
EXAMPLES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "run": (
        ("mieruka run", "手元と公表ページのファイルから作り、公開する", "build from what is here and on the publishers' pages, and publish"),
        ("mieruka run --origin downloads --offline", "フォルダーのファイルだけを使う", "use only the files of a folder"),
        ("mieruka run --full --period FY2015..FY2020", "その年度のファイルを読み直す", "read the files of these years again"),
    ),
    "fetch": (("mieruka fetch soumu__fiscal_indices", "一つのデータ源だけを取得する", "acquire one source only"),),
    "status": (
        ("mieruka status", "今日の成績表", "the scorecard of today"),
        ("mieruka status --as-of 2018-04-30", "その日に知られていたことだけによる成績表", "the scorecard by what was known on that day"),
    ),
    "explain": (
        ("mieruka explain cloud_municipalities", "全国の判定の計算と出典", "the arithmetic and sources of the national verdict"),
        ("mieruka explain asset_depreciation_rate --area 320005", "島根県の数値とその位置", "the figures of Shimane, and where it stands"),
    ),
    "sources": (
        ("mieruka sources", "データ源、鮮度、最後の失敗", "sources, freshness, last failure"),
        ("mieruka sources soumu__fiscal_indices", "一つのデータ源の利用条件、表ごとのファイルと年、不備", "one source with its licence, files and years of each table, defects"),
    ),
    "check": (
        ("mieruka check figures.csv --source mieruka__cited_figures", "一つのファイルを調べる", "check one file"),
        ("mieruka check downloads --html report.html", "フォルダーを調べ、報告をページに書く", "check a folder, and write the report as a page"),
    ),
    "savings": (
        ("mieruka savings --template form.xlsx", "空の様式を書く", "write the empty form"),
        ("mieruka savings form.xlsx", "記入した様式から効果額を算出する", "compute the saving from the filled-in form"),
    ),
    "register": (
        ("mieruka register 462012_asset_register_FY2017.csv", "台帳を調べ、償却率を示す", "check a register and show its rates"),
        ("mieruka register daicho.xlsx --area 462012 --year 2017", "団体と年度を添えて調べる", "name body and year where the file does not"),
    ),
    "config": (("mieruka config --template", "設定ファイルのひな型", "a configuration with every key explained"),),
    "versions": (("mieruka versions", "残っている版。* が公開中", "the versions kept; * is published"),),
    "diff": (("mieruka diff previous latest", "直近の公開で変わったこと", "what the last publication changed"),),
    "rollback": (("mieruka rollback", "一つ前の版をもう一度公開する", "publish the version before once more"),),
    "rebuild": (("mieruka rebuild latest --to again", "公開中の版を作り直して比べる", "build the published version again, and compare"),),
    "sql": (
        ('mieruka sql "select name_ja, status, grade from kpi_scorecard"', "成績表を表で", "the scorecard as a table"),
        ('mieruka sql "describe observation_latest"', "表の列", "the columns of a table"),
        ('mieruka sql --csv "from observation_latest" > latest.csv', "すべての行をCSVで", "every row as CSV"),
        ("mieruka sql --file docs/queries/01-verdicts.sql --format markdown", "ファイルの問い合わせをMarkdownで", "the query of a file as Markdown"),
    ),
    "report": (
        ("mieruka report", "倉庫の reports/site に頁とAPIを書く", "write pages and API into reports/site of the home"),
        ("mieruka report --data-docs", "検査の記録の全体（Data Docs）も書く", "with the whole record of the checks (Data Docs)"),
        ("mieruka report --only-pages --to site", "頁だけをフォルダーに書く", "write only the pages, into a folder"),
        ("mieruka report --to site --base-url https://data.example.jp/ --contact zaisei@example.jp", "公開するアドレスと、誤りの知らせ先を書き入れる", "with the address of publication, and whom to tell of errors"),
    ),
    "export": (
        ("mieruka export --to data", "すべての表をParquet・CSV・Excelで", "every table as Parquet, CSV and Excel"),
        ("mieruka export --to shimane --format xlsx --prefecture 32", "島根県とその市町村をExcelの一冊に", "Shimane and its municipalities as one workbook"),
        ("mieruka export --to data --format csv --item population --years FY2015..FY2020", "一つの項目の、ある年度の間の数値", "one item over some fiscal years"),
        ("mieruka export --to site --format parquet,api --base-url https://data.example.jp/", "ウェブに置くためのファイル", "files to put on the web"),
    ),
    "lake": (
        ("mieruka lake load", "読み取った台帳を共有のレイクに入れる", "put the registers that were read into the shared lake"),
        ("mieruka lake build", "レイクの中で償却率などの表を作る", "build the tables of rates inside the lake"),
        ('mieruka lake sql "from register_rate" --as-of 2026-03-31', "その日の終わりの姿に問い合わせる", "ask the lake as it was at the end of that day"),
    ),
    "serve": (
        ("mieruka serve --token-file token.txt", "この機械の読み手に提供する", "serve readers on this machine"),
        ("mieruka serve --token-file token.txt --host 0.0.0.0 --allow-remote", "TLSの代理サーバーの後ろで、ほかの機械にも", "to other machines too, behind a proxy that ends TLS"),
    ),
    "completion": (
        ('eval "$(mieruka completion bash)"', "この bash で補完する（~/.bashrc に書けばいつも）", "complete in this bash (in ~/.bashrc: always)"),
        ("mieruka completion zsh > ~/.zfunc/_mieruka", "zsh（fpath にあるフォルダーへ）", "zsh (a folder of fpath)"),
        ("mieruka completion fish > ~/.config/fish/completions/mieruka.fish", "fish", "fish"),
    ),
}  # fmt: skip


def epilog(command: str, say: Speaker) -> str | None:
    """Return the examples of a command as the text below its options; None where it has none."""
    lines = [f"  {typed}\n      {say.pick(ja, en)}" for typed, ja, en in EXAMPLES.get(command, ())]
    return "\n".join([say("examples_heading"), *lines]) if lines else None
