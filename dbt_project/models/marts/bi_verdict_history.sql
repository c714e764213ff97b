-- The verdict of each measure and area on the roadmap's own target, on every day on which something about it became
-- known: all columns are those of the marts, with names, labels and, beside each blank, why it is blank.
with verdict as (

    select
        *,
        {{ why_no_progress() }} as blank_reason
    from {{ ref('kpi_progress') }}
    where scheme = 'default' and is_primary

),

projection as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by measure_id, area_code, evaluated_on, target_version
                order by is_selected desc, case when model = 'none' then 0 else 1 end, model
            ) as preference
        from {{ ref('kpi_projection') }}
    ) as model
    where preference = 1 and (is_selected or model = 'none')

)

select
    verdict.measure_id,
    measure.name_ja as measure_name_ja,
    measure.name_en as measure_name_en,
    measure.kpi_id,
    kpi.name_ja as kpi_name_ja,
    kpi.name_en as kpi_name_en,
    {{ circled_numbers('kpi.initiative_nos') }} as initiatives,
    cast({{ first_of('kpi.initiative_nos') }} as integer) as first_initiative_no,
    initiative.name_ja as first_initiative_name_ja,
    kpi.ministry_ja,
    cast(measure.display_order as integer) as display_order,
    area.area_code,
    area.area_name_ja,
    area.area_type,
    area.area_type_ja,
    area.prefecture_code,
    area.prefecture_name_ja,
    area.prefecture_iso,
    verdict.evaluated_on,
    verdict.superseded_on,
    verdict.superseded_on is null as is_current,
    verdict.as_of_date,
    verdict.value,
    case
        when verdict.value is null
            then case when verdict.blank_reason in ('MONITOR_ONLY', 'SERIES_BREAK') then verdict.blank_reason else 'NO_DATA' end
    end as value_reason,
    measure.unit,
    cast(measure.decimals as integer) as decimals,
    measure.direction,
    {{ in_words('measure.direction', 'direction') }} as direction_ja,
    verdict.baseline_value,
    verdict.baseline_date,
    verdict.baseline_basis,
    case when verdict.baseline_value is null then 'NO_BASELINE' end as baseline_reason,
    verdict.target_version,
    target.target_type,
    {{ in_words('target.target_type', 'target_type') }} as target_type_ja,
    verdict.target_value,
    verdict.target_date,
    case
        when verdict.target_value is null or verdict.target_date is null
            then
                case target.target_type
                    when 'none' then 'NO_TARGET'
                    when 'not_set' then 'TARGET_PENDING'
                    when 'direction_only' then 'DIRECTION'
                    else 'DEADLINE_PENDING'
                end
    end as target_reason,
    target.target_text_ja,
    target.source_url as target_source_url,
    plan.name_ja as plan_name_ja,
    verdict.path_value,
    verdict.gap_to_path,
    verdict.progress,
    verdict.elapsed,
    verdict.pace,
    verdict.actual_per_year,
    verdict.projected_value,
    case when verdict.progress is null then verdict.blank_reason end as progress_reason,
    verdict.required_per_year,
    case
        when verdict.required_per_year is not null then null
        when verdict.reason_code = 'MET_EARLY' then 'TARGET_MET'
        when verdict.as_of_date >= verdict.target_date then 'DEADLINE_REACHED'
        else verdict.blank_reason
    end as required_reason,
    verdict.projected_attainment_date,
    case
        when verdict.projected_attainment_date is not null then null
        when verdict.progress is null then verdict.blank_reason
        when verdict.progress > 0 then 'BEYOND_HORIZON'
        else 'NOT_REACHED'
    end as attainment_reason,
    coalesce(projection.model, 'none') as projection_model,
    {{ in_words("coalesce(projection.model, 'none')", 'model') }} as projection_model_ja,
    projection.projected_value as model_value,
    projection.interval_low as model_low,
    projection.interval_high as model_high,
    projection.probability_of_attainment as model_probability,
    case
        when projection.projected_value is not null then null
        else coalesce(projection.reason_code, verdict.blank_reason)
    end as model_reason,
    case
        when projection.interval_low is not null and projection.interval_high is not null then null
        else coalesce(projection.interval_reason, projection.reason_code, verdict.blank_reason)
    end as interval_reason,
    case
        when projection.probability_of_attainment is not null then null
        else coalesce(projection.probability_reason, projection.reason_code, verdict.blank_reason)
    end as probability_reason,
    verdict.status,
    {{ in_words('verdict.status', 'status') }} as status_ja,
    verdict.grade,
    {{ in_words('verdict.grade', 'grade') }} as grade_ja,
    verdict.reason_code,
    {{ in_words('verdict.reason_code', 'reason') }} as reason_ja,
    {{ list_in_words('verdict.flags', 'flag') }} as flags_ja,
    verdict.observation_id,
    case
        when figure.observation_id is not null then 'figure'
        when verdict.value is not null then 'plan'
        else 'none'
    end as source_basis,
    figure.source_id,
    coalesce(figure.citation_title_ja, case when verdict.value is not null then plan.name_ja end) as citation_title_ja,
    figure.citation_publisher_ja,
    coalesce(figure.citation_url, case when verdict.value is not null then target.source_url end) as citation_url,
    figure.sheet,
    figure.cell,
    figure.known_on,
    publication.title_ja as publication_title_ja,
    publication.publisher_ja as publication_publisher_ja,
    publication.url as publication_url
from verdict
inner join {{ ref('dim_measure') }} as measure on verdict.measure_id = measure.measure_id
inner join {{ ref('dim_kpi') }} as kpi on measure.kpi_id = kpi.kpi_id
inner join {{ ref('dim_initiative') }} as initiative on {{ first_of('kpi.initiative_nos') }} = initiative.initiative_no
inner join {{ ref('dim_publication') }} as publication on measure.publication_id = publication.publication_id
inner join {{ ref('dim_target') }} as target
    on verdict.measure_id = target.measure_id and verdict.target_version = target.target_version
inner join {{ ref('dim_plan') }} as plan on target.plan_id = plan.plan_id
inner join ({{ labelled_areas() }}) as area on verdict.area_code = area.area_code
left join projection
    on
        verdict.measure_id = projection.measure_id and verdict.area_code = projection.area_code
        and verdict.evaluated_on = projection.evaluated_on and verdict.target_version = projection.target_version
left join {{ ref('fct_observation') }} as figure on verdict.observation_id = figure.observation_id
