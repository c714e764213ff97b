{# Words of the warehouse in Japanese, for the flat views: tests hold them against those of the command line and of
   sources/_schema/vocabulary.yml, so that no reader meets two words for one thing. #}
{% macro words(vocabulary) -%}
    {%- set all = {
        'status': {
            'monitor_only': '事後に検証', 'no_target': '目標なし', 'target_pending': '目標未設定', 'improving': '改善',
            'flat': '横ばい', 'worsening': '悪化', 'baseline_only': '基準値のみ', 'no_data': '数値なし',
            'deadline_pending': '期限未設定', 'not_comparable': '比較できない', 'maintained': '維持', 'slipped': '後退',
            'achieved': '達成', 'ahead': '計画以上', 'on_track': 'ほぼ計画どおり', 'behind': '遅れ',
            'far_behind': '大きく遅れ', 'reversing': '逆行', 'achieved_then_slipped': '達成後に後退', 'missed': '未達成',
            'achieved_late': '期限後に達成', 'achieved_date_unknown': '達成（時期不明）',
            'overdue_no_final_data': '期限の数値なし',
        },
        'reason': {
            'MONITOR_ONLY': '工程表が「事後的に検証する指標」としている', 'NO_TARGET': '工程表に目標の記載がない',
            'TARGET_PENDING': '目標そのものがまだ設定されていない', 'DIRECTION': '目標は向きだけ（増加・減少）',
            'DEADLINE_PENDING': '目標値はあるが期限が未設定', 'NO_DATA': '知られた数値がない',
            'SERIES_BREAK': '定義の異なる系列の数値しかない', 'MET_EARLY': '期限の前に目標を満たしている',
            'BASELINE_ONLY': '基準値のほかに数値がない', 'NO_BASELINE': '基準値がなく、進捗を計算できない',
            'SLIPPED': '一度満たしたが、今は満たしていない', 'MAINTAINED': '維持すべき水準を保っている',
            'PACE': '期限の前。進捗と経過の比による', 'MET_AT_DEADLINE': '期限の値が目標を満たした',
            'MISSED': '期限の値が目標に届かなかった', 'MET_BEFORE_DEADLINE': '期限の前に満たし、その後も下回っていない',
            'DEADLINE_BRACKETED': '期限の前は下回り、後では満たす。期限での値は不明',
            'MISSED_LATER': '期限後の数値がまだ届かず、途中で届いたはずもない',
            'NO_DEADLINE_VALUE': '期限は過ぎたが、期限の値が見つかっていない',
        },
        'flag': {
            'PROVISIONAL': '速報値による暫定の判定', 'STALE': '最新の数値が550日より古い',
            'TARGET_ADOPTED_LATER': 'この日より後に決まった目標で判定', 'NO_BASELINE': '基準値なし',
            'TARGET_APPROXIMATE': '目標値は約', 'DEADLINE_APPROXIMATE': '期限は目途',
            'DIFFERS_FROM_DEFAULT': '既定の方式とは記号が異なる', 'REPLAY_OPTIMISTIC': '公表日の分からない数値を使った',
        },
        'grade': {
            'A': 'A 経過以上に進捗', 'B': 'B それに及ばない', 'N': 'N 評価できない', 'F': 'F 数値目標なし',
        },
        'blank': {
            'NO_FIGURE_AT_DEADLINE': '期限の日の数値がない', 'DEADLINE_REACHED': '数値の時点が期限以後である',
            'TARGET_MET': 'すでに目標を満たす', 'TARGET_EQUALS_BASELINE': '目標値が基準値と同じ',
            'BASELINE_AFTER_DEADLINE': '基準値の時点が期限以後である', 'NOT_REACHED': 'この向きでは達しない',
            'BEYOND_HORIZON': '推計してよい期間を越える', 'ALREADY_MET': 'すでに目標を満たす', 'AT_LIMIT': '上限に達している',
            'COMPARATOR': '以上・以下の目標ではない', 'DEADLINE_OBSERVED': '期限の数値がある',
            'DEADLINE_PAST': '期限は過ぎている', 'NATIONAL_TARGET': '目標は全国のもの', 'NO_DEADLINE': '期限がない',
            'TOO_FEW_POINTS': '推計不可（数値が足りない）', 'NO_TIME_SPAN': '数値がすべて同じ年度',
            'NO_VARIATION': '値が動いていない', 'POINT_OF_PATH': '計画の線の端であり、数値ではない',
            'NO_DIRECTION': '望ましい向きが決まっていない', 'NO_ERROR_MODEL': 'このモデルは誤差を与えない',
            'BEFORE_PROJECTION': '推計の線より前の時点', 'NONPOSITIVE_VALUE': '零以下の値がある',
            'BEYOND_LIMIT': '上限を越える値がある', 'MODEL_ALREADY_THERE': 'モデルの線ではすでに達している',
            'TARGET_AT_LIMIT': '目標が上限そのもの', 'TARGET_NONPOSITIVE': '目標が零以下', 'SERIES_BREAK': '系列が途切れている',
            'NOT_INSIDE_LIMIT': '0と上限の間にない値がある', 'NO_LIMIT': '上限がない', 'NO_BODIES': '対象の団体がない',
            'PERFECT_FIT': '数値がすべて線の上にある', 'SHORT_SERIES': '数値が5つに満たない',
        },
        'point': {
            'baseline': '基準値', 'figure': '数値', 'deadline': '期限', 'no_figure': '数値なし',
        },
        'target_type': {
            'level': '水準', 'change': '変化', 'multiple': '倍率', 'share': '割合', 'direction_only': '向きだけ',
            'not_set': '未設定', 'none': '記載なし',
        },
        'direction': {'increase': '増加', 'decrease': '減少', 'maintain': '維持', 'none': '定めなし'},
        'model': {
            'none': '推計なし', 'flat': '横ばい', 'two_point': '2点の直線',
            'gap_closing': '上限までの差が一定の割合で縮む', 'theil_sen': 'Theil–Senの直線', 'ols': '最小二乗の直線',
            'log_line': '対数の直線', 'logit': 'ロジット（上限固定）', 'wls_half_life': '新しい点に重みを置く直線',
            'hazard': '団体別の導入の速さ',
        },
        'area_type': {
            'nation': '国', 'prefecture': '都道府県', 'designated_city': '指定都市', 'core_city': '中核市',
            'special_city': '施行時特例市', 'special_ward': '特別区', 'city': '市', 'town': '町', 'village': '村',
            'ward': '行政区', 'district': '郡・支庁等', 'association': '一部事務組合等', 'aggregate': '集計区分',
        },
        'value_status': {
            'reported': '公表値', 'not_applicable': '該当なし', 'suppressed': '秘匿', 'nil_mark': '該当数値なし（－）',
            'not_surveyed': '調査対象外', 'not_calculated': '算定されない', 'parse_failed': '読み取り不能',
            'claim_without_value': '数値のない言明',
        },
        'observation_status': {
            'final': '確定', 'preliminary': '速報', 'forecast': '見込み', 'official_claim': '公式の言明',
            'derived': '算出値',
        },
        'statistic': {
            'count': '数', 'share': '割合', 'sum': '合計', 'mean_unweighted': '単純平均', 'mean_weighted': '加重平均',
            'median': '中央値', 'rate': '率', 'amount': '金額', 'flag': '有無',
        },
        'peer_scheme': {
            'area_type': '団体の種類', 'similar_bodies': '類似団体', 'population_class': '人口規模',
            'prefecture': '同じ都道府県', 'nearest': '近い団体',
        },
        'peer_blank': {
            'GROUP_TOO_SMALL': '5団体未満', 'NO_SPREAD': '差がない', 'BINARY': '有無の項目', 'COUNT': '規模による数',
            'NO_WEIGHT': '分母の数値がない', 'WEIGHT_MISSING': '人口の欠ける団体がある',
            'DIRECTION_NOT_DECLARED': '望ましい向きの定めがない', 'NO_EARLIER_FIGURE': '前の数値がない',
            'BODY_CHANGED': '合併・分割があった',
        },
        'freshness': {'fresh': '最新', 'due': '公表の時期', 'overdue': '遅れ', 'unknown': '不明'},
        'freshness_basis': {
            'published_on': '公表日と周期', 'month': '例年の公表月', 'period': '対象期間と周期', 'once': '一度限りの公表',
            'irregular': '不定期の公表', 'nothing_held': 'ファイルなし', 'no_date': '対象期間も公表日も分からない',
        },
    } -%}
    {{ return(all[vocabulary]) }}
{%- endmacro %}

{# A word in Japanese; one that is not in the vocabulary stays as it is, and a null stays null. #}
{% macro in_words(expression, vocabulary, also=none) -%}
    case {{ expression }}
        {%- for word, text in words(vocabulary).items() %}
        when '{{ word }}' then '{{ text }}'
        {%- endfor %}
        {%- for word, text in (words(also).items() if also else []) if word not in words(vocabulary) %}
        when '{{ word }}' then '{{ text }}'
        {%- endfor %}
        else {{ expression }}
    end
{%- endmacro %}

{# A list of words as one text in Japanese. #}
{% macro list_in_words(expression, vocabulary) -%}
    {{ return(adapter.dispatch('list_in_words', 'mieruka')(expression, vocabulary)) }}
{%- endmacro %}

{% macro default__list_in_words(expression, vocabulary) -%}
    array_to_string(list_transform({{ expression }}, lambda word : {{ in_words('word', vocabulary) }}), '・')
{%- endmacro %}

{% macro spark__list_in_words(expression, vocabulary) -%}
    concat_ws('・', transform({{ expression }}, word -> {{ in_words('word', vocabulary) }}))
{%- endmacro %}

{# Numbers of initiatives as they are printed: ⑧⑨⑩. #}
{% macro circled_numbers(expression) -%}
    {{ return(adapter.dispatch('circled_numbers', 'mieruka')(expression)) }}
{%- endmacro %}

{% macro default__circled_numbers(expression) -%}
    array_to_string(list_transform({{ expression }}, lambda no : chr(cast(9311 + no as integer))), '')
{%- endmacro %}

{% macro spark__circled_numbers(expression) -%}
    concat_ws('', transform({{ expression }}, no -> decode(unhex(hex(9311 + no)), 'UTF-16')))
{%- endmacro %}

{# The first of a list. #}
{% macro first_of(expression) -%}
    {{ return(adapter.dispatch('first_of', 'mieruka')(expression)) }}
{%- endmacro %}

{% macro default__first_of(expression) -%} {{ expression }}[1] {%- endmacro %}

{% macro spark__first_of(expression) -%} {{ expression }}[0] {%- endmacro %}
