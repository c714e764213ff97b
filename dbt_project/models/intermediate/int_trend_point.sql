-- The points of each trend: the measured figures of one series as known on each day, one a day described, and the
-- printed baseline, which governs its own day. Time is counted in years from the first point.
{%- set keys = 'measure_id, area_code, evaluated_on, target_version' %}
with figure as (

    select
        {{ keys }},
        as_of_date,
        value,
        known_on_basis = 'not_before' as rests_on_not_before
    from {{ ref('int_evaluation_figure') }}
    where figure_set = 'measured'

),

printed as (

    select
        {{ keys }},
        printed_baseline_date as as_of_date,
        printed_baseline_value as value
    from {{ ref('int_target_evaluation') }}
    where figure_set = 'measured' and printed_baseline_value is not null

),

point as (

    select
        measure_id,
        area_code,
        evaluated_on,
        target_version,
        as_of_date,
        cast(coalesce(printed.value, figure.value) as double) as value,
        printed.value is null and coalesce(figure.rests_on_not_before, false) as rests_on_not_before
    from figure
    full join printed using ({{ keys }}, as_of_date)

),

placed as (

    select
        *,
        min(as_of_date) over (partition by {{ keys }}) as first_date
    from point
    where value is not null

)

select
    {{ keys }},
    as_of_date,
    value,
    rests_on_not_before,
    row_number() over (partition by {{ keys }} order by as_of_date) as place,
    row_number() over (partition by {{ keys }} order by as_of_date desc) as place_from_last,
    {{ years_between('first_date', 'as_of_date') }} as years
from placed
