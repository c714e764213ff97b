-- Official forecasts beside what happened, and how far each had the measure on the way to the roadmap's own target.
-- The outcome is the measured figure of the same series for the day forecast, found as a deadline's value is; where none
-- is known, the first one within a year after it, with the days between.
with forecast as (

    select * from {{ ref('int_measure_figure') }}
    where observation_status = 'forecast'

),

outcome as (

    select
        forecast.measure_id,
        forecast.observation_id,
        figure.observation_id as outcome_observation_id,
        figure.as_of_date as outcome_date,
        figure.value as outcome_value,
        figure.observation_status as outcome_status,
        figure.known_on as outcome_known_on,
        row_number() over (
            partition by forecast.measure_id, forecast.observation_id
            order by
                case
                    when {{ days_between('forecast.as_of_date', 'figure.as_of_date') }} <= {{ var('deadline_grace_days') }}
                        then case when figure.observation_status = 'final' then 1 else 2 end
                    else 3
                end,
                abs({{ days_between('forecast.as_of_date', 'figure.as_of_date') }}),
                case figure.observation_status when 'final' then 1 else 2 end,
                figure.known_on desc,
                figure.observation_id
        ) as preference
    from forecast
    inner join {{ ref('int_measure_figure') }} as figure
        on
            forecast.measure_id = figure.measure_id
            and forecast.area_code = figure.area_code
            and forecast.series_id = figure.series_id
    where
        figure.enters_verdict
        and figure.figure_set = 'measured'
        and figure.observation_id <> forecast.observation_id
        and {{ days_between('forecast.as_of_date', 'figure.as_of_date') }}
        between -1 * {{ var('deadline_window_days') }} and 366

)

select
    forecast.measure_id,
    forecast.observation_id,
    forecast.area_code,
    forecast.series_id,
    forecast.as_of_date as forecast_for,
    forecast.known_on as made_on,
    forecast.known_on_basis as made_on_basis,
    cast(forecast.value as decimal(38, 10)) as forecast_value,
    outcome.outcome_observation_id,
    outcome.outcome_date,
    cast(outcome.outcome_value as decimal(38, 10)) as outcome_value,
    outcome.outcome_status,
    outcome.outcome_known_on,
    {{ days_between('forecast.as_of_date', 'outcome.outcome_date') }} as outcome_days_after,
    cast(outcome.outcome_value as double) - cast(forecast.value as double) as error,
    (cast(outcome.outcome_value as double) - cast(forecast.value as double))
    / nullif(abs(cast(forecast.value as double)), 0) as relative_error,
    case
        when forecast.series_id = target.series_id
            then {{ progress_share('forecast.value', 'target.baseline_value', 'target.target_value') }}
    end as forecast_progress,
    case
        when forecast.series_id = target.series_id
            then {{ progress_share('outcome.outcome_value', 'target.baseline_value', 'target.target_value') }}
    end as outcome_progress,
    case
        when forecast.as_of_date is null then 'UNDATED'
        when forecast.value is null then 'NO_VALUE'
        when outcome.outcome_observation_id is null and forecast.as_of_date > {{ run_date() }} then 'NOT_YET'
        when outcome.outcome_observation_id is null then 'NO_OUTCOME'
        when {{ days_between('forecast.as_of_date', 'outcome.outcome_date') }} > {{ var('deadline_grace_days') }}
            then 'OUTCOME_OF_A_LATER_DAY'
        when forecast.series_id <> target.series_id then 'OTHER_SERIES'
        when target.baseline_value is null then 'NO_BASELINE'
    end as reason_code
from forecast
inner join {{ ref('dim_target') }} as target on forecast.measure_id = target.measure_id and target.is_primary
left join outcome
    on
        forecast.measure_id = outcome.measure_id
        and forecast.observation_id = outcome.observation_id
        and outcome.preference = 1
