-- Derived, never official: rebuilt from the days of the businesses that are alive in the newest yearbook.
with survey as (

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
    body.scope,
    body.body_scope,
    body.as_of_date,
    count(*) as bodies,
    cast(sum(body.is_applied) as bigint) as bodies_applied,
    round(100.0 * sum(body.is_applied) / count(*), 4) as share,
    'derived' as observation_status,
    max(survey.value) as survey_share,
    max(survey.series_id) as survey_series_id,
    max(survey.citation_url) as survey_url
from {{ ref('int_sewerage_body') }} as body
left join survey on body.body_scope = survey.body_scope and body.as_of_date = survey.as_of_date
where body.body_scope is not null
group by body.scope, body.body_scope, body.as_of_date
