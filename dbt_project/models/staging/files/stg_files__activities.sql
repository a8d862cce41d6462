{{ stage_files("activities") }}
