{{ stage_files("account_links") }}
