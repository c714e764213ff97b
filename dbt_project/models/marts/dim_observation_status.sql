-- How each combination of our two statuses is said in SDMX. The one place of this mapping; where a code is only the nearest
-- one, `note` says so. A value has the code of how it came about; a blank has the code of why there is none.
with code (obs_status, code_name_ja, code_name_en) as (
    values
    ('A', '通常の値', 'Normal value'),
    ('E', '推計値', 'Estimated value'),
    ('F', '予測値', 'Forecast value'),
    ('L', '欠測（データは存在するが収集されていない）', 'Missing value; data exist but were not collected'),
    ('M', '欠測（データは存在しえない）', 'Missing value; data cannot exist'),
    ('O', '欠測', 'Missing value'),
    ('P', '暫定値', 'Provisional value'),
    ('Q', '欠測（秘匿）', 'Missing value; suppressed'),
    ('V', '未検証の値', 'Unvalidated value')
),

kind (observation_status, kind_en, obs_status, note_ja, note_en) as (
    values
    ('final', 'final', 'A', '公表された確定値', 'A final figure as published'),
    ('preliminary', 'preliminary', 'P', '公表元が速報とした値', 'Called preliminary by its publisher'),
    ('forecast', 'forecast', 'F', '公表元の見込み', 'The publisher''s own forecast'),
    ('official_claim', 'official claim', 'V', '測定によらずに述べられた値', 'Stated without a measurement'),
    ('derived', 'derived', 'E',
        '公表された数値から計算した値。標本からの推計ではないが、最も近い符号',
        'Computed from published figures; no estimate from a sample, but the nearest code')
),

blank (value_status, blank_en, obs_status, note_ja, note_en) as (
    values
    ('not_applicable', 'not applicable', 'M', '対象となる事柄がない', 'What would be measured does not exist'),
    ('suppressed', 'suppressed', 'Q', '公表元が伏せた', 'Withheld by its publisher'),
    ('nil_mark', 'nil mark', 'O', '公表元の「－」。0か、値がないのかは分からない',
        'The publisher''s dash; whether nought or no value is not known'),
    ('not_surveyed', 'not surveyed', 'L', '調査が対象としていない', 'Outside of the survey'),
    ('not_calculated', 'not calculated', 'M', '負担がないなど、比率が算定されない。0ではない',
        'The ratio is not calculated (there is no burden, say); not nought'),
    ('parse_failed', 'could not be read', 'L', '印刷されているが当方で読み取れない', 'Printed, but not read by us'),
    ('claim_without_value', 'claim without a value', 'O', '文だけがあり数値がない', 'Words without a number')
),

status as (
    select
        'reported' as value_status, 'reported' as blank_en, kind.*
    from kind
    union all
    select
        blank.value_status, blank.blank_en,
        kind.observation_status, kind.kind_en,
        blank.obs_status, blank.note_ja, blank.note_en
    from blank
    cross join kind
)

select
    status.value_status,
    status.observation_status,
    {{ in_words('status.value_status', 'value_status') }} as value_status_ja,
    status.blank_en as value_status_en,
    {{ in_words('status.observation_status', 'observation_status') }} as observation_status_ja,
    status.kind_en as observation_status_en,
    status.obs_status,
    code.code_name_ja as obs_status_ja,
    code.code_name_en as obs_status_en,
    status.note_ja,
    status.note_en
from status
inner join code using (obs_status)
order by status.value_status, status.observation_status
