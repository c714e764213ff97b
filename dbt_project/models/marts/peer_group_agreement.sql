-- Published types beside those that the dated limits give, for the days of the published lists: the kind of body, its
-- population class, and the whole type.
with pair as (

    select
        published.fiscal_year,
        published.area_code,
        published.body_class as published_class,
        published.population_class as published_population_class,
        published.peer_group as published_type,
        derived.body_class as derived_class,
        derived.population_class as derived_population_class,
        derived.peer_group as derived_type,
        derived.reason_code
    from {{ ref('int_peer_type_published') }} as published
    left join {{ ref('int_peer_type_derived') }} as derived
        on
            published.area_code = derived.area_code
            and {{ valid_on('derived.valid_from', 'derived.valid_to', 'published.as_of') }}
    -- No limits are known for the groups of prefectures.
    where published.body_class <> 'prefecture'

),

leveled as (

    select
        fiscal_year,
        'body_class' as level,
        published_class as published_group,
        derived_class as derived_group,
        case when derived_class is null then 'NOT_DERIVABLE' end as reason_code
    from pair
    union all
    select
        fiscal_year,
        'population_class' as level,
        published_population_class as published_group,
        derived_population_class as derived_group,
        case when derived_population_class is null then coalesce(reason_code, 'NOT_DERIVABLE') end as reason_code
    from pair
    union all
    select
        fiscal_year,
        'type' as level,
        published_type as published_group,
        derived_type as derived_group,
        case when derived_type is null then coalesce(reason_code, 'NOT_DERIVABLE') end as reason_code
    from pair

),

counted as (

    select
        fiscal_year,
        level,
        published_group,
        derived_group,
        reason_code,
        count(*) as bodies
    from leveled
    group by fiscal_year, level, published_group, derived_group, reason_code

),

total as (

    select
        fiscal_year,
        level,
        sum(case when derived_group is not null then bodies end) as compared,
        sum(case when derived_group = published_group then bodies else 0 end) as agreeing
    from counted
    group by fiscal_year, level

)

select
    counted.fiscal_year,
    counted.level,
    counted.published_group,
    counted.derived_group,
    counted.reason_code,
    cast(counted.bodies as integer) as bodies,
    counted.derived_group = counted.published_group as is_agreement,
    cast(coalesce(total.compared, 0) as integer) as bodies_compared,
    cast(total.agreeing as integer) as bodies_agreeing,
    round(100.0 * total.agreeing / nullif(total.compared, 0), 4) as agreement_share
from counted
inner join total on counted.fiscal_year = total.fiscal_year and counted.level = total.level
