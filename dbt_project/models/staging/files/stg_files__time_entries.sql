{{ stage_files("time_entries") }}
