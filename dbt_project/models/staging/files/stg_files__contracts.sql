{{ stage_files("contracts") }}
