{{ stage_files("assessments") }}
