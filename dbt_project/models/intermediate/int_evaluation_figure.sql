-- The figures that a target version may be judged on, as known on each day: one a day described,
-- a final one before a preliminary one, the vintage known last before older ones.
with visible as (

    select
        evaluation.measure_id,
        evaluation.area_code,
        evaluation.evaluated_on,
        evaluation.target_version,
        evaluation.figure_set,
        figure.observation_id,
        figure.as_of_date,
        figure.value,
        figure.observation_status,
        figure.observation_status <> 'preliminary' as is_final,
        figure.known_on_basis,
        {{ meets('figure.value', 'evaluation.comparator', 'evaluation.attained_from') }} as is_met,
        row_number() over (
            partition by
                evaluation.measure_id, evaluation.area_code, evaluation.evaluated_on,
                evaluation.target_version, evaluation.figure_set, figure.as_of_date
            order by
                case figure.observation_status when 'preliminary' then 2 else 1 end,
                figure.known_on desc,
                figure.observation_id
        ) as preference
    from {{ ref('int_target_evaluation') }} as evaluation
    inner join {{ ref('int_measure_figure') }} as figure
        on
            evaluation.measure_id = figure.measure_id
            and evaluation.area_code = figure.area_code
            and evaluation.figure_set = figure.figure_set
            and evaluation.series_id = figure.series_id
    where figure.enters_verdict and figure.known_on <= evaluation.evaluated_on

)

select
    measure_id,
    area_code,
    evaluated_on,
    target_version,
    figure_set,
    observation_id,
    as_of_date,
    value,
    observation_status,
    is_final,
    known_on_basis,
    is_met
from visible
where preference = 1
