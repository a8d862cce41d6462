{{ stage_files("user_absences") }}
