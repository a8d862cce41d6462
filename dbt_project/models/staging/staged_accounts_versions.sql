{{ config(materialized="view") }}
{{ staged("accounts", suffix="_versions", also=["known_on", "is_deleted"]) }}
