{{ config(materialized="view") }} {{ staged("user_absences") }}
