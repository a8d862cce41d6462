{{ stage_files("accounts") }}
