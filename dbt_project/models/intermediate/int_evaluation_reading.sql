-- What each verdict reads off the figures: baseline, latest figure, value at the deadline, and what came after.
{%- set key = ['measure_id', 'area_code', 'evaluated_on', 'target_version', 'figure_set'] %}
{%- set keys = key | join(', ') %}
with evaluation as (

    select * from {{ ref('int_target_evaluation') }}

),

figure as (

    select
        figure.*,
        evaluation.target_date,
        evaluation.comparator,
        evaluation.attained_from,
        evaluation.plan_started_on,
        evaluation.printed_baseline_date
    from {{ ref('int_evaluation_figure') }} as figure
    inner join evaluation using ({{ keys }})

),

-- Baseline: what the plan prints; else the last final figure up to the plan's start; else the first final one after.
baseline_day as (

    select
        {{ keys }},
        coalesce(
            max(printed_baseline_date),
            max(case when is_final and as_of_date <= plan_started_on then as_of_date end),
            min(case when is_final then as_of_date end)
        ) as baseline_date
    from figure
    group by {{ keys }}

),

baseline as (

    select
        {% for column in key %}evaluation.{{ column }}, {% endfor %}
        case
            when evaluation.printed_baseline_value is not null then 'printed'
            when figure.as_of_date <= evaluation.plan_started_on then 'before_plan'
            when figure.as_of_date is not null then 'first_observed'
            else 'none'
        end as baseline_basis,
        coalesce(evaluation.printed_baseline_value, figure.value) as baseline_value,
        coalesce(evaluation.printed_baseline_date, figure.as_of_date) as baseline_date,
        {{ meets('coalesce(evaluation.printed_baseline_value, figure.value)', 'evaluation.comparator', 'evaluation.attained_from') }}
            as baseline_is_met,
        figure.observation_id as baseline_observation_id,
        figure.known_on_basis as baseline_known_on_basis
    from evaluation
    left join baseline_day using ({{ keys }})
    left join figure
        on
            {% for column in key %}evaluation.{{ column }} = figure.{{ column }} and {% endfor %}
            figure.as_of_date = coalesce(evaluation.printed_baseline_date, baseline_day.baseline_date)

),

placed as (

    select
        figure.*,
        baseline.baseline_date,
        coalesce(figure.as_of_date > baseline.baseline_date, true) as is_after_baseline,
        max(case when coalesce(figure.as_of_date > baseline.baseline_date, true) then figure.as_of_date end)
            over (partition by {% for column in key %}figure.{{ column }}{{ ", " if not loop.last }}{% endfor %}) as latest_date,
        -- The order in which a figure may stand for the deadline: final before preliminary, up to it before the day after.
        case
            when
                figure.as_of_date <= figure.target_date
                and {{ days_between('figure.as_of_date', 'figure.target_date') }} <= {{ var('deadline_window_days') }}
                then case when figure.is_final then 4 else 2 end
            when
                figure.as_of_date > figure.target_date
                and {{ days_between('figure.target_date', 'figure.as_of_date') }} <= {{ var('deadline_grace_days') }}
                then case when figure.is_final then 3 else 1 end
        end as deadline_rank
    from figure
    inner join baseline using ({{ keys }})

),

deadline as (

    select
        {{ keys }},
        observation_id as deadline_observation_id,
        as_of_date as deadline_as_of_date,
        value as deadline_value,
        is_final as deadline_is_final,
        known_on_basis as deadline_known_on_basis,
        is_met as deadline_is_met
    from (
        select
            *,
            row_number() over (partition by {{ keys }} order by deadline_rank desc, as_of_date desc) as preference
        from placed
        where deadline_rank is not null
    ) as candidate
    where preference = 1

),

-- Readings over all figures after the baseline.
summary as (

    select
        {% for column in key %}placed.{{ column }}, {% endfor %}
        max(placed.latest_date) as latest_date,
        min(case when placed.is_after_baseline and placed.is_met then placed.as_of_date end) as first_met_date,
        coalesce(bool_or(placed.is_met and placed.is_after_baseline and placed.as_of_date < placed.latest_date), false)
            as is_met_earlier,
        -- A figure up to the baseline's day gives way to the baseline, unless that one is of after the deadline.
        max(case
            when
                placed.as_of_date <= placed.target_date
                and (placed.is_after_baseline or placed.baseline_date > placed.target_date)
                then placed.as_of_date
        end) as last_before_deadline_date,
        coalesce(
            bool_or(placed.is_met) filter (
                where placed.as_of_date > coalesce(deadline.deadline_as_of_date, placed.target_date)
            ), false
        ) as is_met_later,
        coalesce(
            bool_or(not placed.is_met) filter (
                where placed.as_of_date > coalesce(deadline.deadline_as_of_date, placed.target_date)
            ), false
        ) as is_below_later,
        -- What can never fall was short of the target at the deadline too, if it is short of it later.
        coalesce(
            bool_or(placed.value < placed.attained_from and placed.comparator <> '<=')
            filter (where placed.as_of_date > placed.target_date), false
        ) as is_short_later,
        -- Which of the figures that a status may turn on have no known day of publication.
        coalesce(
            bool_or(placed.is_met and placed.is_after_baseline and placed.known_on_basis = 'not_before'), false
        ) as is_met_on_not_before,
        coalesce(
            bool_or(placed.known_on_basis = 'not_before') filter (
                where placed.as_of_date > coalesce(deadline.deadline_as_of_date, placed.target_date)
            ), false
        ) as is_later_on_not_before
    from placed
    left join deadline using ({{ keys }})
    group by {% for column in key %}placed.{{ column }}{{ ", " if not loop.last }}{% endfor %}

),

other_series as (

    select distinct
        evaluation.measure_id,
        evaluation.area_code,
        evaluation.evaluated_on,
        evaluation.target_version,
        evaluation.figure_set,
        true as has_figures_of_other_series
    from evaluation
    inner join {{ ref('int_measure_figure') }} as figure
        on
            evaluation.measure_id = figure.measure_id
            and evaluation.area_code = figure.area_code
            and evaluation.figure_set = figure.figure_set
    where
        figure.enters_verdict
        and figure.known_on <= evaluation.evaluated_on
        and figure.series_id <> evaluation.series_id

)

select
    evaluation.*,
    baseline.baseline_basis,
    baseline.baseline_value,
    baseline.baseline_date,
    baseline.baseline_observation_id,
    -- The figure judged: the latest after the baseline; while there is none, the baseline itself.
    coalesce(latest.observation_id, baseline.baseline_observation_id) as observation_id,
    coalesce(latest.as_of_date, baseline.baseline_date) as as_of_date,
    case when latest.observation_id is not null then latest.value else baseline.baseline_value end as value,
    latest.observation_id is not null as has_figure_after_baseline,
    case when latest.observation_id is not null then latest.is_met else baseline.baseline_is_met end as is_met,
    not latest.is_final as latest_is_preliminary,
    deadline.deadline_observation_id,
    deadline.deadline_as_of_date,
    deadline.deadline_value,
    deadline.deadline_is_met,
    not deadline.deadline_is_final as deadline_is_preliminary,
    -- The baseline is a figure too: a measure may have met its target there.
    case when baseline.baseline_is_met then baseline.baseline_date else summary.first_met_date end as first_met_date,
    coalesce(summary.is_met_earlier, false)
    or coalesce(baseline.baseline_is_met and latest.observation_id is not null, false) as is_met_earlier,
    case
        when last_before.observation_id is not null then last_before.is_met
        when baseline.baseline_date <= evaluation.target_date then baseline.baseline_is_met
    end as last_before_deadline_is_met,
    coalesce(summary.is_met_later, false) as is_met_later,
    coalesce(summary.is_below_later, false) as is_below_later,
    coalesce(summary.is_short_later, false) as is_short_later,
    coalesce(other_series.has_figures_of_other_series, false) as has_figures_of_other_series,
    coalesce(latest.known_on_basis = 'not_before', false)
    or coalesce(baseline.baseline_known_on_basis = 'not_before' and evaluation.printed_baseline_value is null, false)
    or coalesce(deadline.deadline_known_on_basis = 'not_before', false)
    or coalesce(
        evaluation.evaluated_on <= evaluation.target_date and not latest.is_met and summary.is_met_on_not_before, false
    )
    or coalesce(
        evaluation.deadline_is_past
        and (
            summary.is_later_on_not_before
            or (deadline.deadline_value is null and last_before.known_on_basis = 'not_before')
        ),
        false
    ) as rests_on_not_before
from evaluation
inner join baseline using ({{ keys }})
left join summary using ({{ keys }})
left join deadline using ({{ keys }})
left join other_series using ({{ keys }})
left join figure as latest
    on
        {% for column in key %}evaluation.{{ column }} = latest.{{ column }} and {% endfor %}
        summary.latest_date = latest.as_of_date
left join figure as last_before
    on
        {% for column in key %}evaluation.{{ column }} = last_before.{{ column }} and {% endfor %}
        summary.last_before_deadline_date = last_before.as_of_date
