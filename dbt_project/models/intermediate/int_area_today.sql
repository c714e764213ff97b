-- Which body of today each body of the past has become: mergers, changes of status and renames are followed;
-- a body that was split has no single successor and is left out.
with recursive followed as (

    select distinct
        area_code,
        area_code as reached_code,
        0 as steps
    from {{ ref('stg_area') }}
    union all
    select
        followed.area_code,
        successor.to_code as reached_code,
        followed.steps + 1 as steps
    from followed
    inner join (
        select
            change.from_code,
            min(change.to_code) as to_code
        from {{ ref('stg_area_change') }} as change
        where change.kind <> 'boundary' and change.from_code <> change.to_code
        group by change.from_code
        having count(distinct change.to_code) = 1
    ) as successor on followed.reached_code = successor.from_code
    where
        followed.steps < 20
        and followed.reached_code not in (select area_code from {{ ref('stg_area') }} where valid_to is null)

)

select distinct
    followed.area_code,
    followed.reached_code as today_code
from followed
inner join {{ ref('stg_area') }} as today on followed.reached_code = today.area_code and today.valid_to is null
