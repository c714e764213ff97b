-- この数値は、どのファイルのどのセルから来たか
-- From which cell of which file a figure comes
--
-- 答え: 一行が一つの数値。シート、セル、読んだままの文字、ファイルのSHA-256、公表元
-- Answer: One row a figure: sheet, cell, text as read, SHA-256 of the file, publisher
-- 注意: ファイルは archive/ に SHA-256 の名前で受け取ったまま残る
-- Caution: The file is kept in `archive/` under its SHA-256, as it was received
-- 列 / Columns: area_name_ja varchar, item_name_ja varchar, fiscal_year bigint, value decimal(38,10), unit varchar, value_status varchar, source_publisher_ja varchar, source_title_ja varchar, file_name varchar, sheet varchar, cell varchar, raw_text varchar, snapshot_sha256 varchar, retrieved_at timestamp with time zone, citation_url varchar, observation_id varchar
select
    figure.area_name_ja, figure.item_name_ja, figure.fiscal_year, figure.value, figure.unit, figure.value_status,
    figure.source_publisher_ja, figure.source_title_ja,
    snapshot.file_name, figure.sheet, figure.cell, figure.raw_text,
    figure.snapshot_sha256, snapshot.retrieved_at, figure.citation_url, figure.observation_id
from marts.observation_named as figure
left join meta.source_snapshot as snapshot using (snapshot_sha256)
where
    figure.area_code = '320005'  -- ここを変える / change this
    and figure.item_id = 'asset_depreciation_rate'
    and figure.is_latest
order by figure.as_of_date desc, figure.observation_id
