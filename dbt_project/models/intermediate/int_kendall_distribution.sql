-- Exact distribution of the pairs in the wrong order among n distinct values in random order (Mahonian numbers over n!):
-- the one of n values is the moving mean over n terms of the one of n - 1. Used for the exact Mann-Kendall test.
{%- set largest = var('kendall_exact_up_to') %}
with place as (

    {{ whole_numbers(largest * (largest - 1) // 2) }}

),

of_1 as (

    select
        number as inversions,
        cast(1 as double) as probability
    from place
    where number = 0

),

{%- for n in range(2, largest + 1) %}

of_{{ n }} as (

    select
        place.number as inversions,
        sum(coalesce(before.probability, 0)) over (
            order by place.number rows between {{ n - 1 }} preceding and current row
        ) / {{ n }} as probability
    from place
    left join of_{{ n - 1 }} as before on place.number = before.inversions
    where place.number <= {{ n * (n - 1) // 2 }}

),
{%- endfor %}

of_all as (

    {%- for n in range(2, largest + 1) %}
    select
        {{ n }} as points,
        inversions,
        probability
    from of_{{ n }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    points,
    inversions,
    probability,
    -- Two-sided p of a series with so many inversions, or as many in the other direction.
    least(
        1.0,
        2 * sum(probability) over (partition by points order by inversions rows between unbounded preceding and current row)
    ) as p_two_sided
from of_all
where inversions <= points * (points - 1) / 4.0
