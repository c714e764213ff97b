-- What a prefecture spends for each resident and how it is financed. Accrual cost (from financial statements) and cash
-- settlement are two measures: a row is of one of them, and nothing is summed over both.
with settled as (

    select
        area_code,
        as_of_date,
        max(case when item_id = 'prefecture_expenditure' then value end) as expenditure,
        max(case when item_id = 'prefecture_local_tax' then value end) as local_tax,
        max(case when item_id = 'prefecture_allocation_tax' then value end) as allocation_tax,
        max(case when item_id = 'prefecture_national_subsidy' then value end) as national_subsidy
    from {{ ref('int_peer_figure') }}
    where
        item_id in (
            'prefecture_expenditure', 'prefecture_local_tax', 'prefecture_allocation_tax', 'prefecture_national_subsidy'
        )
    group by area_code, as_of_date

),

resident as (

    select
        settled.area_code,
        settled.as_of_date,
        population.population,
        population.as_of_date as population_date,
        row_number() over (
            partition by settled.area_code, settled.as_of_date order by population.as_of_date desc
        ) as age
    from settled
    inner join {{ ref('int_peer_population') }} as population
        on settled.area_code = population.area_code and population.as_of_date <= settled.as_of_date

),

published as (

    select
        area_code,
        as_of_date,
        max(case when item_id = 'per_capita_cost_accrual' then value end) as cost_accrual,
        max(case when item_id = 'per_capita_cost_cash' then value end) as cost_cash,
        max(case when item_id = 'per_capita_local_tax' then value end) as local_tax,
        max(case when item_id = 'per_capita_allocation_tax' then value end) as allocation_tax,
        max(case when item_id = 'per_capita_national_subsidy' then value end) as national_subsidy
    from {{ ref('int_peer_figure') }}
    where
        item_id in (
            'per_capita_cost_accrual', 'per_capita_cost_cash', 'per_capita_local_tax', 'per_capita_allocation_tax',
            'per_capita_national_subsidy'
        )
    group by area_code, as_of_date

),

cash as (

    -- Published amounts per resident go first; else the settled amounts (千円) over the residents, in 万円.
    select
        coalesce(published.area_code, settled.area_code) as area_code,
        coalesce(published.as_of_date, settled.as_of_date) as as_of_date,
        case when published.cost_cash is not null then 'published' else 'derived' end as basis,
        case
            when published.cost_cash is not null then cast(published.cost_cash as double)
            else cast(settled.expenditure as double) / 10 / cast(resident.population as double)
        end as cost,
        case
            when published.cost_cash is not null then cast(published.local_tax as double)
            else cast(settled.local_tax as double) / 10 / cast(resident.population as double)
        end as local_tax,
        case
            when published.cost_cash is not null then cast(published.allocation_tax as double)
            else cast(settled.allocation_tax as double) / 10 / cast(resident.population as double)
        end as allocation_tax,
        case
            when published.cost_cash is not null then cast(published.national_subsidy as double)
            else cast(settled.national_subsidy as double) / 10 / cast(resident.population as double)
        end as national_subsidy,
        case when published.cost_cash is null then resident.population_date end as population_date
    from published
    full join settled on published.area_code = settled.area_code and published.as_of_date = settled.as_of_date
    left join resident
        on settled.area_code = resident.area_code and settled.as_of_date = resident.as_of_date and resident.age = 1
    where published.cost_cash is not null or settled.expenditure is not null

),

measured as (

    select
        area_code,
        as_of_date,
        'accrual' as measure_basis,
        'published' as basis,
        cast(cost_accrual as double) as cost,
        cast(null as double) as local_tax,
        cast(null as double) as allocation_tax,
        cast(null as double) as national_subsidy,
        cast(null as date) as population_date
    from published
    where cost_accrual is not null
    union all
    select
        area_code,
        as_of_date,
        'cash' as measure_basis,
        basis,
        cost,
        local_tax,
        allocation_tax,
        national_subsidy,
        population_date
    from cash

)

select
    measured.area_code,
    {{ fiscal_year_of('measured.as_of_date') }} as fiscal_year,
    measured.measure_basis,
    measured.as_of_date,
    measured.basis,
    round(measured.cost, 6) as cost,
    round(measured.local_tax, 6) as local_tax,
    round(measured.allocation_tax, 6) as allocation_tax,
    round(measured.national_subsidy, 6) as national_subsidy,
    -- What the three do not pay: bonds, fees, transfers, carry-overs. Negative where they exceed the cost.
    round(measured.cost, 6)
    - round(measured.local_tax, 6)
    - round(measured.allocation_tax, 6)
    - round(measured.national_subsidy, 6) as other_financing,
    measured.population_date,
    case
        when measured.measure_basis = 'accrual' then 'FINANCING_IS_CASH_ONLY'
        when measured.cost is null then 'POPULATION_NOT_HELD'
        when measured.local_tax is null or measured.allocation_tax is null or measured.national_subsidy is null
            then 'FINANCING_NOT_HELD'
    end as reason_code
from measured
inner join {{ ref('dim_area') }} as area
    on
        measured.area_code = area.area_code
        and area.area_type = 'prefecture'
        and {{ valid_on('area.valid_from', 'area.valid_to', 'measured.as_of_date') }}
