select * exclude (known_on, is_deleted, is_current)
from {{ ref("stg_salesforce__accounts_versions") }}
where is_current and not is_deleted
