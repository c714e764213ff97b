{# The scorecard of a day, over a relation of the verdicts that hold on it: the roadmap's own target, its successor beside it. #}
{% macro scorecard(verdicts, day) -%}
with today as (

    select *
    from {{ verdicts }}
    where area_code = '{{ var("nation") }}' and scheme = 'default'

),

by_plan as (

    select
        measure_id,
        target_version,
        status,
        grade
    from {{ verdicts }}
    where area_code = '{{ var("nation") }}' and scheme = 'roadmap_2017'

),

successor as (

    -- Of the targets that later plans set, the one adopted last.
    select *
    from (
        select
            today.*,
            row_number() over (
                partition by today.measure_id order by target.known_on desc, today.target_version
            ) as preference
        from today
        inner join {{ ref('dim_target') }} as target
            on today.measure_id = target.measure_id and today.target_version = target.target_version
        inner join {{ ref('dim_target') }} as own
            on today.measure_id = own.measure_id and own.is_primary
        where not today.is_primary and target.plan_id <> own.plan_id and target.target_type <> 'not_set'
    ) as later
    where preference = 1

)

select
    measure.measure_id,
    measure.kpi_id,
    kpi.name_ja as kpi_name_ja,
    kpi.name_en as kpi_name_en,
    measure.name_ja,
    measure.name_en,
    kpi.initiative_nos,
    kpi.tier,
    kpi.ministry_ja,
    measure.unit,
    measure.decimals,
    measure.direction,
    {{ day }} as evaluated_on,
    verdict.observation_id,
    verdict.value as latest_value,
    verdict.as_of_date as latest_as_of_date,
    figure.date_precision as latest_date_precision,
    verdict.target_version,
    target.target_type,
    target.comparator,
    target.target_value,
    target.target_date,
    target.target_due_on,
    target.value_is_approximate,
    target.date_is_approximate,
    target.target_text_ja,
    verdict.status,
    verdict.grade,
    verdict.reason_code,
    verdict.progress,
    verdict.elapsed,
    verdict.pace,
    verdict.flags,
    by_plan.status as roadmap_2017_status,
    by_plan.grade as roadmap_2017_grade,
    successor.target_version as successor_target_version,
    successor.status as successor_status,
    successor.target_value as successor_target_value,
    successor.target_date as successor_target_date,
    publication.title_ja as publication_title_ja,
    publication.publisher_ja as publication_publisher_ja,
    publication.url as publication_url,
    measure.display_order
from {{ ref('dim_measure') }} as measure
inner join {{ ref('dim_kpi') }} as kpi on measure.kpi_id = kpi.kpi_id
inner join {{ ref('dim_publication') }} as publication on measure.publication_id = publication.publication_id
inner join today as verdict on measure.measure_id = verdict.measure_id and verdict.is_primary
inner join {{ ref('dim_target') }} as target
    on verdict.measure_id = target.measure_id and verdict.target_version = target.target_version
left join by_plan on verdict.measure_id = by_plan.measure_id and verdict.target_version = by_plan.target_version
left join {{ ref('fct_observation') }} as figure on verdict.observation_id = figure.observation_id
left join successor on measure.measure_id = successor.measure_id
{%- endmacro %}
