{{ config(materialized="view") }} {{ staged("assessments") }}
