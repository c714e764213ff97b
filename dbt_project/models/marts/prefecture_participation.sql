-- In which prefectures the number of municipalities that take part grows; the roadmap wants it in every one. One day of
-- each fiscal year, the last.
with municipality as (

    select
        area_code,
        prefecture_code,
        valid_from,
        valid_to
    from {{ ref('dim_area') }}
    where area_type in {{ municipal_types() }}

),

last_day as (

    select
        item_id,
        scope,
        {{ fiscal_year_of('as_of_date') }} as fiscal_year,
        max(as_of_date) as as_of_date
    from {{ ref('int_adoption_flag') }}
    group by item_id, scope, {{ fiscal_year_of('as_of_date') }}

),

counted as (

    select
        flag.item_id,
        flag.scope,
        last_day.fiscal_year,
        flag.as_of_date,
        municipality.prefecture_code as area_code,
        count(*) as bodies,
        sum(flag.is_adopted) as participants
    from {{ ref('int_adoption_flag') }} as flag
    inner join last_day
        on flag.item_id = last_day.item_id and flag.scope = last_day.scope and flag.as_of_date = last_day.as_of_date
    inner join municipality
        on
            flag.area_code = municipality.area_code
            and {{ valid_on('municipality.valid_from', 'municipality.valid_to', 'flag.as_of_date') }}
    group by flag.item_id, flag.scope, last_day.fiscal_year, flag.as_of_date, municipality.prefecture_code

),

moved as (

    select
        *,
        lag(as_of_date) over earlier as date_before,
        lag(bodies) over earlier as bodies_before,
        lag(participants) over earlier as participants_before
    from counted
    window earlier as (partition by item_id, scope, area_code order by as_of_date)

),

named as (

    select
        *,
        case
            when participants_before is null then 'first'
            when participants > participants_before then 'grew'
            when participants < participants_before then 'fell'
            else 'same'
        end as movement,
        participants = bodies as is_complete
    from moved

),

summed as (

    select
        item_id,
        scope,
        as_of_date,
        count(*) as prefectures,
        sum(case when movement = 'grew' then 1 else 0 end) as prefectures_grew,
        sum(case when movement = 'grew' or (movement = 'same' and is_complete) then 1 else 0 end) as prefectures_grew_or_full,
        max(case when movement = 'first' then 1 else 0 end) = 1 as is_first
    from named
    group by item_id, scope, as_of_date

)

select
    named.item_id,
    named.scope,
    named.area_code,
    named.fiscal_year,
    named.as_of_date,
    cast(named.bodies as integer) as bodies,
    cast(named.participants as integer) as participants,
    round(100.0 * named.participants / named.bodies, 4) as share,
    named.date_before,
    cast(named.bodies_before as integer) as bodies_before,
    cast(named.participants_before as integer) as participants_before,
    named.movement,
    named.is_complete,
    cast(summed.prefectures as integer) as prefectures,
    cast(summed.prefectures_grew as integer) as prefectures_grew,
    cast(summed.prefectures_grew_or_full as integer) as prefectures_grew_or_full,
    -- Nothing is said while a prefecture has no earlier day, or has no body of the kind.
    case when not summed.is_first and summed.prefectures = 47 then summed.prefectures_grew = 47 end as grew_in_all,
    case
        when not summed.is_first and summed.prefectures = 47 then summed.prefectures_grew_or_full = 47
    end as grew_in_all_or_full,
    case
        when summed.prefectures < 47 then 'PREFECTURE_WITHOUT_BODY'
        when summed.is_first then 'FIRST_DAY'
    end as reason_code
from named
inner join summed
    on named.item_id = summed.item_id and named.scope = summed.scope and named.as_of_date = summed.as_of_date
