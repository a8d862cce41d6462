{{ stage_files("surveys") }}
