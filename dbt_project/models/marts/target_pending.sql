-- Targets that the plan left to be set later: whether one was set, when, by which plan, and how long after the day due.
with pending as (

    select * from {{ ref('dim_target') }}
    where target_type = 'not_set'

),

answer as (

    select
        pending.measure_id,
        pending.target_version,
        target.target_version as set_by_version,
        target.known_on as set_on,
        row_number() over (
            partition by pending.measure_id, pending.target_version order by target.known_on, target.target_version
        ) as preference
    from pending
    inner join {{ ref('dim_target') }} as target
        on
            pending.measure_id = target.measure_id
            and target.plan_id <> pending.plan_id
            and target.target_value is not null
            and target.known_on > pending.known_on

)

select
    pending.measure_id,
    pending.target_version,
    pending.plan_id,
    pending.target_due_on,
    answer.set_by_version,
    answer.set_on,
    {{ days_between('pending.target_due_on', 'answer.set_on') }} as days_after_due,
    case
        when answer.set_on <= pending.target_due_on then 'set_in_time'
        when answer.set_on is not null then 'set_late'
        when pending.target_due_on < {{ run_date() }} then 'not_found'
        else 'not_due'
    end as outcome
from pending
left join answer
    on
        pending.measure_id = answer.measure_id
        and pending.target_version = answer.target_version
        and answer.preference = 1
