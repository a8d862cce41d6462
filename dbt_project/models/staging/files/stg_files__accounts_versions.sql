{{
    typed_from_text(
        "accounts", source("input", "files__accounts_versions"), also=["known_on", "is_deleted"]
    )
}}
