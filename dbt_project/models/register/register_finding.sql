{# What the checks found: of each rule the first lines of each body, with how many there are in all. #}
{%- set keys = 'area_code, fiscal_year, entity' %}
with broken as (

    select *
    from {{ ref('int_register_check') }}
    where breaks_a_rule

),

counted as (

    select
        {{ keys }}
        {%- for rule in line_rules() %},
        cast(sum(case when {{ rule }} then 1 else 0 end) as bigint) as {{ rule }}
        {%- endfor %}
    from broken
    group by {{ keys }}

),

of_lines as (
    {%- for rule, texts in line_findings().items() %}

    select
        {{ keys }},
        '{{ rule }}' as rule,
        source_file,
        snapshot_sha256,
        sheet,
        row_no,
        asset_no,
        branch_no,
        asset_name,
        {{ texts[0] }} as found,
        {{ texts[1] }} as expected
    from broken
    where {{ rule }}
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

of_bodies as (

    select
        {{ keys }},
        'no_convention_fits' as rule,
        cast(null as string) as source_file,
        cast(null as string) as snapshot_sha256,
        cast(null as string) as sheet,
        cast(null as integer) as row_no,
        cast(null as string) as asset_no,
        cast(null as string) as branch_no,
        cast(null as string) as asset_name,
        concat(cast(max(lines_matched) as string), ' / ', cast(max(lines_tested) as string)) as found,
        '>= 1/2' as expected
    from {{ ref('register_convention') }}
    group by {{ keys }}
    having sum(case when is_applied then 1 else 0 end) = 0
    union all
    select
        {{ keys }},
        'register_total_differs' as rule,
        source_file,
        snapshot_sha256,
        sheet,
        row_no,
        cast(null as string) as asset_no,
        cast(null as string) as branch_no,
        label as asset_name,
        concat(
            coalesce(cast(stated_cost as string), '-'), ' / ', coalesce(cast(stated_accumulated as string), '-'), ' / ',
            coalesce(cast(stated_book_value as string), '-')
        ) as found,
        concat(
            cast(lines_cost as string), ' / ', cast(lines_accumulated as string), ' / ', cast(lines_book_value as string)
        ) as expected
    from {{ ref('register_total') }}
    where not agrees

),

numbered as (

    select
        *,
        row_number() over (
            partition by {{ keys }}, rule order by source_file, sheet, row_no
        ) as finding_no
    from (select * from of_lines union all select * from of_bodies) as found

),

counts as (
    {%- for rule in line_rules() %}
    select {{ keys }}, '{{ rule }}' as rule, {{ rule }} as finding_count from counted where {{ rule }} > 0
    union all
    {%- endfor %}
    select {{ keys }}, rule, count(*) as finding_count from of_bodies group by {{ keys }}, rule

)

select
    numbered.area_code,
    numbered.fiscal_year,
    numbered.entity,
    numbered.rule,
    cast(numbered.finding_no as integer) as finding_no,
    counts.finding_count,
    rules.severity,
    numbered.source_file,
    numbered.snapshot_sha256,
    numbered.sheet,
    numbered.row_no,
    numbered.asset_no,
    numbered.branch_no,
    numbered.asset_name,
    numbered.found,
    numbered.expected,
    rules.expected_ja,
    rules.expected_en
from numbered
inner join counts
    on
        numbered.area_code = counts.area_code
        and numbered.fiscal_year = counts.fiscal_year
        and numbered.entity = counts.entity
        and numbered.rule = counts.rule
inner join {{ ref('register_rule') }} as rules on numbered.rule = rules.rule
where numbered.finding_no <= {{ findings_shown() }}
