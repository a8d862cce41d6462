{{ stage_files("users") }}
