-- Each measure and area over the days that its figures are about, with the two ends of the target path: figures, path
-- and projection are columns that can be drawn as they are. Nothing is computed here: it only places what the marts have.
{%- set names = [
    'measure_id', 'measure_name_ja', 'measure_name_en', 'kpi_id', 'kpi_name_ja', 'kpi_name_en', 'initiatives',
    'first_initiative_no', 'first_initiative_name_ja', 'ministry_ja', 'display_order', 'area_code', 'area_name_ja',
    'area_type', 'area_type_ja', 'prefecture_code', 'prefecture_name_ja', 'prefecture_iso', 'unit', 'decimals',
    'direction', 'direction_ja', 'target_version', 'target_type', 'target_type_ja', 'target_value', 'target_date',
    'target_reason', 'target_text_ja', 'target_source_url', 'plan_name_ja', 'baseline_value', 'baseline_date',
    'baseline_basis', 'baseline_reason',
    'evaluated_on', 'status', 'status_ja', 'grade', 'grade_ja', 'reason_code', 'reason_ja', 'flags_ja',
    'projection_model', 'projection_model_ja', 'model_reason',
] %}
{%- set computed = [
    'gap_to_path', 'progress', 'elapsed', 'pace', 'required_per_year', 'actual_per_year', 'projected_value',
] %}
{%- set cited = [
    'source_basis', 'citation_title_ja', 'citation_url', 'observation_id', 'source_id', 'citation_publisher_ja', 'sheet',
    'cell',
] %}
with history as (

    -- Of the verdicts that rest on figures of one day the last, which has the figure as it was revised.
    select
        *,
        row_number() over (partition by measure_id, area_code, as_of_date order by evaluated_on desc) as recency,
        max(as_of_date) over (partition by measure_id, area_code) as newest_as_of,
        max(case when is_current then baseline_date end) over (partition by measure_id, area_code) as path_start,
        max(case when is_current then baseline_value end) over (partition by measure_id, area_code) as path_start_value,
        max(case when is_current then model_value end) over (partition by measure_id, area_code) as line_end,
        max(case when is_current then model_low end) over (partition by measure_id, area_code) as band_end
    from {{ ref('bi_verdict_history') }}

),

figure_point as (

    select
        {{ columns_of(names) }},
        case
            when as_of_date is null then 'no_figure'
            when as_of_date = path_start then 'baseline'
            else 'figure'
        end as point,
        as_of_date as date,
        value,
        value_reason,
        coalesce(path_value, case when as_of_date = path_start then cast(path_start_value as double) end) as path_value,
        case when as_of_date = newest_as_of and line_end is not null then cast(value as double) end as projection_line,
        case when as_of_date = newest_as_of and band_end is not null then cast(value as double) end as band_low,
        case when as_of_date = newest_as_of and band_end is not null then cast(value as double) end as band_high,
        case when line_end is not null then 'BEFORE_PROJECTION' else coalesce(model_reason, 'BEFORE_PROJECTION') end
            as line_reason,
        {{ columns_of(computed) }},
        progress_reason,
        required_reason,
        {{ columns_of(cited) }}
    from history
    where recency = 1 and (as_of_date is not null or newest_as_of is null)

),

path_end as (

    select
        history.*,
        ends.point,
        case when ends.point = 'baseline' then history.baseline_date else history.target_date end as date
    from history
    cross join (select 'baseline' as point union all select 'deadline' as point) as ends
    where history.is_current and history.target_value is not null and history.target_date is not null

),

end_point as (

    select
        {{ columns_of(names) }},
        point,
        date,
        case when point = 'baseline' then baseline_value end as value,
        case when point = 'deadline' then 'NO_FIGURE_AT_DEADLINE' end as value_reason,
        cast(case when point = 'baseline' then baseline_value else target_value end as double) as path_value,
        case when point = 'deadline' then model_value end as projection_line,
        case when point = 'deadline' then model_low end as band_low,
        case when point = 'deadline' then model_high end as band_high,
        case when point = 'deadline' then coalesce(model_reason, interval_reason) else 'BEFORE_PROJECTION' end
            as line_reason,
        {%- for name in computed %}
        cast(null as double) as {{ name }},
        {%- endfor %}
        'POINT_OF_PATH' as progress_reason,
        'POINT_OF_PATH' as required_reason,
        case when point = 'baseline' then 'plan' else 'none' end as source_basis,
        case when point = 'baseline' then plan_name_ja end as citation_title_ja,
        case when point = 'baseline' then target_source_url end as citation_url,
        {%- for name in cited[3:] %}
        cast(null as varchar) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from path_end
    where
        date is not null
        and not exists (
            select 1
            from figure_point
            where
                figure_point.measure_id = path_end.measure_id and figure_point.area_code = path_end.area_code
                and figure_point.date = path_end.date
        )

),

points as (

    select * from figure_point
    union all
    select * from end_point

)

select
    {{ columns_of(names[:20]) }},
    point,
    {{ in_words('point', 'point') }} as point_ja,
    date,
    cast({{ fiscal_year('date') }} as integer) as fiscal_year,
    value,
    value_reason,
    {{ in_words('value_reason', 'blank', also='reason') }} as value_reason_ja,
    path_value,
    case when path_value is null then progress_reason end as path_reason,
    projection_line,
    band_low,
    band_high,
    case when projection_line is null or band_low is null or band_high is null then line_reason end as projection_reason,
    {{ columns_of(names[20:]) }},
    {{ columns_of(computed) }},
    progress_reason,
    {{ in_words('progress_reason', 'blank', also='reason') }} as progress_reason_ja,
    required_reason,
    {{ columns_of(cited) }}
from points
