{{ stage_files("tickets") }}
