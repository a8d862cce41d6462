{{ stage_files("mentions") }}
