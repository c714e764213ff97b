{# The statistics of trends and projections, in one place. #}

{# Years from one day to another: real days over 365.25, or whole fiscal years where the project is run with them. #}
{% macro years_between(earlier, later) -%}
    {%- if var('projection_in_fiscal_years') -%}
    cast({{ fiscal_year(later) }} - {{ fiscal_year(earlier) }} as double)
    {%- else -%}
    ({{ days_between(earlier, later) }} / 365.25)
    {%- endif -%}
{%- endmacro %}

{# The day a number of years after another one, the first whole day on which they have passed. #}
{% macro add_years(day, years) -%}
    {{ add_days(day, 'cast(ceil((' ~ years ~ ') * 365.25) as integer)') }}
{%- endmacro %}

{# A sum of doubles that does not depend on the order in which threads deliver the rows. #}
{% macro ordered_sum(expression, order_by) -%}
    {{ return(adapter.dispatch('ordered_sum', 'mieruka')(expression, order_by)) }}
{%- endmacro %}

{% macro default__ordered_sum(expression, order_by) -%}
    sum({{ expression }} order by {{ order_by }})
{%- endmacro %}

{% macro spark__ordered_sum(expression, order_by) -%}
    aggregate(
        array_sort(collect_list(named_struct('place', {{ order_by }}, 'term', {{ expression }}))),
        cast(0 as double), (total, entry) -> total + entry.term
    )
{%- endmacro %}

{# A table of the whole numbers from 0 to `last`, in the column `number`. #}
{% macro whole_numbers(last) -%}
    {{ return(adapter.dispatch('whole_numbers', 'mieruka')(last)) }}
{%- endmacro %}

{% macro default__whole_numbers(last) -%}
    select unnest(range(0, {{ last }} + 1)) as number
{%- endmacro %}

{% macro spark__whole_numbers(last) -%}
    select explode(sequence(0, {{ last }})) as number
{%- endmacro %}

{# The sum over k = first .. last of a text in which `k` stands for the running number; 0 when last < first. #}
{% macro finite_series(term, first, last) -%}
    {{ return(adapter.dispatch('finite_series', 'mieruka')(term, first, last)) }}
{%- endmacro %}

{% macro default__finite_series(term, first, last) -%}
    coalesce(list_sum(list_transform(range({{ first }}, ({{ last }}) + 1), lambda k : {{ term }})), 0)
{%- endmacro %}

{% macro spark__finite_series(term, first, last) -%}
    case
        when {{ last }} < {{ first }} then 0
        else aggregate(transform(sequence({{ first }}, {{ last }}), k -> {{ term }}), cast(0 as double), (a, b) -> a + b)
    end
{%- endmacro %}

{# P(T <= t) of Student's t with a whole number of degrees of freedom, by its finite series in cos^2 of atan(t / sqrt(df))
   (Abramowitz and Stegun 26.7.3 and 26.7.4). #}
{% macro student_t_cdf(t, df) -%}
    {%- set cos2 = '(' ~ df ~ ' / (' ~ df ~ ' + (' ~ t ~ ') * (' ~ t ~ ')))' -%}
    {%- set sine = '((' ~ t ~ ') / sqrt(' ~ df ~ ' + (' ~ t ~ ') * (' ~ t ~ ')))' -%}
    (0.5 + 0.5 * case
        when {{ df }} % 2 = 0
            then {{ sine }} * {{ finite_series(
                'exp(lgamma(2 * k + 1.0) - 2 * lgamma(k + 1.0) - k * ln(4.0)) * power(' ~ cos2 ~ ', k)',
                0, 'cast(floor((' ~ df ~ ' - 2) / 2.0) as bigint)'
            ) }}
        else
            2 / pi() * (
                atan(({{ t }}) / sqrt({{ df }}))
                + {{ sine }} * sqrt({{ cos2 }}) * {{ finite_series(
                    'exp(k * ln(4.0) + 2 * lgamma(k + 1.0) - lgamma(2 * k + 2.0)) * power(' ~ cos2 ~ ', k)',
                    0, 'cast(floor((' ~ df ~ ' - 3) / 2.0) as bigint)'
                ) }}
            )
    end)
{%- endmacro %}

{# The 0.90 quantile of Student's t, which bounds a central interval of 80%: rows of (df, quantile). #}
{% macro student_t_quantiles() -%}
    values
    (1, 3.07768353717525), (2, 1.88561808316413), (3, 1.63774435369621), (4, 1.53320627405894), (5, 1.47588404882448),
    (6, 1.43975574726515), (7, 1.41492392765051), (8, 1.39681530974387), (9, 1.38302873839663), (10, 1.37218364111034),
    (11, 1.36343031802054), (12, 1.35621733402321), (13, 1.35017128878006), (14, 1.34503037445465), (15, 1.34060560785046),
    (16, 1.33675716732732), (17, 1.33337938972163), (18, 1.33039094356991), (19, 1.3277282090268), (20, 1.32534070698505),
    (21, 1.32318787386517), (22, 1.32123674161336), (23, 1.31946023981616), (24, 1.31783593367315), (25, 1.31634507267387),
    (26, 1.31497186427052), (27, 1.31370291282927), (28, 1.31252678159267), (29, 1.31143364730155), (30, 1.3104150253914),
    (31, 1.30946354949465), (32, 1.30857279312952), (33, 1.30773712445089), (34, 1.30695158712643), (35, 1.30621180201603),
    (36, 1.30551388553625), (37, 1.30485438149762), (38, 1.3042302038905), (39, 1.30363858862127), (40, 1.30307705260719),
    (41, 1.30254335895338), (42, 1.30203548718252), (43, 1.30155160768217), (44, 1.3010900596888), (45, 1.30064933225024),
    (46, 1.30022804770694), (47, 1.29982494731166), (48, 1.29943887867139), (49, 1.29906878474775), (50, 1.29871369419481),
    (51, 1.29837271284837), (52, 1.29804501620975), (53, 1.29772984279107), (54, 1.29742648820907), (55, 1.29713429993094),
    (56, 1.2968526725898), (57, 1.29658104379901), (58, 1.29631889040442), (59, 1.29606572512205), (60, 1.29582109351573)
{%- endmacro %}

{# The same for more degrees of freedom than the table has, by Cornish and Fisher's expansion (ten digits). #}
{% macro student_t_quantile_beyond(df) -%}
    {%- set z = normal_quantile_90() | float -%}
    ({{ z }}
    + {{ (z ** 3 + z) / 4 }} / {{ df }}
    + {{ (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 }} / power({{ df }}, 2)
    + {{ (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 }} / power({{ df }}, 3)
    + {{ (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 }} / power({{ df }}, 4))
{%- endmacro %}

{# The 0.90 and 0.975 quantiles of the standard normal distribution. #}
{% macro normal_quantile_90() -%} 1.2815515655446004 {%- endmacro %}
{% macro normal_quantile_975() -%} 1.959963984540054 {%- endmacro %}

{# P(Z <= z) of the standard normal, by its power series; beyond 8 standard deviations it is 0 or 1 in doubles. #}
{% macro normal_cdf(z) -%}
    case
        when {{ z }} < -8 then 0.0
        when {{ z }} > 8 then 1.0
        else
            0.5 + {{ z }} * exp(-0.5 * ({{ z }}) * ({{ z }})) / sqrt(2 * pi()) * {{ finite_series(
                'power((' ~ z ~ ') * (' ~ z ~ ') / 2, k) * exp(lgamma(1.5) - lgamma(k + 1.5))', 0, 150
            ) }}
    end
{%- endmacro %}

{# Natural logarithm of E[(1 - h)^years] for h ~ Beta(a, b): how likely a body stays what it is. #}
{% macro log_staying(a, b, years) -%}
    lgamma({{ b }} + {{ years }}) - lgamma({{ b }}) + lgamma({{ a }} + {{ b }}) - lgamma({{ a }} + {{ b }} + {{ years }})
{%- endmacro %}

{# Statistics Canada's factor C, which makes less growth do near a natural limit: 1 - nearness^4.44. #}
{% macro limit_factor(first_value, limit_value) -%}
    case
        when abs({{ first_value }}) >= 2 * abs({{ limit_value }}) then 1.0
        when abs({{ first_value }}) <= abs({{ limit_value }})
            then 1 - power(abs({{ first_value }}) / abs({{ limit_value }}), 4.44)
        else 1 - power((2 * abs({{ limit_value }}) - abs({{ first_value }})) / abs({{ limit_value }}), 4.44)
    end
{%- endmacro %}

{# The word for a probability, after the likelihood scale of the IPCC. #}
{% macro probability_word(probability) -%}
    case
        when {{ probability }} >= 0.90 then 'very_likely'
        when {{ probability }} >= 0.66 then 'likely'
        when {{ probability }} >= 0.33 then 'about_as_likely_as_not'
        when {{ probability }} >= 0.10 then 'unlikely'
        when {{ probability }} < 0.10 then 'very_unlikely'
    end
{%- endmacro %}
