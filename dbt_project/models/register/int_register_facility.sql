{# The facility type of each text that stands in a register: of its words, the first by rank, then the longest. A word that ends in
   $ stands at the end of the text: 大橋 is a bridge, 前橋公園 is none. #}
{{ config(schema='register', contract={'enforced': false}) }}

with texts as (

    select distinct {{ without_digits('use_name') }} as facility_text
    from {{ ref('stg_register_line') }}
    where use_name is not null
    union
    select distinct {{ without_digits('asset_name') }} as facility_text
    from {{ ref('stg_register_line') }}
    where asset_name is not null

),

matched as (

    select
        texts.facility_text,
        words.facility_type,
        row_number() over (
            partition by texts.facility_text
            order by words.rank_no, length(words.word) desc, words.word
        ) as place
    from texts
    inner join {{ ref('register_facility_word') }} as words on instr(concat(texts.facility_text, '$'), words.word) > 0

)

select
    facility_text,
    facility_type
from matched
where place = 1
