{{ stage_files("exceptions") }}
