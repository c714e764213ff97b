-- How many municipalities take part, by the class of their population on the day.
with class as (

    select
        area_code,
        valid_from,
        valid_to,
        peer_group,
        label_ja
    from {{ ref('area_peer_group') }}
    where peer_scheme = 'population_class'

),

day as (

    select distinct as_of_date from {{ ref('int_adoption_flag') }}

),

class_size as (

    select
        day.as_of_date,
        class.peer_group,
        count(*) as bodies_in_class
    from day
    inner join class on {{ valid_on('class.valid_from', 'class.valid_to', 'day.as_of_date') }}
    group by day.as_of_date, class.peer_group

),

counted as (

    select
        flag.item_id,
        flag.scope,
        flag.as_of_date,
        class.peer_group as population_class,
        max(class.label_ja) as label_ja,
        max(flag.basis) as basis,
        count(*) as bodies,
        sum(flag.is_adopted) as bodies_adopted
    from {{ ref('int_adoption_flag') }} as flag
    inner join class
        on flag.area_code = class.area_code and {{ valid_on('class.valid_from', 'class.valid_to', 'flag.as_of_date') }}
    group by flag.item_id, flag.scope, flag.as_of_date, class.peer_group

)

select
    counted.item_id,
    counted.scope,
    counted.population_class,
    counted.as_of_date,
    counted.label_ja,
    cast(class_size.bodies_in_class as integer) as bodies_in_class,
    cast(counted.bodies as integer) as bodies,
    cast(counted.bodies_adopted as integer) as bodies_adopted,
    round(100.0 * counted.bodies_adopted / counted.bodies, 4) as share,
    counted.basis,
    case when counted.basis = 'survey' then 'final' else 'derived' end as observation_status
from counted
inner join class_size
    on counted.as_of_date = class_size.as_of_date and counted.population_class = class_size.peer_group
