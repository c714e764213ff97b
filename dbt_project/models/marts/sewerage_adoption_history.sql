-- Derived, never official: rebuilt from the days of the businesses that are alive in the newest yearbook.
with day as (

    select distinct make_date(cast(year(applied_on) as integer), 4, 1) as as_of_date
    from {{ ref('int_sewerage_application') }}
    where applied_on >= date '2008-04-01'

),

scoped as (

    select
        'all_sewerage' as scope,
        area_code,
        applied_on
    from {{ ref('int_sewerage_application') }}
    union all
    select
        'priority_sewerage' as scope,
        area_code,
        applied_on
    from {{ ref('int_sewerage_application') }}
    where is_priority

),

body as (

    select
        scoped.scope,
        day.as_of_date,
        scoped.area_code,
        min(case when scoped.applied_on <= day.as_of_date then 1 else 0 end) as is_applied
    from scoped
    cross join day
    group by scoped.scope, day.as_of_date, scoped.area_code

),

population as (

    select
        day.as_of_date,
        figure.area_code,
        figure.value,
        row_number() over (
            partition by day.as_of_date, figure.area_code order by figure.as_of_date desc, figure.observation_id
        ) as age
    from {{ ref('fct_observation') }} as figure
    inner join day on figure.as_of_date <= day.as_of_date
    where
        figure.item_id = 'population'
        and figure.source_id = 'soumu__resident_population'
        and figure.is_latest
        and figure.value is not null

),

classed as (

    select
        body.scope,
        body.as_of_date,
        body.is_applied,
        case
            when population.value >= 30000 then 'bodies_pop_30k_or_more'
            when population.value < 30000 then 'bodies_pop_under_30k'
        end as body_scope
    from body
    left join population
        on body.area_code = population.area_code and body.as_of_date = population.as_of_date and population.age = 1

),

survey as (

    -- The official survey's figure of the same class and day (31 March stands for 1 April), beside its own series:
    -- the survey also counts bodies that are still working on it.
    select
        body_scope,
        case when month(as_of_date) = 3 then {{ add_days('as_of_date', 1) }} else as_of_date end as as_of_date,
        series_id,
        value,
        citation_url
    from {{ ref('fct_observation') }}
    where
        item_id in ('public_enterprise_accounting_30k_sewerage', 'public_enterprise_accounting_under_30k_sewerage')
        and area_code = '{{ var("nation") }}'
        and is_latest
        and observation_status = 'final'
        and value is not null

)

select
    classed.scope,
    classed.body_scope,
    classed.as_of_date,
    count(*) as bodies,
    cast(sum(classed.is_applied) as bigint) as bodies_applied,
    round(100.0 * sum(classed.is_applied) / count(*), 4) as share,
    'derived' as observation_status,
    max(survey.value) as survey_share,
    max(survey.series_id) as survey_series_id,
    max(survey.citation_url) as survey_url
from classed
left join survey on classed.body_scope = survey.body_scope and classed.as_of_date = survey.as_of_date
where classed.body_scope is not null
group by classed.scope, classed.body_scope, classed.as_of_date
