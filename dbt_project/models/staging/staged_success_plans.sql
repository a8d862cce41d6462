{{ config(materialized="view") }} {{ staged("success_plans") }}
