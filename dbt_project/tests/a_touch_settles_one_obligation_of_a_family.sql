-- Activities that settle more than one obligation of a family on one kind of schedule. An answer
-- may answer several messages.
select account_id, family, schedule_type, fulfilled_by_activity_id, count(*) as obligations
from {{ ref("fct_obligation") }}
where fulfilled_by_activity_id is not null and schedule_type <> 'response'
group by account_id, family, schedule_type, fulfilled_by_activity_id
having count(*) > 1
