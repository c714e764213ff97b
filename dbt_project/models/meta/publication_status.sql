-- Of each publication that holds figures of a KPI: the newest figure known, and when a newer one was to be expected.
-- One cadence after the end of the next period, the day by which every publication that keeps its cadence is out.
with newest as (
    select
        measure.publication_id,
        max(figure.as_of_date) as newest_as_of
    from {{ ref('dim_measure') }} as measure
    inner join {{ ref('fct_observation') }} as figure
        on measure.item_id = figure.item_id and measure.body_scope = figure.body_scope
    where
        figure.value is not null and figure.observation_status in ('final', 'preliminary')
        and figure.as_of_date <= {{ run_date() }}
    group by measure.publication_id
),

kpis as (
    select
        publication_id,
        list(distinct kpi_id order by kpi_id) as kpi_ids
    from {{ ref('dim_measure') }}
    group by publication_id
),

expected as (
    select
        publication.publication_id,
        coalesce(kpis.kpi_ids, []) as kpi_ids,
        publication.cadence,
        newest.newest_as_of,
        case
            when newest.newest_as_of is null then 'nothing_held'
            when cadence.cadence is null then 'irregular'
            else 'period'
        end as freshness_basis,
        case
            when cadence.months is not null
                then {{ months_after('newest.newest_as_of', '2 * cadence.months') }}
            else {{ add_days('newest.newest_as_of', '2 * cadence.days') }}
        end as expected_on,
        cadence.grace_days
    from {{ ref('dim_publication') }} as publication
    left join newest using (publication_id)
    left join kpis using (publication_id)
    left join {{ cadences() }} using (cadence)
),

dated as (
    select
        *,
        {{ add_days('expected_on', 'grace_days') }} as overdue_on
    from expected
)

select
    publication_id,
    kpi_ids,
    cadence,
    newest_as_of,
    {{ freshness_state('freshness_basis', 'expected_on', 'overdue_on') }} as freshness,
    freshness_basis,
    expected_on,
    overdue_on
from dated
