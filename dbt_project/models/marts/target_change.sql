-- How a later plan moved a target: harder or easier as a share of the old gap, sooner or later in days. A later version
-- is set beside the roadmap's own target and beside the version before it; verdicts are never chained across versions.
with version as (

    select
        target.*,
        {{ direction_sign('measure.direction') }} as direction_sign,
        own.plan_id as own_plan_id
    from {{ ref('dim_target') }} as target
    inner join {{ ref('stg_measure') }} as measure on target.measure_id = measure.measure_id
    inner join {{ ref('dim_target') }} as own on target.measure_id = own.measure_id and own.is_primary
    where target.target_value is not null

),

later as (

    select * from version
    where plan_id <> own_plan_id

),

pair as (

    select
        later.measure_id,
        later.target_version,
        earlier.target_version as from_version,
        earlier.is_primary as is_from_primary,
        row_number() over (
            partition by later.measure_id, later.target_version order by earlier.known_on desc, earlier.target_version
        ) as distance
    from later
    inner join version as earlier
        on
            later.measure_id = earlier.measure_id
            and earlier.known_on < later.known_on
            and (earlier.is_primary or earlier.plan_id <> earlier.own_plan_id)

)

select
    pair.measure_id,
    pair.from_version,
    pair.target_version as to_version,
    pair.is_from_primary,
    later.known_on as changed_on,
    earlier.target_value as from_value,
    later.target_value as to_value,
    earlier.target_date as from_date,
    later.target_date as to_date,
    cast(earlier.series_id is not distinct from later.series_id as boolean) as is_same_series,
    coalesce(earlier.baseline_value <> later.baseline_value, false) as is_rebased,
    case
        when earlier.series_id is not distinct from later.series_id
            then
                earlier.direction_sign * cast(later.target_value - earlier.target_value as double)
                / nullif(abs(cast(earlier.target_value - earlier.baseline_value as double)), 0)
    end as stringency_change,
    {{ days_between('earlier.target_date', 'later.target_date') }} as deadline_shift_days,
    case
        when earlier.series_id is distinct from later.series_id then 'OTHER_SERIES'
        when earlier.baseline_value is null then 'NO_BASELINE'
        when earlier.baseline_value = earlier.target_value then 'NO_GAP'
        when earlier.target_date is null or later.target_date is null then 'NO_DEADLINE'
    end as reason_code
from pair
inner join version as later on pair.measure_id = later.measure_id and pair.target_version = later.target_version
inner join version as earlier on pair.measure_id = earlier.measure_id and pair.from_version = earlier.target_version
where pair.is_from_primary or pair.distance = 1
