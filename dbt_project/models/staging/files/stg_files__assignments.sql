{{ stage_files("assignments") }}
