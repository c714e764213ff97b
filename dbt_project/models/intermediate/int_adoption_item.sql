-- What bodies adopt one by one, and the measure that counts them. `basis`: sewerage_days (rebuilt from the days of each
-- business) or flags (a flag a body on each day of a list). `lists_all`: a body that the list leaves out has not adopted.
select *
from (
    values
    (
        'sewerage_30k', 'public_enterprise_accounting_applied', 'public_enterprise_accounting_30k_sewerage',
        'bodies_pop_30k_or_more', 'sewerage_days', false
    ),
    (
        'sewerage_under_30k', 'public_enterprise_accounting_applied', 'public_enterprise_accounting_under_30k_sewerage',
        'bodies_pop_under_30k', 'sewerage_days', false
    ),
    ('konbini_issuance', 'konbini_issuance_available', 'konbini_issuance_bodies', 'municipalities', 'flags', true),
    ('cloud', 'cloud_adopted', 'cloud_municipalities', 'municipalities', 'flags', false),
    (
        'facility_plan', 'facility_plan_adopted_flag', 'facility_plan_adopted', 'all_local_governments', 'flags', false
    )
) as item (adoption_id, item_id, measure_id, body_scope, basis, lists_all)
