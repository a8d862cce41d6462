{{ stage_files("projects") }}
