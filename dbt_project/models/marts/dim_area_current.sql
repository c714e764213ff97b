{{ config(materialized='view', contract={'enforced': false}) }}
{# Without the database's name, so that the view works in a file attached under any alias. #}
select *
from {{ ref('dim_area') }}
where valid_to is null
