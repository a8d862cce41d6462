{{ stage_files("success_plans") }}
