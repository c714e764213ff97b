-- The figures of each measure: same item, same set of bodies, and bodies of the kind that the measure is about.
-- A figure computed from others stands in a set of its own: it may give a verdict beside, never the measure's own.
select
    measure.measure_id,
    figure.observation_id,
    figure.series_id,
    figure.area_code,
    figure.as_of_date,
    figure.value,
    figure.observation_status,
    case when figure.exclusion_reason = 'derived' then 'derived' else 'measured' end as figure_set,
    figure.enters_verdict
    or (figure.exclusion_reason = 'derived' and figure.as_of_date is not null and figure.value is not null)
        as enters_verdict,
    figure.known_on,
    figure.known_on_basis
from {{ ref('fct_observation') }} as figure
inner join {{ ref('stg_measure') }} as measure
    on figure.item_id = measure.item_id and figure.body_scope = measure.body_scope
inner join {{ ref('stg_area') }} as area
    on figure.area_code = area.area_code and area.valid_to is null
where figure.area_code = '{{ var("nation") }}' or measure.area_type is null or measure.area_type = area.area_type
