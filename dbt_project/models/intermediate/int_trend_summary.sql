-- First and last point of each trend, and what is known of its measure and target; one row also where no point is known.
{%- set keys = 'measure_id, area_code, evaluated_on, target_version' %}
with summary as (

    select
        {{ keys }},
        count(*) as points,
        min(as_of_date) as first_date,
        max(as_of_date) as last_date,
        max(years) as span_years,
        max(case when place = 1 then value end) as first_value,
        max(case when place_from_last = 1 then value end) as last_value,
        min(value) as lowest_value,
        max(value) as highest_value,
        bool_or(rests_on_not_before) as rests_on_not_before
    from {{ ref('int_trend_point') }}
    group by {{ keys }}

)

select
    {{ keys }},
    evaluation.target_type,
    evaluation.comparator,
    evaluation.target_value,
    evaluation.target_date,
    evaluation.direction,
    evaluation.series_id,
    cast(measure.limit_value as double) as limit_value,
    coalesce(evaluation.target_date < evaluation.evaluated_on, false) as deadline_is_past,
    -- The series has ended before the deadline, and by the day of the verdict that was known.
    coalesce(
        series.valid_to < least(coalesce(evaluation.target_date, evaluation.evaluated_on), evaluation.evaluated_on), false
    ) as series_has_ended,
    evaluation.has_figures_of_other_series,
    coalesce(summary.points, 0) as points,
    summary.first_date,
    summary.first_value,
    summary.last_date,
    summary.last_value,
    summary.span_years,
    summary.lowest_value,
    summary.highest_value,
    coalesce(summary.rests_on_not_before, false) and evaluation.evaluated_on < {{ run_date() }} as replay_is_optimistic
from {{ ref('int_evaluation_reading') }} as evaluation
inner join {{ ref('stg_measure') }} as measure using (measure_id)
left join {{ ref('stg_series') }} as series on evaluation.series_id = series.series_id
left join summary using ({{ keys }})
where evaluation.figure_set = 'measured'
