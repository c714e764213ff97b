-- Since when each sewerage business of the newest yearbook applies enterprise accounting; no day when it does not.
with yearbook as (

    select
        area_code,
        series_id,
        source_table,
        as_of_date,
        value,
        document_id,
        split_part(document_id, ':', 2) as period
    from {{ ref('stg_observation') }}
    where source_id = 'soumu__sewerage_accounting' and item_id = 'public_enterprise_accounting_applied'

),

newest as (

    select max(period) as period from yearbook

),

business as (

    select yearbook.*
    from yearbook
    inner join newest on yearbook.period = newest.period
    where yearbook.source_table = 'businesses'

),

applied as (

    select
        yearbook.area_code,
        yearbook.series_id,
        min(yearbook.as_of_date) as applied_on
    from yearbook
    inner join newest on yearbook.period = newest.period
    where yearbook.source_table = 'adoption_dates'
    group by yearbook.area_code, yearbook.series_id

)

select
    business.area_code,
    business.series_id,
    business.period,
    -- The ministry's priority businesses are those under the Sewerage Act.
    replace(business.series_id, 'public_enterprise_accounting_applied__sewerage_', '') in (
        'public', 'special_public', 'river_basin', 'special_environment'
    ) as is_priority,
    case when business.value = 1 then applied.applied_on end as applied_on
from business
left join applied on business.area_code = applied.area_code and business.series_id = applied.series_id
