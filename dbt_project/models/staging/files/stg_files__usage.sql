{{ stage_files("usage") }}
