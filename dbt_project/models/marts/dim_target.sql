{{ config(post_hook="{{ as_of_table('select * from ' ~ this ~ ' where is_primary or known_on <= ' ~ on_day()) }}") }}
-- Every version of every target. A baseline that the plan does not print is the one in force on the day of the run.
select
    target.measure_id,
    target.target_version,
    target.plan_id,
    target.is_primary,
    target.target_type,
    target.comparator,
    cast(reading.baseline_value as decimal(38, 10)) as baseline_value,
    reading.baseline_date,
    coalesce(reading.baseline_basis, 'none') as baseline_basis,
    target.target_value,
    target.multiplier,
    target.target_date,
    target.value_is_approximate,
    target.date_is_approximate,
    target.date_basis,
    target.target_due_on,
    target.condition_ja,
    target.target_text_ja,
    target.adopted_on,
    target.known_on,
    target.series_id,
    target.applies_to,
    target.source_page,
    target.source_url,
    target.note_ja
from {{ ref('stg_target') }} as target
left join {{ ref('int_evaluation_reading') }} as reading
    on
        target.measure_id = reading.measure_id
        and target.target_version = reading.target_version
        and reading.area_code = '{{ var("nation") }}'
        and reading.evaluated_on = {{ run_date() }}
