{{ stage_files("contacts") }}
