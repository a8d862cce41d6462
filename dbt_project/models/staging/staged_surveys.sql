{{ config(materialized="view") }} {{ staged("surveys") }}
